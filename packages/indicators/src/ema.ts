import { checkLength } from './check-length.ts'

/**
 * Exponential mean with alpha 2/(length + 1), seeded with the mean of its first `length` values; NaN before.
 * A NaN value makes it NaN and starts the seed anew.
 */
export class Ema {
  readonly length: number
  /** `[values since the seed began, their sum or the mean]`: copy it to snapshot, set it to restore. */
  readonly state = new Float64Array(2)

  /** @throws RangeError when length is not a whole number from 1 on */
  constructor(length: number) {
    this.length = checkLength('Ema', length)
  }

  /** Takes the next value and returns the mean. */
  // `!` below: the state has two elements.
  add(value: number): number {
    const { length, state } = this
    if (value !== value) {
      state.fill(0)
      return NaN
    }
    const count = state[0]!
    if (count >= length) return (state[1] = state[1]! + (2 / (length + 1)) * (value - state[1]!))
    state[0] = count + 1
    state[1] = state[1]! + value
    if (count + 1 < length) return NaN
    return (state[1] = state[1]! / length)
  }
}

/** Exponential means written as the weighted sum that they are, O(n²): the oracle of `Ema` for values without NaN. */
export function emaOf(values: ArrayLike<number>, length: number): Float64Array {
  checkLength('emaOf', length)
  const alpha = 2 / (length + 1)
  return Float64Array.from(values, (_, i) => {
    if (i + 1 < length) return NaN
    let [sum, weight] = [0, 1]
    for (let j = i; j >= length; j--, weight *= 1 - alpha) sum += alpha * weight * values[j]!
    for (let j = 0; j < length; j++) sum += (weight * values[j]!) / length
    return sum
  })
}
