import { checkLength } from './check-length.ts'
import { Kernel } from './kernel.ts'
import { addToExtreme, extremeSize, movingExtremesOf } from './moving-extremes.ts'
import { eachRow } from './over-windows.ts'

/**
 * Williams' %R in [-100, 0]: 0 when the close is the high of the last `length` candles, −100 when it is the low.
 * NaN while the window is not full or holds a NaN, and where its range is 0.
 * @source Williams (1973), How I Made One Million Dollars
 */
export class WilliamsR extends Kernel {
  readonly length: number

  /** @throws RangeError when length is not a whole number from 1 on */
  constructor(length = 14, state?: Float64Array) {
    super('WilliamsR', 1, 1 + 2 * extremeSize(checkLength('WilliamsR', length)), state)
    this.length = length
  }

  /** Takes the next candle and returns %R. */
  add(high: number, low: number, close: number): number {
    const { length, state } = this
    const highest = addToExtreme(state, 1, length, high, 1)
    const range = highest - addToExtreme(state, 1 + extremeSize(length), length, low, -1)
    return (state[0] = range === 0 ? NaN : (-100 * (highest - close)) / range)
  }
}

/** %R of each window, looked for anew: the oracle of `WilliamsR`. */
export function williamsROf(high: ArrayLike<number>, low: ArrayLike<number>, close: ArrayLike<number>, length = 14) {
  const [{ value: highest }, { lowest }] = [movingExtremesOf(high, length), movingExtremesOf(low, length)]
  return eachRow(high.length, (i) =>
    highest[i] === lowest[i] ? NaN : -100 * ((highest[i]! - close[i]!) / (highest[i]! - lowest[i]!)))
}
