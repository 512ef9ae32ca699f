import { Kernel } from './kernel.ts'
import { eachRow } from './over-windows.ts'

/** Largest of high − low, |high − close before| and |low − close before|; NaN when one is. */
export const trueRange = (high: number, low: number, closeBefore: number): number =>
  Math.max(high - low, Math.abs(high - closeBefore), Math.abs(low - closeBefore))

/**
 * True range in price units, from the second candle on; NaN where the candle or the close before is missing.
 * @source Wilder (1978), New Concepts in Technical Trading Systems
 */
export class TrueRange extends Kernel {
  constructor(state?: Float64Array) {
    super('TrueRange', 2, 2, state)
  }

  /** Takes the next candle and returns its true range. */
  // `!`: the state is `[range, close before]`.
  add(high: number, low: number, close: number): number {
    const { state } = this
    state[0] = trueRange(high, low, state[1]!)
    state[1] = close
    return state[0]
  }
}

/** The ranges of whole columns: the oracle of `TrueRange`. */
export function trueRangeOf(high: ArrayLike<number>, low: ArrayLike<number>, close: ArrayLike<number>): Float64Array {
  return eachRow(high.length, (i) => {
    const before = close[i - 1] ?? NaN
    return Math.max(high[i]!, before) - Math.min(low[i]!, before) // NaN when one is: max and min hand it on
  })
}
