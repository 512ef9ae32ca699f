import { checkLength, checkRange } from './check-length.ts'
import { Kernel } from './kernel.ts'
import { addToMoments, momentsSize, movingMomentsOf } from './moving-moments.ts'
import { addToSum, movingSumSize } from './moving-sum.ts'
import { eachRow } from './over-windows.ts'
import { rogersSatchellTerm } from './range-terms.ts'
import { smaOf } from './sma.ts'

/** Share of the open-to-close variance in the mix of least variance. */
const shareOf = (length: number): number => 0.34 / (1.34 + (length + 1) / (length - 1))

/**
 * Yang and Zhang's volatility of `length` candles, annualised, as a ratio: sample variance of the jumps between candles
 * + k · that of open to close + (1 − k) · Rogers and Satchell's mean, k = .34 / (1.34 + (length + 1)/(length − 1)).
 * Not biased by drift or jumps. First known at candle `length + 1`; NaN while one of them has a NaN.
 * @source Yang, Zhang (2000); R package TTR, `volatility(calc = "yang.zhang")`
 */
export class YangZhang extends Kernel {
  readonly length: number
  readonly periods: number

  /**
   * `periods`: candles a year.
   * @throws RangeError when length is not a whole number from 2 on or periods not above 0
   */
  constructor(length: number, periods: number, state?: Float64Array) {
    checkRange('YangZhang', 'length', checkLength('YangZhang', length), 2, Infinity)
    super('YangZhang', 2, 2 + 2 * momentsSize(length) + movingSumSize(length), state)
    this.length = length
    this.periods = checkRange('YangZhang', 'periods', periods, Number.MIN_VALUE, Number.MAX_VALUE)
  }

  /** Takes the next candle and returns the volatility. */
  // `!`: the state begins with `[volatility, close before]`, then moments of jumps and of bodies, then the sum.
  add(open: number, high: number, low: number, close: number): number {
    const { length, periods, state } = this
    const bodies = 2 + momentsSize(length)
    addToMoments(state, 2, length, Math.log(open / state[1]!))
    addToMoments(state, bodies, length, Math.log(close / open))
    const sum = addToSum(state, bodies + momentsSize(length), length, rogersSatchellTerm(open, high, low, close))
    const share = shareOf(length)
    const variance = (state[3]! + share * state[bodies + 1]!) / (length - 1) + ((1 - share) * sum) / length
    state[1] = close
    return (state[0] = Math.sqrt(periods * variance))
  }
}

/** The mix of whole columns of two-pass variances: the oracle of `YangZhang`. */
export function yangZhangOf(
  open: ArrayLike<number>,
  high: ArrayLike<number>,
  low: ArrayLike<number>,
  close: ArrayLike<number>,
  length: number,
  periods: number,
): Float64Array {
  const rows = (of: (i: number) => number) => eachRow(high.length, of)
  const jumps = movingMomentsOf(rows((i) => Math.log(open[i]! / (close[i - 1] ?? NaN))), length).sampleVariance
  const bodies = movingMomentsOf(rows((i) => Math.log(close[i]! / open[i]!)), length).sampleVariance
  const ranges = smaOf(rows((i) => rogersSatchellTerm(open[i]!, high[i]!, low[i]!, close[i]!)), length)
  const share = shareOf(length)
  return jumps.map((jump, i) => Math.sqrt(periods * (jump + share * bodies[i]! + (1 - share) * ranges[i]!)))
}
