/** Bins of a window; one more holds what leaves it. */
const BINS = 50

/** A time-weighted mean over a sliding window, as plain data: integral and known time by bin of an absolute grid. */
export interface TimeMean {
  readonly spanUs: number
  readonly integral: Float64Array
  readonly knownUs: Float64Array
  /** The newest bin; NaN before the first value. */
  bin: number
}

/** @param spanUs length of the window, a multiple of 50 µs */
export const createTimeMean = (spanUs: number): TimeMean => ({
  spanUs, integral: new Float64Array(BINS + 1), knownUs: new Float64Array(BINS + 1), bin: NaN,
})

/** Adds that the quantity was `value` from `fromUs` to `toUs`; NaN means that it was not known. */
export function addToTimeMean(mean: TimeMean, fromUs: number, toUs: number, value: number): void {
  const widthUs = mean.spanUs / BINS
  const last = Math.floor(toUs / widthUs)
  // What lies more than a window back cannot matter any more.
  let bin = Math.max(Math.floor(fromUs / widthUs), last - BINS)
  for (; bin <= last; bin++) {
    advance(mean, bin)
    const spent = Math.min(toUs, (bin + 1) * widthUs) - Math.max(fromUs, bin * widthUs)
    if (Number.isNaN(value) || !(spent > 0)) continue
    const at = bin % (BINS + 1)
    mean.integral[at]! += value * spent
    mean.knownUs[at]! += spent
  }
}

/**
 * The mean over the window that ends at `nowUs`, the time of the last span's end; NaN when less than half of it is known.
 * The oldest bin counts by the part of it that is still inside.
 */
export function timeMeanAt(mean: TimeMean, nowUs: number): number {
  if (Number.isNaN(mean.bin)) return NaN
  const widthUs = mean.spanUs / BINS
  const inside = 1 - (nowUs / widthUs - mean.bin)
  const oldest = (mean.bin + 1) % (BINS + 1)
  let [integral, knownUs] = [0, 0]
  for (let i = 0; i <= BINS; i++) {
    const weight = i === oldest ? inside : 1
    integral += weight * mean.integral[i]!
    knownUs += weight * mean.knownUs[i]!
  }
  return knownUs >= mean.spanUs / 2 ? integral / knownUs : NaN
}

/** Goes to a bin, emptying those that are passed. */
function advance(mean: TimeMean, bin: number): void {
  if (!(bin > mean.bin) && !Number.isNaN(mean.bin)) return
  const from = Math.max(Number.isNaN(mean.bin) ? -Infinity : mean.bin + 1, bin - BINS)
  for (let passed = from; passed <= bin; passed++) {
    mean.integral[passed % (BINS + 1)] = 0
    mean.knownUs[passed % (BINS + 1)] = 0
  }
  mean.bin = bin
}
