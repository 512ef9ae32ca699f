import { parkinsonTerm } from './range-terms.ts'
import { RangeVolatility, rangeVolatilityOf } from './range-volatility.ts'

/**
 * Parkinson's volatility of `length` candles, annualised, as a ratio: √(periods · mean of ln²(high / low) / (4 ln 2)).
 * Too low when few prices make a candle. NaN until the candles are in and while one has a NaN.
 * @source Parkinson (1980); R package TTR, `volatility(calc = "parkinson")`
 */
export class Parkinson extends RangeVolatility {
  /**
   * `periods`: candles a year.
   * @throws RangeError when length is not a whole number from 1 on or periods not above 0
   */
  constructor(length: number, periods: number, state?: Float64Array) {
    super('Parkinson', 1, length, periods, state)
  }

  /** Takes the next candle and returns the volatility. */
  add(high: number, low: number): number {
    return this.addTerm(parkinsonTerm(high, low))
  }
}

/** The mean of each window: the oracle of `Parkinson`. */
export function parkinsonOf(high: ArrayLike<number>, low: ArrayLike<number>, length: number, periods: number) {
  return rangeVolatilityOf('parkinsonOf', high.length, length, periods, (i) => parkinsonTerm(high[i]!, low[i]!))
}
