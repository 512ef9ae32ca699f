import { whole } from './progress-bar.ts'
import type { SessionReport } from './run-session.ts'
import type { Terminal } from './terminal.ts'

/** Shows the report of a run to a person. */
export function printSession(report: SessionReport, terminal: Terminal): void {
  const { events, candles, decisions, references, training, modules, performance } = report
  const say = (name: string, text: string) => terminal.print(`${terminal.styled('dim', name.padEnd(13))}${text}`)
  const list = (values: Readonly<Record<string, number>>) =>
    Object.entries(values).map(([name, n]) => `${name} ${whole(n)}`).join('  ') || 'none'
  say('events', `${list({ ...events })}  (${whole(report.eventsPerSecond)} a second, at most ${whole(report.peakRssMB)} MB)`)
  say('candles', list(candles))
  say('decisions', whole(decisions))
  if (references.registered > 0) say('references', list({ ...references }))
  for (const { model, steps, loss: [first, last] } of training) {
    say('training', `${model}  ${whole(steps)} steps, loss ${number(first)} -> ${number(last)}`)
  }
  for (const { model, symbol, horizon, n, hitRate, interval } of performance) {
    const range = `${percent(interval?.[0])} to ${percent(interval?.[1])}`
    const rate = hitRate === null ? 'no direction called' : `${percent(hitRate)} right (${range})`
    say('performance', `${model} ${symbol} ${horizon}: ${whole(n)} resolved, ${rate}`)
  }
  const states = modules.map(({ name, status, faults }) => `${name} ${status}${faults > 0 ? ` (${faults} faults)` : ''}`)
  say('modules', states.join('  ') || 'none')
  say('journal hash', report.journalHash)
  if (report.interrupted) terminal.note(terminal.styledNote('yellow', 'stopped before the end.'))
}

const number = (value: number | null): string => (value === null || Number.isNaN(value) ? '?' : value.toFixed(4))
const percent = (value: number | undefined): string => (value === undefined ? '?' : `${(100 * value).toFixed(1)} %`)
