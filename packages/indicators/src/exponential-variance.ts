import { checkLength, checkRange } from './check-length.ts'
import { Kernel } from './kernel.ts'
import { eachRow } from './over-windows.ts'
import { addToMean, MEAN_SIZE, recursiveMeanOf } from './recursive-mean.ts'

/**
 * Exponentially weighted variance about 0, as RiskMetrics': v ← decay · v + (1 − decay) · r², seeded with the mean of
 * the first `seed` squares; NaN before. In the squared unit of the returns. A NaN starts the seed anew.
 * @source J.P. Morgan/Reuters (1996), RiskMetrics: decay .94 for daily returns
 */
export class ExponentialVariance extends Kernel {
  readonly decay: number
  readonly seed: number

  /** @throws RangeError when decay is not in 0 … 1 or seed is not a whole number from 1 on */
  constructor(decay = 0.94, seed = 20, state?: Float64Array) {
    super('ExponentialVariance', 1, 1 + MEAN_SIZE, state)
    this.decay = checkRange('ExponentialVariance', 'decay', decay, 0, 1)
    this.seed = checkLength('ExponentialVariance', seed)
  }

  /** Takes the next return and returns the variance. */
  add(change: number): number {
    const { decay, seed, state } = this
    return (state[0] = addToMean(state, 1, 1 - decay, seed, change * change))
  }
}

/** The variances as weighted sums of squares, O(n²): the oracle of `ExponentialVariance`. */
export function exponentialVarianceOf(changes: ArrayLike<number>, decay = 0.94, seed = 20): Float64Array {
  checkRange('exponentialVarianceOf', 'decay', decay, 0, 1)
  const squares = eachRow(changes.length, (i) => changes[i]! * changes[i]!)
  return recursiveMeanOf(squares, 1 - decay, checkLength('exponentialVarianceOf', seed))
}
