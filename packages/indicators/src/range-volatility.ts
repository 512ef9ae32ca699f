import { checkLength, checkRange } from './check-length.ts'
import { Kernel } from './kernel.ts'
import { addToSum, movingSumSize } from './moving-sum.ts'
import { overWindows, sumOver } from './over-windows.ts'

/** The root of the mean of a term a candle, annualised: what the volatilities made of ranges share. */
export abstract class RangeVolatility extends Kernel {
  readonly length: number
  readonly periods: number
  /** Where the moving sum begins in the state: behind the volatility and what else is kept. */
  readonly #sumAt: number

  /**
   * `kept`: numbers of the state before the sum, the volatility first; `periods`: candles a year.
   * @throws RangeError when length is not a whole number from 1 on or periods not above 0
   */
  constructor(name: string, kept: number, length: number, periods: number, state?: Float64Array) {
    super(name, kept, kept + movingSumSize(checkLength(name, length)), state)
    this.length = length
    this.periods = checkRange(name, 'periods', periods, Number.MIN_VALUE, Number.MAX_VALUE)
    this.#sumAt = kept
  }

  /** Takes the next candle's term and returns the volatility. */
  protected addTerm(term: number): number {
    const { length, periods, state } = this
    return (state[0] = Math.sqrt((periods * addToSum(state, this.#sumAt, length, term)) / length))
  }
}

/** The volatility of each window of terms: the oracle. */
export const rangeVolatilityOf = (name: string, rows: number, length: number, periods: number, term: (i: number) => number): Float64Array =>
  overWindows(name, rows, length, (first, last) => Math.sqrt((periods * sumOver(first, last, term)) / length))
