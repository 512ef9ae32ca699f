import { checkLength } from './check-length.ts'
import { Kernel } from './kernel.ts'
import { addToMean, MEAN_SIZE, recursiveMeanOf } from './recursive-mean.ts'

/**
 * Exponential mean with alpha 2/(length + 1), seeded with the mean of its first `length` values; NaN before.
 * A NaN value makes it NaN and starts the seed anew.
 */
export class Ema extends Kernel {
  readonly length: number

  /** @throws RangeError when length is not a whole number from 1 on */
  constructor(length: number, state?: Float64Array) {
    super('Ema', 1, 1 + MEAN_SIZE, state)
    this.length = checkLength('Ema', length)
  }

  /** Takes the next value and returns the mean. */
  add(value: number): number {
    const { length, state } = this
    return (state[0] = addToMean(state, 1, 2 / (length + 1), length, value))
  }
}

/** Exponential means written as the weighted sums that they are, O(n²): the oracle of `Ema`. */
export function emaOf(values: ArrayLike<number>, length: number): Float64Array {
  return recursiveMeanOf(values, 2 / (checkLength('emaOf', length) + 1), length)
}
