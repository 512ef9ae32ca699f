import { checkLength } from './check-length.ts'
import { Kernel } from './kernel.ts'
import { overWindows } from './over-windows.ts'

/** Elements of state that `addToExtreme` works in: `[count in block, its extreme, filled, rows × length]`. */
export const extremeSize = (length: number): number => 3 + length

/**
 * Largest (sign 1) or smallest (sign −1) of the last `length` values; NaN until they are in and while one is NaN: both hand
 * it on. Two stacks, as `addToSum`: rows hold the extremes of the last block from each value on. O(1) amortised.
 */
// `!`: count < length, so every index is within the extremeSize elements from `at` on.
export function addToExtreme(state: Float64Array, at: number, length: number, value: number, sign: 1 | -1): number {
  return sign === 1 ? addToLargest(state, at, length, value) : addToSmallest(state, at, length, value)
}

// Written apart: a choice in the inner loop costs as much as the rest of it.
function addToLargest(state: Float64Array, at: number, length: number, value: number): number {
  const rows = at + 3
  const count = state[at]! + 1
  const block = count === 1 ? value : Math.max(state[at + 1]!, value)
  state[rows + count - 1] = value
  if (count < length) {
    state[at] = count
    state[at + 1] = block
    return state[at + 2] === 0 ? NaN : Math.max(block, state[rows + count]!)
  }
  for (let i = rows + length - 2; i >= rows; i--) state[i] = Math.max(state[i]!, state[i + 1]!)
  state[at] = 0
  state[at + 2] = 1
  return block
}

function addToSmallest(state: Float64Array, at: number, length: number, value: number): number {
  const rows = at + 3
  const count = state[at]! + 1
  const block = count === 1 ? value : Math.min(state[at + 1]!, value)
  state[rows + count - 1] = value
  if (count < length) {
    state[at] = count
    state[at + 1] = block
    return state[at + 2] === 0 ? NaN : Math.min(block, state[rows + count]!)
  }
  for (let i = rows + length - 2; i >= rows; i--) state[i] = Math.min(state[i]!, state[i + 1]!)
  state[at] = 0
  state[at + 2] = 1
  return block
}

/** Highest and lowest of the last `length` values, in their unit; NaN until they are in and while one is NaN. */
export class MovingExtremes extends Kernel {
  readonly length: number

  /** @throws RangeError when length is not a whole number from 1 on */
  constructor(length: number, state?: Float64Array) {
    super('MovingExtremes', 2, 2 + 2 * extremeSize(checkLength('MovingExtremes', length)), state)
    this.length = length
  }

  /** Takes the next value and returns the highest. */
  add(value: number): number {
    const { length, state } = this
    state[1] = addToExtreme(state, 2 + extremeSize(length), length, value, -1)
    return (state[0] = addToExtreme(state, 2, length, value, 1))
  }

  get lowest(): number {
    return this.state[1]! // the second output
  }
}

/** Highest and lowest of each window, looked for anew: the oracle of `MovingExtremes`. */
export function movingExtremesOf(values: ArrayLike<number>, length: number) {
  const roll = (pick: (a: number, b: number) => number) =>
    overWindows('movingExtremesOf', values.length, length, (first, last) => {
      let found = values[first]!
      for (let i = first + 1; i <= last; i++) found = pick(found, values[i]!)
      return found
    })
  return { value: roll(Math.max), lowest: roll(Math.min) }
}
