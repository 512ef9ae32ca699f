import { checkLength, checkRange } from './check-length.ts'
import { Kernel } from './kernel.ts'
import { addToSum, movingSumSize } from './moving-sum.ts'
import { overWindows, sumOver } from './over-windows.ts'
import { garmanKlassTerm } from './range-terms.ts'

/**
 * Garman and Klass' volatility of `length` candles, annualised, as a ratio: √(periods · mean of ln²(high / low) / 2 −
 * (2 ln 2 − 1) ln²(close / open)). NaN until the candles are in and while one has a NaN.
 * @source Garman, Klass (1980); R package TTR, `volatility(calc = "garman.klass")`
 */
export class GarmanKlass extends Kernel {
  readonly length: number
  readonly periods: number

  /**
   * `periods`: candles a year.
   * @throws RangeError when length is not a whole number from 1 on or periods not above 0
   */
  constructor(length: number, periods: number, state?: Float64Array) {
    super('GarmanKlass', 1, 1 + movingSumSize(checkLength('GarmanKlass', length)), state)
    this.length = length
    this.periods = checkRange('GarmanKlass', 'periods', periods, Number.MIN_VALUE, Number.MAX_VALUE)
  }

  /** Takes the next candle and returns the volatility. */
  add(open: number, high: number, low: number, close: number): number {
    const { length, periods, state } = this
    const sum = addToSum(state, 1, length, garmanKlassTerm(open, high, low, close))
    return (state[0] = Math.sqrt((periods * sum) / length))
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
  const term = (i: number) => garmanKlassTerm(open[i]!, high[i]!, low[i]!, close[i]!)
  return overWindows('garmanKlassOf', high.length, length, (first, last) =>
    Math.sqrt((periods * sumOver(first, last, term)) / length))
}
