import { checkLength, checkRange } from './check-length.ts'
import { Kernel } from './kernel.ts'
import { addToSum, movingSumSize } from './moving-sum.ts'
import { overWindows, sumOver } from './over-windows.ts'
import { garmanKlassTerm } from './range-terms.ts'

/** Garman and Klass' term and the squared jump from the close before. */
function term(open: number, high: number, low: number, close: number, closeBefore: number): number {
  const jump = Math.log(open / closeBefore)
  return jump * jump + garmanKlassTerm(open, high, low, close)
}

/**
 * Garman and Klass' volatility with Yang and Zhang's term for jumps between candles, annualised, as a ratio. First
 * known at candle `length + 1`, whose window has a close before each; NaN while one of them has a NaN.
 * @source Yang, Zhang (2000); R package TTR, `volatility(calc = "gk.yz")`
 */
export class GarmanKlassYangZhang extends Kernel {
  readonly length: number
  readonly periods: number

  /**
   * `periods`: candles a year.
   * @throws RangeError when length is not a whole number from 1 on or periods not above 0
   */
  constructor(length: number, periods: number, state?: Float64Array) {
    super('GarmanKlassYangZhang', 2, 2 + movingSumSize(checkLength('GarmanKlassYangZhang', length)), state)
    this.length = length
    this.periods = checkRange('GarmanKlassYangZhang', 'periods', periods, Number.MIN_VALUE, Number.MAX_VALUE)
  }

  /** Takes the next candle and returns the volatility. */
  // `!`: the state begins with `[volatility, close before]`.
  add(open: number, high: number, low: number, close: number): number {
    const { length, periods, state } = this
    const sum = addToSum(state, 2, length, term(open, high, low, close, state[1]!))
    state[1] = close
    return (state[0] = Math.sqrt((periods * sum) / length))
  }
}

/** The mean of each window: the oracle of `GarmanKlassYangZhang`. */
export function garmanKlassYangZhangOf(
  open: ArrayLike<number>,
  high: ArrayLike<number>,
  low: ArrayLike<number>,
  close: ArrayLike<number>,
  length: number,
  periods: number,
): Float64Array {
  const of = (i: number) => term(open[i]!, high[i]!, low[i]!, close[i]!, close[i - 1] ?? NaN)
  return overWindows('garmanKlassYangZhangOf', high.length, length, (first, last) =>
    Math.sqrt((periods * sumOver(first, last, of)) / length))
}
