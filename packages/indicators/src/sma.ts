import { checkLength } from './check-length.ts'

/**
 * Mean of the last `length` values, by two stacks: nothing is ever subtracted, so it does not drift, and a bad value
 * is gone when it leaves the window. O(1) amortised.
 * NaN until `length` values are in; a NaN value makes it NaN until it leaves.
 */
export class Sma {
  readonly length: number
  /**
   * `[count in block, sum of block, filled, block × length, suffix sums × (length + 1)]`: copy it to snapshot, set it
   * to restore.
   */
  readonly state: Float64Array<ArrayBuffer>

  /** @throws RangeError when length is not a whole number from 1 on */
  constructor(length: number) {
    this.length = checkLength('Sma', length)
    this.state = new Float64Array(3 + length + length + 1)
  }

  /** Takes the next value and returns the mean. */
  // `!` below: all indices are within the state's 2·length + 4 elements.
  add(value: number): number {
    const { length, state } = this
    const count = state[0]!
    state[3 + count] = value
    state[0] = count + 1
    state[1] = state[1]! + value
    if (state[0]! < length) return state[2] === 0 ? NaN : (state[1]! + state[3 + length + state[0]!]!) / length
    const sum = state[1]!
    for (let i = length - 1; i >= 0; i--) state[3 + length + i] = state[3 + length + i + 1]! + state[3 + i]!
    state[0] = 0
    state[1] = 0
    state[2] = 1
    return sum / length
  }
}

/** The means over each window of `length` values, computed anew for each: the oracle of `Sma`. NaN where none is. */
export function smaOf(values: ArrayLike<number>, length: number): Float64Array {
  checkLength('smaOf', length)
  return Float64Array.from(values, (_, i) => {
    if (i + 1 < length) return NaN
    let sum = 0
    for (let j = i + 1 - length; j <= i; j++) sum += values[j]!
    return sum / length
  })
}
