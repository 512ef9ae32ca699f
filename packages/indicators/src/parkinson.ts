import { checkLength, checkRange } from './check-length.ts'
import { Kernel } from './kernel.ts'
import { addToSum, movingSumSize } from './moving-sum.ts'
import { overWindows, sumOver } from './over-windows.ts'
import { parkinsonTerm } from './range-terms.ts'

/**
 * Parkinson's volatility of `length` candles, annualised, as a ratio: √(periods · mean of ln²(high / low) / (4 ln 2)).
 * Too low when few prices make a candle. NaN until the candles are in and while one has a NaN.
 * @source Parkinson (1980); R package TTR, `volatility(calc = "parkinson")`
 */
export class Parkinson extends Kernel {
  readonly length: number
  readonly periods: number

  /**
   * `periods`: candles a year.
   * @throws RangeError when length is not a whole number from 1 on or periods not above 0
   */
  constructor(length: number, periods: number, state?: Float64Array) {
    super('Parkinson', 1, 1 + movingSumSize(checkLength('Parkinson', length)), state)
    this.length = length
    this.periods = checkRange('Parkinson', 'periods', periods, Number.MIN_VALUE, Number.MAX_VALUE)
  }

  /** Takes the next candle and returns the volatility. */
  add(high: number, low: number): number {
    const { length, periods, state } = this
    return (state[0] = Math.sqrt((periods * addToSum(state, 1, length, parkinsonTerm(high, low))) / length))
  }
}

/** The mean of each window: the oracle of `Parkinson`. */
export function parkinsonOf(high: ArrayLike<number>, low: ArrayLike<number>, length: number, periods: number) {
  return overWindows('parkinsonOf', high.length, length, (first, last) =>
    Math.sqrt((periods * sumOver(first, last, (i) => parkinsonTerm(high[i]!, low[i]!))) / length))
}
