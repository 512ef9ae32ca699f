import { checkLength } from './check-length.ts'
import { Kernel } from './kernel.ts'
import { addToCovariance, covarianceSize, movingCovarianceOf } from './moving-covariance.ts'

/**
 * Ordinary least squares y = intercept + slope · x over the last `length` pairs. NaN until `length` pairs are in, while
 * one has a NaN, and where x does not vary. No drift; O(1) amortised.
 */
export class LinearRegression extends Kernel {
  readonly length: number

  /** @throws RangeError when length is not a whole number from 1 on */
  constructor(length: number, state?: Float64Array) {
    super('LinearRegression', 6, 1 + covarianceSize(checkLength('LinearRegression', length)), state)
    this.length = length
  }

  /** Takes the next pair and returns the slope, in units of y per unit of x. */
  // `!`: the state begins with `[slope, mean x, mean y, Sxx, Syy, Sxy]`.
  add(x: number, y: number): number {
    const { length, state } = this
    addToCovariance(state, 1, length, x, y)
    return (state[0] = state[5]! / state[3]!)
  }

  get intercept(): number {
    return this.state[2]! - this.value * this.state[1]!
  }
  /** Share of the variance of y that the line explains, in [0, 1]; NaN where y does not vary. */
  get rSquared(): number {
    return Math.min(1, (this.value * this.state[5]!) / this.state[4]!)
  }
  /** Variance of the residuals, divisor `length` − 2; NaN for two pairs or fewer. */
  get residualVariance(): number {
    const left = Math.max(0, this.state[4]! - this.value * this.state[5]!)
    return this.length > 2 ? left / (this.length - 2) : NaN
  }
}

/** The line of each window in two passes, its residuals one by one: the oracle of `LinearRegression`. */
export function linearRegressionOf(x: ArrayLike<number>, y: ArrayLike<number>, length: number) {
  const { value: covariance, meanX, meanY, varianceX, varianceY } = movingCovarianceOf(x, y, length)
  const value = covariance.map((both, i) => both / varianceX[i]!)
  const intercept = value.map((slope, i) => meanY[i]! - slope * meanX[i]!)
  const squares = value.map((slope, last) => {
    let sum = 0
    for (let i = last + 1 - length; i <= last; i++) {
      const residual = (y[i] ?? NaN) - meanY[last]! - slope * ((x[i] ?? NaN) - meanX[last]!)
      sum += residual * residual
    }
    return sum
  })
  return {
    value,
    intercept,
    rSquared: squares.map((left, i) => 1 - left / (length * varianceY[i]!)),
    residualVariance: squares.map((left) => (length > 2 ? left / (length - 2) : NaN)),
  }
}
