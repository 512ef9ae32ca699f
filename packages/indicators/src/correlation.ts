import { checkLength } from './check-length.ts'
import { Kernel } from './kernel.ts'
import { addToCovariance, covarianceSize, movingCovarianceOf } from './moving-covariance.ts'

/**
 * Pearson's correlation of the last `length` pairs, in [-1, 1], with population covariance and variances.
 * NaN until `length` pairs are in, while one has a NaN, and where one side does not vary.
 */
export class Correlation extends Kernel {
  readonly length: number

  /** @throws RangeError when length is not a whole number from 1 on */
  constructor(length: number, state?: Float64Array) {
    super('Correlation', 6, 1 + covarianceSize(checkLength('Correlation', length)), state)
    this.length = length
  }

  /** Takes the next pair and returns the correlation. */
  // `!`: the state begins with `[correlation, mean x, mean y, Sxx, Syy, Sxy]`.
  add(x: number, y: number): number {
    const { length, state } = this
    addToCovariance(state, 1, length, x, y)
    const ratio = state[5]! / (Math.sqrt(state[3]!) * Math.sqrt(state[4]!))
    return (state[0] = Math.max(-1, Math.min(1, ratio)))
  }

  get covariance(): number {
    return this.state[5]! / this.length
  }
  get varianceX(): number {
    return this.state[3]! / this.length
  }
  get varianceY(): number {
    return this.state[4]! / this.length
  }
  get rSquared(): number {
    return this.value * this.value
  }
}

/** The outputs of each window in two passes: the oracle of `Correlation`. */
export function correlationOf(x: ArrayLike<number>, y: ArrayLike<number>, length: number) {
  const { value: covariance, varianceX, varianceY } = movingCovarianceOf(x, y, length)
  const value = covariance.map((both, i) => both / Math.sqrt(varianceX[i]!) / Math.sqrt(varianceY[i]!))
  return { value, covariance, varianceX, varianceY, rSquared: value.map((ratio) => ratio * ratio) }
}
