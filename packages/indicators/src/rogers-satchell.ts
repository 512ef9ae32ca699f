import { checkLength, checkRange } from './check-length.ts'
import { Kernel } from './kernel.ts'
import { addToSum, movingSumSize } from './moving-sum.ts'
import { overWindows, sumOver } from './over-windows.ts'
import { rogersSatchellTerm } from './range-terms.ts'

/**
 * Rogers and Satchell's volatility of `length` candles, annualised, as a ratio: √(periods · mean of
 * ln(high / close) ln(high / open) + ln(low / close) ln(low / open)). Not biased by a drift. NaN until the candles are
 * in and while one has a NaN.
 * @source Rogers, Satchell (1991); R package TTR, `volatility(calc = "rogers.satchell")`
 */
export class RogersSatchell extends Kernel {
  readonly length: number
  readonly periods: number

  /**
   * `periods`: candles a year.
   * @throws RangeError when length is not a whole number from 1 on or periods not above 0
   */
  constructor(length: number, periods: number, state?: Float64Array) {
    super('RogersSatchell', 1, 1 + movingSumSize(checkLength('RogersSatchell', length)), state)
    this.length = length
    this.periods = checkRange('RogersSatchell', 'periods', periods, Number.MIN_VALUE, Number.MAX_VALUE)
  }

  /** Takes the next candle and returns the volatility. */
  add(open: number, high: number, low: number, close: number): number {
    const { length, periods, state } = this
    const sum = addToSum(state, 1, length, rogersSatchellTerm(open, high, low, close))
    return (state[0] = Math.sqrt((periods * sum) / length))
  }
}

/** The mean of each window: the oracle of `RogersSatchell`. */
export function rogersSatchellOf(
  open: ArrayLike<number>,
  high: ArrayLike<number>,
  low: ArrayLike<number>,
  close: ArrayLike<number>,
  length: number,
  periods: number,
): Float64Array {
  const term = (i: number) => rogersSatchellTerm(open[i]!, high[i]!, low[i]!, close[i]!)
  return overWindows('rogersSatchellOf', high.length, length, (first, last) =>
    Math.sqrt((periods * sumOver(first, last, term)) / length))
}
