import { definitionOf, type Warmup } from '../module/define.ts'
import { resolveOptions } from '../module/option.ts'
import type { MarketInput } from '../ports/source.ts'
import { durationUs, type Timeframe } from '../vocabulary/duration.ts'
import { agreeEmissions, agreeRows, fail } from './compare.ts'
import { symbolsOf } from './test-feed.ts'
import { firstRun, record, type Recording, type Trial } from './test-run.ts'
import { receivedAt } from './tapes.ts'

/** The declared warm-up; undefined when there is none, and so no claim. */
export function warmupOf({ module, options }: Trial): Warmup | undefined {
  const definition = definitionOf(module)
  const { values } = resolveOptions(`module ${module.name}`, definition.options ?? {}, options)
  return typeof definition.warmup === 'function' ? definition.warmup(values as never) : definition.warmup
}

/**
 * Invariant 3: from any start, a module gives, after its declared warm-up, what it gives over the whole history; events
 * are compared where the tolerance is 0.
 */
export async function warmsUp(trial: Trial, warmup: Warmup): Promise<void> {
  const { events } = trial
  const room = Math.floor(0.9 * events.length) - warmAfter(events, warmup)
  if (room < 1)
    fail('the warm-up cannot be checked', `it lasts as long as the ${events.length} events. Give longer events.`)
  const whole = await firstRun(trial)
  const { tolerance = 0 } = warmup
  for (const start of new Set([startNear(events, Math.ceil(room / 2)), startNear(events, room)])) {
    if (start < 1)
      fail('the warm-up cannot be checked', 'no later event of this tape can be the first. Give more book snapshots.')
    const rest = events.slice(start)
    const warm = rest[warmAfter(rest, warmup)]
    if (!warm) continue
    const late = await record({ ...trial, events: rest })
    const [from, what] = [receivedAt(warm), `from the start and from event ${start}, after the warm-up, outputs differ`]
    const [expected, found] = [since(whole, from), since(late, from)]
    if (found.rows.length === 0) fail(what, 'nothing is left to compare. Give longer events.')
    agreeRows(what, expected, found, { tolerance })
    if (tolerance === 0) agreeEmissions(what, expected.emissions, found.emissions, { sequence: false })
  }
}

const since = (recording: Recording, from: number): Recording => ({
  ...recording,
  rows: recording.rows.filter(({ time }) => time > from),
  emissions: recording.emissions.filter(({ event }) => event.tsInit > from),
})

/** The last place at or before `index` where a run can start: with books, a snapshot. */
function startNear(events: readonly MarketInput[], index: number): number {
  if (!events.some(({ kind }) => kind === 'book')) return index
  return events.findLastIndex((event, i) => i <= index && event.kind === 'book' && event.update === 'snapshot')
}

/** The number of events after which a warm-up is over for all symbols. */
function warmAfter(events: readonly MarketInput[], warmup: Warmup): number {
  const spanUs = Math.max(0, ...[warmup.trades, warmup.live].map((span) => (span ? durationUs(span) : 0)))
  const frames = Object.keys(warmup).filter((key) => /^\d/.test(key)) as Timeframe[]
  const missing = new Map<string, number>()
  for (const symbol of symbolsOf(events))
    for (const frame of frames) missing.set(`${symbol} ${frame}`, warmup[frame] ?? 0)
  const startUs = receivedAt(events[0] ?? { kind: 'reject', code: '', raw: '' })
  for (const [i, event] of events.entries()) {
    if (event.kind === 'candle') {
      const key = `${event.symbol} ${event.timeframe}`
      const left = (missing.get(key) ?? 0) - 1
      if (left > 0) missing.set(key, left)
      else missing.delete(key)
    }
    if (missing.size === 0 && receivedAt(event) - startUs >= spanUs) return i
  }
  return events.length
}
