import { rogersSatchellTerm } from './range-terms.ts'
import { RangeVolatility, rangeVolatilityOf } from './range-volatility.ts'

/**
 * Rogers and Satchell's volatility of `length` candles, annualised, as a ratio: √(periods · mean of
 * ln(high / close) ln(high / open) + ln(low / close) ln(low / open)). Not biased by a drift. NaN until the candles are
 * in and while one has a NaN.
 * @source Rogers, Satchell (1991); R package TTR, `volatility(calc = "rogers.satchell")`
 */
export class RogersSatchell extends RangeVolatility {
  /**
   * `periods`: candles a year.
   * @throws RangeError when length is not a whole number from 1 on or periods not above 0
   */
  constructor(length: number, periods: number, state?: Float64Array) {
    super('RogersSatchell', 1, length, periods, state)
  }

  /** Takes the next candle and returns the volatility. */
  add(open: number, high: number, low: number, close: number): number {
    return this.addTerm(rogersSatchellTerm(open, high, low, close))
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
  return rangeVolatilityOf('rogersSatchellOf', high.length, length, periods, (i) => rogersSatchellTerm(open[i]!, high[i]!, low[i]!, close[i]!))
}
