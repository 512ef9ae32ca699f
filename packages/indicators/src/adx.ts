import { checkLength } from './check-length.ts'
import { delayBy, delaySize } from './delay.ts'
import { Kernel } from './kernel.ts'
import { eachRow } from './over-windows.ts'
import { addToMean, MEAN_SIZE, recursiveMeanOf } from './recursive-mean.ts'
import { trueRange, trueRangeOf } from './true-range.ts'

/** The part of `move` that counts: it is positive and larger than the move to the other side. */
const directional = (move: number, other: number): number =>
  move !== move || other !== other ? NaN : move > other && move > 0 ? move : 0

/**
 * Average directional index, all in [0, 100]: how strong a trend is, whichever its direction. Wilder's means, each
 * seeded with the mean of its first `length`: the index is known from candle 2 · `length` on. A NaN in a candle starts
 * the seeds anew; NaN also while no candle has moved (0/0).
 * @source Wilder (1978), New Concepts in Technical Trading Systems
 */
export class Adx extends Kernel {
  readonly length: number

  /** @throws RangeError when length is not a whole number from 1 on */
  constructor(length = 14, state?: Float64Array) {
    super('Adx', 8, 8 + 4 * MEAN_SIZE + delaySize(checkLength('Adx', length)), state)
    this.length = length
  }

  /** Takes the next candle and returns the index. */
  // `!`: the state begins with `[adx, +DI, −DI, dx, adxr, high before, low before, close before]`.
  add(high: number, low: number, close: number): number {
    const { length, state } = this
    const up = high - state[5]!
    const down = state[6]! - low
    const alpha = 1 / length
    const range = addToMean(state, 8, alpha, length, trueRange(high, low, state[7]!))
    const rise = addToMean(state, 8 + MEAN_SIZE, alpha, length, directional(up, down))
    const fall = addToMean(state, 8 + 2 * MEAN_SIZE, alpha, length, directional(down, up))
    const plus = (state[1] = (100 * rise) / range)
    const minus = (state[2] = (100 * fall) / range)
    const dx = (state[3] = (100 * Math.abs(plus - minus)) / (plus + minus))
    const adx = (state[0] = addToMean(state, 8 + 3 * MEAN_SIZE, alpha, length, dx))
    state[4] = (adx + delayBy(state, 8 + 4 * MEAN_SIZE, length, adx)) / 2
    state[5] = high
    state[6] = low
    state[7] = close
    return adx
  }

  /** Plus directional indicator: > `minusDi` while highs rise more than lows fall. */
  get plusDi(): number {
    return this.state[1]!
  }
  get minusDi(): number {
    return this.state[2]!
  }
  /** Directional index of the newest candle, whose Wilder mean is the value. */
  get dx(): number {
    return this.state[3]!
  }
  /** Mean of the value and the one of `length` candles before. */
  get rating(): number {
    return this.state[4]!
  }
}

/** The outputs from whole columns of means: the oracle of `Adx`. */
export function adxOf(high: ArrayLike<number>, low: ArrayLike<number>, close: ArrayLike<number>, length = 14) {
  checkLength('adxOf', length)
  const rows = high.length
  const mean = (values: ArrayLike<number>) => recursiveMeanOf(values, 1 / length, length)
  const up = eachRow(rows, (i) => high[i]! - (high[i - 1] ?? NaN))
  const down = eachRow(rows, (i) => (low[i - 1] ?? NaN) - low[i]!)
  const ranges = mean(trueRangeOf(high, low, close))
  const share = (own: Float64Array, other: Float64Array) =>
    mean(own.map((move, i) => directional(move, other[i]!))).map((moved, i) => 100 * (moved / ranges[i]!))
  const [plusDi, minusDi] = [share(up, down), share(down, up)]
  const dx = plusDi.map((plus, i) => 100 * (Math.abs(plus - minusDi[i]!) / (plus + minusDi[i]!)))
  const value = mean(dx)
  return { value, plusDi, minusDi, dx, rating: value.map((adx, i) => (adx + (value[i - length] ?? NaN)) / 2) }
}
