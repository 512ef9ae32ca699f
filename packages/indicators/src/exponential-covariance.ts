import { checkLength, checkRange } from './check-length.ts'
import { Kernel } from './kernel.ts'
import { eachRow, unlessMissing } from './over-windows.ts'
import { addToMean, MEAN_SIZE, recursiveMeanOf } from './recursive-mean.ts'

/**
 * Exponentially weighted covariance about 0 of two returns, with variances, correlation in [-1, 1] and the beta of x
 * against y; each average as in `ExponentialVariance`. A pair with a NaN starts the seed anew.
 * @source J.P. Morgan/Reuters (1996), RiskMetrics
 */
export class ExponentialCovariance extends Kernel {
  readonly decay: number
  readonly seed: number

  /** @throws RangeError when decay is not in 0 … 1 or seed is not a whole number from 1 on */
  constructor(decay = 0.94, seed = 20, state?: Float64Array) {
    super('ExponentialCovariance', 3, 3 + 3 * MEAN_SIZE, state)
    this.decay = checkRange('ExponentialCovariance', 'decay', decay, 0, 1)
    this.seed = checkLength('ExponentialCovariance', seed)
  }

  /** Takes the next pair and returns the covariance. */
  // `!`: the state begins with `[covariance, variance x, variance y]`.
  add(x: number, y: number): number {
    const { decay, seed, state } = this
    const both = x * y
    const alpha = 1 - decay
    state[1] = addToMean(state, 3, alpha, seed, both === both ? x * x : NaN)
    state[2] = addToMean(state, 3 + MEAN_SIZE, alpha, seed, both === both ? y * y : NaN)
    return (state[0] = addToMean(state, 3 + 2 * MEAN_SIZE, alpha, seed, both))
  }

  get varianceX(): number {
    return this.state[1]!
  }
  get varianceY(): number {
    return this.state[2]!
  }
  /** NaN where one side has not moved. */
  get correlation(): number {
    return Math.max(-1, Math.min(1, this.value / (Math.sqrt(this.varianceX) * Math.sqrt(this.varianceY))))
  }
  /** covariance / variance of y; NaN where y has not moved. */
  get beta(): number {
    return this.value / this.varianceY
  }
}

/** The averages as weighted sums, O(n²): the oracle of `ExponentialCovariance`. */
export function exponentialCovarianceOf(x: ArrayLike<number>, y: ArrayLike<number>, decay = 0.94, seed = 20) {
  checkRange('exponentialCovarianceOf', 'decay', decay, 0, 1)
  checkLength('exponentialCovarianceOf', seed)
  const mean = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    recursiveMeanOf(eachRow(x.length, (i) => unlessMissing(a[i]! * b[i]!, x[i]!, y[i]!)), 1 - decay, seed)
  const [value, varianceX, varianceY] = [mean(x, y), mean(x, x), mean(y, y)]
  return {
    value,
    varianceX,
    varianceY,
    correlation: value.map((both, i) => both / Math.sqrt(varianceX[i]!) / Math.sqrt(varianceY[i]!)),
    beta: value.map((both, i) => both / varianceY[i]!),
  }
}
