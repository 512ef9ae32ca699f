import { checkLength, checkRange } from './check-length.ts'
import { Kernel } from './kernel.ts'
import { addToMoments, momentsSize } from './moving-moments.ts'
import { overWindows, sumOver } from './over-windows.ts'

/**
 * Close-to-close volatility of `length` candles, annualised, as a ratio (0.5 = 50 %): sample deviation of their
 * length − 1 log returns (divisor length − 2) · √periods. NaN until the candles are in and while a close is missing.
 * @source R package TTR, `volatility(calc = "close")`
 */
export class CloseToClose extends Kernel {
  readonly length: number
  readonly periods: number

  /**
   * `periods`: candles a year.
   * @throws RangeError when length is not a whole number from 3 on or periods not above 0
   */
  constructor(length: number, periods: number, state?: Float64Array) {
    checkRange('CloseToClose', 'length', checkLength('CloseToClose', length), 3, Infinity)
    super('CloseToClose', 4, 2 + momentsSize(length - 1), state)
    this.length = length
    this.periods = checkRange('CloseToClose', 'periods', periods, Number.MIN_VALUE, Number.MAX_VALUE)
  }

  /** Takes the next close and returns the volatility. */
  // `!`: the state begins with `[volatility, close before, mean, M2]`.
  add(close: number): number {
    const { length, periods, state } = this
    const before = state[1]!
    state[1] = close
    addToMoments(state, 2, length - 1, Math.log(close / before))
    return (state[0] = Math.sqrt((periods * state[3]!) / (length - 2)))
  }
}

/** The deviation of each window in two passes: the oracle of `CloseToClose`. */
export function closeToCloseOf(close: ArrayLike<number>, length: number, periods: number): Float64Array {
  return overWindows('closeToCloseOf', close.length, length, (first, last) => {
    const change = (i: number) => Math.log(close[i]!) - Math.log(close[i - 1]!)
    const mean = sumOver(first + 1, last, change) / (length - 1)
    const squares = sumOver(first + 1, last, (i) => (change(i) - mean) * (change(i) - mean))
    return Math.sqrt((periods * squares) / (length - 2))
  })
}
