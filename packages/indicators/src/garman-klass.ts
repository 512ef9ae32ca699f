import { garmanKlassTerm } from './range-terms.ts'
import { RangeVolatility, rangeVolatilityOf } from './range-volatility.ts'

/**
 * Garman and Klass' volatility of `length` candles, annualised, as a ratio: √(periods · mean of ln²(high / low) / 2 −
 * (2 ln 2 − 1) ln²(close / open)). NaN until the candles are in and while one has a NaN.
 * @source Garman, Klass (1980); R package TTR, `volatility(calc = "garman.klass")`
 */
export class GarmanKlass extends RangeVolatility {
  /**
   * `periods`: candles a year.
   * @throws RangeError when length is not a whole number from 1 on or periods not above 0
   */
  constructor(length: number, periods: number, state?: Float64Array) {
    super('GarmanKlass', 1, length, periods, state)
  }

  /** Takes the next candle and returns the volatility. */
  add(open: number, high: number, low: number, close: number): number {
    return this.addTerm(garmanKlassTerm(open, high, low, close))
  }
}

/** The mean of each window: the oracle of `GarmanKlass`. */
export function garmanKlassOf(
  open: ArrayLike<number>,
  high: ArrayLike<number>,
  low: ArrayLike<number>,
  close: ArrayLike<number>,
  length: number,
  periods: number,
): Float64Array {
  return rangeVolatilityOf('garmanKlassOf', high.length, length, periods, (i) => garmanKlassTerm(open[i]!, high[i]!, low[i]!, close[i]!))
}
