import { checkLength } from './check-length.ts'
import { Kernel } from './kernel.ts'
import { addToExtreme, extremeSize, movingExtremesOf } from './moving-extremes.ts'
import { addToSum, movingSumSize } from './moving-sum.ts'
import { eachRow } from './over-windows.ts'
import { smaOf } from './sma.ts'

/**
 * Slow stochastic oscillator in [0, 100]: %K = mean of the last `smooth` places of the close within the range of the
 * last `length` candles, %D = mean of the last `signal` %K, %J = 3 · %K − 2 · %D, which may leave the range. NaN while
 * a window is not full, holds a NaN, or its range is 0.
 * @source Lane (1984)
 */
export class Stochastic extends Kernel {
  readonly length: number
  readonly signal: number
  readonly smooth: number

  /** @throws RangeError when a length is not a whole number from 1 on */
  constructor(length = 14, signal = 3, smooth = 3, state?: Float64Array) {
    for (const each of [length, signal, smooth]) checkLength('Stochastic', each)
    super('Stochastic', 3, 3 + 2 * extremeSize(length) + movingSumSize(smooth) + movingSumSize(signal), state)
    this.length = length
    this.signal = signal
    this.smooth = smooth
  }

  /** Takes the next candle and returns %K. */
  add(high: number, low: number, close: number): number {
    const { length, signal, smooth, state } = this
    const lows = 3 + extremeSize(length)
    const sums = lows + extremeSize(length)
    const highest = addToExtreme(state, 3, length, high, 1)
    const lowest = addToExtreme(state, lows, length, low, -1)
    const place = highest === lowest ? NaN : (100 * (close - lowest)) / (highest - lowest)
    const k = addToSum(state, sums, smooth, place) / smooth
    const d = addToSum(state, sums + movingSumSize(smooth), signal, k) / signal
    state[0] = k
    state[1] = d
    state[2] = 3 * k - 2 * d
    return k
  }

  // `!`: the state begins with three outputs.
  get d(): number {
    return this.state[1]!
  }
  get j(): number {
    return this.state[2]!
  }
}

/** The outputs from whole columns: the oracle of `Stochastic`. */
export function stochasticOf(
  high: ArrayLike<number>,
  low: ArrayLike<number>,
  close: ArrayLike<number>,
  length = 14,
  signal = 3,
  smooth = 3,
) {
  const [{ value: highest }, { lowest }] = [movingExtremesOf(high, length), movingExtremesOf(low, length)]
  const place = eachRow(high.length, (i) =>
    highest[i] === lowest[i] ? NaN : 100 * ((close[i]! - lowest[i]!) / (highest[i]! - lowest[i]!)))
  const value = smaOf(place, smooth)
  const d = smaOf(value, signal)
  return { value, d, j: value.map((k, i) => 3 * k - 2 * d[i]!) }
}
