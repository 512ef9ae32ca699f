import { checkLength } from './check-length.ts'
import { Kernel } from './kernel.ts'
import { addToMean, MEAN_SIZE, recursiveMeanOf } from './recursive-mean.ts'

/**
 * Smoothed (Wilder's) mean with alpha 1/length, seeded with the mean of its first `length` values; NaN before.
 * A NaN value makes it NaN and starts the seed anew.
 * @source Wilder (1978), New Concepts in Technical Trading Systems
 */
export class Smma extends Kernel {
  readonly length: number

  /** @throws RangeError when length is not a whole number from 1 on */
  constructor(length: number, state?: Float64Array) {
    super('Smma', 1, 1 + MEAN_SIZE, state)
    this.length = checkLength('Smma', length)
  }

  /** Takes the next value and returns the mean. */
  add(value: number): number {
    const { length, state } = this
    return (state[0] = addToMean(state, 1, 1 / length, length, value))
  }
}

/** Smoothed means written as the weighted sums that they are, O(n²): the oracle of `Smma`. */
export function smmaOf(values: ArrayLike<number>, length: number): Float64Array {
  return recursiveMeanOf(values, 1 / checkLength('smmaOf', length), length)
}
