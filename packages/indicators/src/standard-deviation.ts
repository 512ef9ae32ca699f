import { checkLength } from './check-length.ts'
import { Kernel } from './kernel.ts'
import { addToMoments, momentsSize, movingMomentsOf } from './moving-moments.ts'

/**
 * Population standard deviation of the last `length` values (divisor `length`), in their unit, with mean and z score of
 * the newest value. NaN until `length` values are in and while one of them is NaN; the score also where nothing varies.
 */
export class StandardDeviation extends Kernel {
  readonly length: number

  /** @throws RangeError when length is not a whole number from 1 on */
  constructor(length: number, state?: Float64Array) {
    super('StandardDeviation', 4, 2 + momentsSize(checkLength('StandardDeviation', length)), state)
    this.length = length
  }

  /** Takes the next value and returns the deviation. */
  // `!`: the state begins with `[deviation, score, mean, M2]`.
  add(value: number): number {
    const { length, state } = this
    addToMoments(state, 2, length, value)
    const deviation = (state[0] = Math.sqrt(state[3]! / length))
    state[1] = deviation === 0 ? NaN : (value - state[2]!) / deviation
    return deviation
  }

  get zScore(): number {
    return this.state[1]!
  }
  get mean(): number {
    return this.state[2]!
  }
}

/** The outputs of each window in two passes: the oracle of `StandardDeviation`. */
export function standardDeviationOf(values: ArrayLike<number>, length: number) {
  const { value: mean, variance } = movingMomentsOf(values, length)
  const value = variance.map(Math.sqrt)
  const zScore = value.map((deviation, i) => (deviation === 0 ? NaN : (values[i]! - mean[i]!) / deviation))
  return { value, mean, zScore }
}
