/** Bins of a window. */
const BINS = 50

/** Sums of rows of numbers over several sliding windows of time, as plain data: make it with `createTimedSums`. */
export interface TimedSums {
  /** Numbers in a row. */
  readonly fields: number
  /** Width of a bin of each window, µs. */
  readonly widths: Float64Array
  /** The newest bin of each window; NaN before the first. */
  readonly newest: Float64Array
  /** `[windows × fields]`: what is not yet in the bins of a window, all in its newest; the first takes the rows. */
  readonly pending: Float64Array
  /** `[windows × fields]`: what was asked for, as of the last `settleSums`. */
  readonly totals: Float64Array
  /** `[windows × bins × fields]`. */
  readonly bins: Float64Array
}

/** @param spansUs lengths of the windows, each a multiple of the first and of 50 µs; `fields` is the length of a row */
export const createTimedSums = (spansUs: readonly number[], fields: number): TimedSums => ({
  fields,
  widths: Float64Array.from(spansUs, (span) => span / BINS),
  newest: new Float64Array(spansUs.length).fill(NaN),
  pending: new Float64Array(spansUs.length * fields),
  totals: new Float64Array(spansUs.length * fields),
  bins: new Float64Array(spansUs.length * BINS * fields),
})

/**
 * Goes on to `nowUs`: what is older than a window leaves its totals. A window is the bin of `nowUs` and the 49 before it,
 * on an absolute grid, so between 98 and 100 % of its span. Totals of whole numbers are exact; others are added anew with
 * every 50th bin, so that nothing drifts. Earlier times change nothing. O(1) amortised.
 */
export function advanceSums(sums: TimedSums, nowUs: number): void {
  const { newest, widths } = sums
  if (Math.floor(nowUs / widths[0]!) <= newest[0]!) return
  if (Number.isNaN(newest[0]!)) {
    for (let window = 0; window < widths.length; window++) newest[window] = Math.floor(nowUs / widths[window]!)
    return
  }
  for (let window = 0; window < widths.length; window++) {
    const bin = Math.floor(nowUs / widths[window]!)
    if (bin <= newest[window]!) return // and so the wider ones
    settle(sums, window)
    moveTo(sums, window, bin)
  }
}

/** Adds a row at the time of the last `advanceSums`. O(fields) */
// `!`: a row has as many fields.
export function addRow({ fields, pending }: TimedSums, row: Float64Array): void {
  for (let field = 0; field < fields; field++) pending[field] = pending[field]! + row[field]!
}

/** Brings `totals` up to date. O(windows × fields) */
export function settleSums(sums: TimedSums): void {
  if (Number.isNaN(sums.newest[0]!)) return
  for (let window = 0; window < sums.newest.length; window++) settle(sums, window)
}

/** Puts what waits into the newest bin of a window, and hands it on to the next wider one. */
// `!`: totals, bins and what waits have room for every window, bin and field.
function settle({ fields, newest, pending, totals, bins }: TimedSums, window: number): void {
  const at = window * fields
  const bin = (window * BINS + (newest[window]! % BINS)) * fields
  const isLast = window === newest.length - 1
  for (let field = 0; field < fields; field++) {
    const value = pending[at + field]!
    if (value === 0) continue
    bins[bin + field] = bins[bin + field]! + value
    totals[at + field] = totals[at + field]! + value
    if (!isLast) pending[at + fields + field] = pending[at + fields + field]! + value
    pending[at + field] = 0
  }
}

/** Forgets all rows. */
export function clearSums({ newest, pending, totals, bins }: TimedSums): void {
  newest.fill(NaN)
  pending.fill(0)
  totals.fill(0)
  bins.fill(0)
}

function moveTo({ fields, newest, totals, bins }: TimedSums, window: number, bin: number): void {
  const [total, first] = [window * fields, window * BINS * fields]
  const before = newest[window]!
  for (let passed = Math.max(before + 1, bin - BINS + 1); passed <= bin; passed++) {
    const slot = first + (passed % BINS) * fields
    for (let field = 0; field < fields; field++) {
      totals[total + field] = totals[total + field]! - bins[slot + field]!
      bins[slot + field] = 0
    }
  }
  newest[window] = bin
  if (bin - before <= bin % BINS) return // no 50th bin was passed
  totals.fill(0, total, total + fields)
  for (let slot = 0; slot < BINS; slot++)
    for (let field = 0; field < fields; field++) totals[total + field] = totals[total + field]! + bins[first + slot * fields + field]!
}
