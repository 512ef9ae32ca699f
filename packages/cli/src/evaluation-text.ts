import type { Evaluation, Metrics } from '@tapeloom/training'
import { whole } from './progress-bar.ts'
import type { Terminal } from './terminal.ts'

const COLUMNS: readonly (readonly [title: string, width: number, of: (metrics: Metrics) => string])[] = [
  ['n', 8, ({ n }) => whole(n)],
  ['calls', 8, ({ calls }) => whole(calls)],
  ['right', 27, ({ hitRate, interval }) => (hitRate === null ? '-' : `${percent(hitRate)} (${percent(interval?.[0])}–${percent(interval?.[1])})`)],
  ['Brier', 8, ({ brier }) => fixed(brier, 4)],
  ['log loss', 9, ({ logLoss }) => fixed(logLoss, 4)],
  ['ECE', 8, ({ calibrationError }) => fixed(calibrationError, 4)],
  ['gross bps', 11, ({ grossBps }) => fixed(grossBps, 1)],
  ['net bps', 11, ({ netBps }) => fixed(netBps, 1)],
  ['Sharpe', 9, ({ sharpe }) => fixed(sharpe, 4)],
  ['PSR', 7, ({ probabilisticSharpe }) => fixed(probabilisticSharpe, 3)],
  ['DSR', 7, ({ deflatedSharpe }) => fixed(deflatedSharpe, 3)],
  ['MinTRL', 9, ({ minimumTrackRecord }) => (minimumTrackRecord === null ? '-' : whole(Math.ceil(minimumTrackRecord)))],
  ['drawdown', 10, ({ drawdown }) => percent(drawdown)],
  ['turnover', 9, ({ turnover }) => fixed(turnover, 3)],
]

/** Shows an evaluation to a person: folds, all of them together beside the baselines, and what the checks say. */
export function printEvaluation({ folds, metrics, baselines, checks, trials }: Evaluation, terminal: Terminal): void {
  const first = Math.max(12, ...Object.keys(baselines).map((name) => name.length), ...folds.map(({ from, to }) => spanOf(from, to).length)) + 2
  const row = (name: string, cells: readonly string[]) => name.padEnd(first) + cells.map((cell, i) => cell.padStart(COLUMNS[i]?.[1] ?? 0)).join('')
  const show = (name: string, of: Metrics) => terminal.print(row(name, COLUMNS.map(([, , cell]) => cell(of))))
  terminal.print(terminal.styled('dim', row('', COLUMNS.map(([title]) => title))))
  for (const { from, to, metrics: of } of folds) show(spanOf(from, to), of)
  terminal.print(terminal.styled('bold', row('all tests', COLUMNS.map(([, , cell]) => cell(metrics)))))
  for (const [name, of] of Object.entries(baselines)) show(name, of)
  terminal.print()
  for (const { name, ok, detail } of checks) terminal.print(`${terminal.styled(ok ? 'green' : 'red', ok ? 'ok    ' : 'doubt ')} ${name.padEnd(14)}${detail}`)
  terminal.print(terminal.styled('dim', `Sharpe ratios are per period, DSR counts ${trials.count} trial${trials.count === 1 ? '' : 's'}; bps are sums over all tests.`))
}

const spanOf = (from: number, to: number): string => `${dayOf(from)} – ${dayOf(to)}`
const dayOf = (us: number): string => new Date(us / 1e3).toISOString().slice(0, 16).replace('T', ' ')
const fixed = (value: number | null, digits: number): string => (value === null ? '-' : value.toFixed(digits))
const percent = (share: number | null | undefined): string => (share === null || share === undefined ? '-' : `${(100 * share).toFixed(1)} %`)
