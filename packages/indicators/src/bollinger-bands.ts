import { checkLength, checkRange } from './check-length.ts'
import { Kernel } from './kernel.ts'
import { addToMoments, momentsSize, movingMomentsOf } from './moving-moments.ts'

/**
 * Bollinger bands: mean of the last `length` values ± `deviations` population standard deviations, in their unit.
 * NaN until `length` values are in and while one of them is NaN; `percentB` and `zScore` also where nothing varies.
 * @source Bollinger (2001), Bollinger on Bollinger Bands
 */
export class BollingerBands extends Kernel {
  readonly length: number
  readonly deviations: number

  /** @throws RangeError when length is not a whole number from 1 on, or deviations is negative */
  constructor(length = 20, deviations = 2, state?: Float64Array) {
    super('BollingerBands', 8, 6 + momentsSize(checkLength('BollingerBands', length)), state)
    this.length = length
    this.deviations = checkRange('BollingerBands', 'deviations', deviations, 0, Infinity)
  }

  /** Takes the next value and returns the middle band, the mean. */
  // `!`: the state begins with `[middle, upper, lower, %B, score, width, mean, M2]`.
  add(value: number): number {
    const { length, deviations, state } = this
    addToMoments(state, 6, length, value)
    const mean = (state[0] = state[6]!)
    const deviation = Math.sqrt(state[7]! / length)
    const half = deviations * deviation
    state[1] = mean + half
    state[2] = mean - half
    state[3] = half === 0 ? NaN : (value - mean + half) / (2 * half)
    state[4] = deviation === 0 ? NaN : (value - mean) / deviation
    state[5] = (2 * half) / mean
    return mean
  }

  get upper(): number {
    return this.state[1]!
  }
  get lower(): number {
    return this.state[2]!
  }
  /** 0 at the lower band, 1 at the upper. */
  get percentB(): number {
    return this.state[3]!
  }
  get zScore(): number {
    return this.state[4]!
  }
  /** (upper − lower)/middle. */
  get width(): number {
    return this.state[5]!
  }
}

/** The outputs of each window in two passes: the oracle of `BollingerBands`. */
export function bollingerBandsOf(values: ArrayLike<number>, length = 20, deviations = 2) {
  const { value, variance } = movingMomentsOf(values, length)
  const upper = value.map((mean, i) => mean + deviations * Math.sqrt(variance[i]!))
  const lower = value.map((mean, i) => mean - deviations * Math.sqrt(variance[i]!))
  const orNaN = (spread: number, of: number) => (spread === 0 ? NaN : of)
  return {
    value,
    upper,
    lower,
    percentB: value.map((_, i) => orNaN(variance[i]! * deviations, (values[i]! - lower[i]!) / (upper[i]! - lower[i]!))),
    zScore: value.map((mean, i) => orNaN(variance[i]!, (values[i]! - mean) / Math.sqrt(variance[i]!))),
    width: value.map((mean, i) => (upper[i]! - lower[i]!) / mean),
  }
}
