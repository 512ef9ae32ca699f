import { timeframeUs, type Store, type Timeframe } from '@tapeloom/core'
import type { ReferenceLane } from '../reference/inference-frame-reference.ts'
import { referencePages, type StoredFrame } from '../reference/reference-pages.ts'

/** A reference that does not resolve to what was served, and the row that most likely changed. */
export interface Mismatch {
  readonly id: string
  readonly series: string
  /** Open time of a candle, or time of a feature row, µs. */
  readonly openTime: number
}

/**
 * Finds the row behind each mismatch: one that no reference with equal bytes saw, and of those the one that most
 * mismatches share, the newest where several do. `unproven`: ids of all references that are not known to be equal.
 */
export async function locateChanges(
  store: Store, changed: readonly StoredFrame[], unproven: ReadonlySet<string>,
): Promise<readonly Mismatch[]> {
  const suspects = new Map<string, Map<number, number>>()
  for (const { reference } of changed) {
    for (const lane of reference.lanes) {
      const rows = suspects.get(lane.series) ?? new Map<number, number>()
      suspects.set(lane.series, rows)
      for (const time of timesOf(lane)) rows.set(time, (rows.get(time) ?? 0) + 1)
    }
  }
  for await (const page of referencePages(store)) {
    for (const { reference } of page) {
      if (unproven.has(reference.id)) continue
      for (const lane of reference.lanes) {
        const rows = suspects.get(lane.series)
        if (rows) for (const time of timesOf(lane)) rows.delete(time)
      }
    }
  }
  return changed.map(({ reference: { id, lanes } }) => ({ id, ...likeliest(lanes, suspects) }))
}

function likeliest(
  lanes: readonly ReferenceLane[], suspects: ReadonlyMap<string, ReadonlyMap<number, number>>,
): { readonly series: string; readonly openTime: number } {
  let best = { series: lanes[0]?.series ?? '', openTime: lanes[0]?.end ?? NaN, count: 0 }
  for (const lane of lanes) {
    for (const openTime of timesOf(lane)) {
      const count = suspects.get(lane.series)?.get(openTime) ?? 0
      if (count > best.count || (count > 0 && count === best.count && openTime > best.openTime)) {
        best = { series: lane.series, openTime, count }
      }
    }
  }
  return { series: best.series, openTime: best.openTime }
}

/** Times of the rows that a lane may have seen. */
function timesOf({ series, start, end, count }: ReferenceLane): readonly number[] {
  if (count === 0) return []
  const [, timeframe] = /:candle:([^:]+)$/.exec(series) ?? []
  if (timeframe === undefined || count === 1) return start === end ? [start] : [start, end]
  const step = timeframeUs(timeframe as Timeframe)
  return Array.from({ length: Math.floor((end - start) / step) + 1 }, (_, i) => start + i * step)
}
