import { garmanKlassTerm } from './range-terms.ts'
import { RangeVolatility, rangeVolatilityOf } from './range-volatility.ts'

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
export class GarmanKlassYangZhang extends RangeVolatility {
  /**
   * `periods`: candles a year.
   * @throws RangeError when length is not a whole number from 1 on or periods not above 0
   */
  constructor(length: number, periods: number, state?: Float64Array) {
    super('GarmanKlassYangZhang', 2, length, periods, state)
  }

  /** Takes the next candle and returns the volatility. */
  // `!`: the state begins with `[volatility, close before]`.
  add(open: number, high: number, low: number, close: number): number {
    const jumped = term(open, high, low, close, this.state[1]!)
    this.state[1] = close
    return this.addTerm(jumped)
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
  return rangeVolatilityOf('garmanKlassYangZhangOf', high.length, length, periods, of)
}
