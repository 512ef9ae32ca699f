/**
 * Log prices at rising times (µs), of which `[from, to)` count. A change at the time of the one before takes no time: it
 * overlaps nothing.
 */
export interface Ticks {
  readonly times: Float64Array
  readonly values: Float64Array
  readonly from: number
  readonly to: number
}

/** All of two columns. */
export const ticksOf = (times: Float64Array, values: Float64Array): Ticks => ({ times, values, from: 0, to: times.length })

/**
 * Covariance of two series from their own ticks: Σ r_i r_j over all pairs of steps whose times overlap, with those of
 * `reference` later by `shiftUs`. A step (s, e] overlaps (u, v] where u < e and v > s, so the steps that overlap one of
 * `asset` join to one of `reference`; one pass over both, O(n + m), allocates nothing. NaN where one has no step.
 * @source Hayashi & Yoshida (2005); shifted: Hoffmann, Rosenbaum & Yoshida (2013)
 */
// `!`: every index is in [from, to) of its columns.
export function hayashiYoshida(asset: Ticks, reference: Ticks, shiftUs = 0): number {
  if (asset.to - asset.from < 2 || reference.to - reference.from < 2) return NaN
  const [{ times, values, from }, { times: ownTimes, values: ownValues }] = [reference, asset]
  const last = reference.to - 1
  let start = ownTimes[asset.from]! - shiftUs
  let place = from - 1 // of the last tick at or before the time that has been reached
  while (place < last && times[place + 1]! <= start) place++
  let sum = 0
  for (let i = asset.from + 1; i < asset.to; i++) {
    const end = ownTimes[i]! - shiftUs
    const before = place < from ? from : place // the last at or before the start
    while (place < last && times[place + 1]! <= end) place++
    let after = place === last ? place : place + 1 // the first at or after the end
    while (after > from && times[after - 1] === end) after--
    if (start < end && times[before]! < end && times[after]! > start) sum += (ownValues[i]! - ownValues[i - 1]!) * (values[after]! - values[before]!)
    start = end
  }
  return sum
}

/** Σ r² of the steps: realised variance. */
// `!`: every index is in [from, to).
export function realisedVariance({ values, from, to }: Ticks): number {
  let sum = 0
  for (let i = from + 1; i < to; i++) sum += (values[i]! - values[i - 1]!) * (values[i]! - values[i - 1]!)
  return sum
}

/** Covariance over √(product of realised variances): not a correlation, it can exceed 1. NaN where one does not move. */
export const hayashiYoshidaRatio = (asset: Ticks, reference: Ticks, shiftUs = 0): number => {
  const scale = Math.sqrt(realisedVariance(asset)) * Math.sqrt(realisedVariance(reference))
  return scale > 0 ? hayashiYoshida(asset, reference, shiftUs) / scale : NaN
}

/** Where two series fit best: `lagUs` > 0: the reference leads. */
export interface LeadLag {
  readonly lagUs: number
  /** The ratio there; its sign is that of the relation. */
  readonly ratio: number
  /** The ratio without a shift. */
  readonly ratioAt0: number
}

/**
 * The shift of most |ratio| among −steps … steps times `stepUs`; of equal ones the nearest to 0. Both series must have
 * been stamped by one clock. O(steps · ticks).
 * @source Hoffmann, Rosenbaum & Yoshida (2013), Estimation of the lead-lag parameter from non-synchronous data
 */
export function leadLag(asset: Ticks, reference: Ticks, stepUs: number, steps: number): LeadLag {
  const scale = Math.sqrt(realisedVariance(asset)) * Math.sqrt(realisedVariance(reference))
  if (!(scale > 0)) return { lagUs: NaN, ratio: NaN, ratioAt0: NaN }
  const ratioAt = (step: number) => hayashiYoshida(asset, reference, step * stepUs) / scale
  const ratioAt0 = ratioAt(0)
  let [best, ratio] = [0, ratioAt0]
  for (let i = 1; i <= 2 * steps; i++) {
    const step = i % 2 === 1 ? (i + 1) / 2 : -i / 2
    const at = ratioAt(step)
    if (Math.abs(at) > Math.abs(ratio)) [best, ratio] = [step, at]
  }
  return { lagUs: best * stepUs, ratio, ratioAt0 }
}
