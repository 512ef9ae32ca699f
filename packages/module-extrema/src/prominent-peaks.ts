import { TapeloomError } from '@tapeloom/core'
import type { HindsightLabel } from './hindsight-label.ts'

/** A peak of a series; a plateau is one peak, at its middle bar, rounded down. */
export interface Peak {
  readonly bar: number
  readonly value: number
  /** Its height above the higher of the two lowest points between it and higher ground, or the end, on either side. */
  readonly prominence: number
}

/**
 * The peaks of a series that are at least `distance` bars apart, the higher one kept, and then at least `prominence`
 * prominent, as scipy's find_peaks selects them; for troughs give the negated series. Known only with the whole of it.
 * O(n) for the prominences, O(peaks · log peaks) for the distance.
 * @source Virtanen et al. (2020), SciPy 1.0; prominence: Llobera (2001)
 * @throws TapeloomError `extrema.distance` when distance is below 1
 * @example prominentPeaks([0, 1, 1, 1, 0, 2, 0]).map(({ hindsight }) => hindsight.bar) // => [2, 5]
 */
export function prominentPeaks(
  values: ArrayLike<number>, { prominence = 0, distance = 1 }: { readonly prominence?: number; readonly distance?: number } = {},
): readonly HindsightLabel<Peak>[] {
  if (!(distance >= 1)) throw new TapeloomError('extrema.distance', `[extrema] distance is ${distance} bars. Give 1 or more.`)
  const bars = apart(peakBars(values), values, distance)
  const left = lowestTowardsHigher(values, false)
  const right = lowestTowardsHigher(values, true)
  return bars
    .map((bar) => ({ bar, value: values[bar]!, prominence: values[bar]! - Math.max(left[bar]!, right[bar]!) }))
    .filter((peak) => peak.prominence >= prominence)
    .map((peak) => ({ hindsight: peak, knownBar: values.length - 1 }))
}

/** Middles of the runs of equal values that are higher than the values before and after. */
function peakBars(values: ArrayLike<number>): number[] {
  const found: number[] = []
  for (let first = 1, last = 1; first < values.length - 1; first = last + 1) {
    last = first
    while (last + 1 < values.length && values[last + 1] === values[first]) last++
    const isPeak = values[first - 1]! < values[first]! && last + 1 < values.length && values[last + 1]! < values[first]!
    if (isPeak) found.push((first + last) >> 1)
  }
  return found
}

/** Drops peaks nearer than `distance` to a higher one that is kept; of equal ones the later is kept. */
function apart(bars: readonly number[], values: ArrayLike<number>, distance: number): readonly number[] {
  const dropped = new Uint8Array(bars.length)
  const order = bars.map((_, i) => i).sort((a, b) => values[bars[b]!]! - values[bars[a]!]! || b - a)
  for (const i of order) {
    if (dropped[i] === 1) continue
    for (let j = i - 1; j >= 0 && bars[i]! - bars[j]! < distance; j--) dropped[j] = 1
    for (let j = i + 1; j < bars.length && bars[j]! - bars[i]! < distance; j++) dropped[j] = 1
  }
  return bars.filter((_, i) => dropped[i] === 0)
}

/** Of each bar the lowest value from it to the nearest higher one on a side, or to the end: a stack of falling values. */
function lowestTowardsHigher(values: ArrayLike<number>, backwards: boolean): Float64Array {
  const lowest = new Float64Array(values.length)
  const stack: number[] = []
  for (let i = 0; i < values.length; i++) {
    const bar = backwards ? values.length - 1 - i : i
    lowest[bar] = values[bar]!
    while (stack.length > 0 && values[stack.at(-1)!]! <= values[bar]!) lowest[bar] = Math.min(lowest[bar]!, lowest[stack.pop()!]!)
    stack.push(bar)
  }
  return lowest
}
