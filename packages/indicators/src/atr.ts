import { checkLength } from './check-length.ts'
import { Kernel } from './kernel.ts'
import { eachRow } from './over-windows.ts'
import { addToMean, MEAN_SIZE, recursiveMeanOf } from './recursive-mean.ts'
import { trueRange, trueRangeOf } from './true-range.ts'

/**
 * Average true range in price units: Wilder's mean of the true ranges, seeded with the mean of the first `length`
 * (candles 2 to `length + 1`). A NaN in a candle starts the seed anew.
 * @source Wilder (1978), New Concepts in Technical Trading Systems
 */
export class Atr extends Kernel {
  readonly length: number

  /** @throws RangeError when length is not a whole number from 1 on */
  constructor(length = 14, state?: Float64Array) {
    super('Atr', 4, 4 + MEAN_SIZE, state)
    this.length = checkLength('Atr', length)
  }

  /** Takes the next candle and returns the average. */
  // `!`: the state begins with `[average, percent, true range, close before]`.
  add(high: number, low: number, close: number): number {
    const { length, state } = this
    const range = (state[2] = trueRange(high, low, state[3]!))
    const mean = (state[0] = addToMean(state, 4, 1 / length, length, range))
    state[1] = (100 * mean) / close
    state[3] = close
    return mean
  }

  /** Percent of the close. */
  get percent(): number {
    return this.state[1]!
  }
  /** True range of the newest candle. */
  get trueRange(): number {
    return this.state[2]!
  }
}

/** The averages from the whole column of ranges: the oracle of `Atr`. */
export function atrOf(high: ArrayLike<number>, low: ArrayLike<number>, close: ArrayLike<number>, length = 14) {
  const ranges = trueRangeOf(high, low, close)
  const value = recursiveMeanOf(ranges, 1 / checkLength('atrOf', length), length)
  return { value, percent: eachRow(high.length, (i) => (100 * value[i]!) / close[i]!), trueRange: ranges }
}
