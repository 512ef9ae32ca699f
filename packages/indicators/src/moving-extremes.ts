import { checkLength } from './check-length.ts'
import { Kernel } from './kernel.ts'
import { overWindows } from './over-windows.ts'

/** The power of two from `length` on. */
const capacity = (length: number): number => 1 << (32 - Math.clz32(length - 1))
/**
 * Elements of state that `addToExtreme` works in:
 * `[values taken, head, tail, place of the last NaN, (place, value) × ring]`.
 */
export const extremeSize = (length: number): number => 4 + 2 * capacity(length)

/**
 * Largest (sign 1) or smallest (sign −1) of the last `length` values; NaN until they are in and while one is NaN.
 * A deque of candidates, each beyond those after it, in a ring of a power of two. O(1) amortised.
 */
// `!`: masked indices are within the extremeSize elements from `at` on.
export function addToExtreme(state: Float64Array, at: number, length: number, value: number, sign: 1 | -1): number {
  const mask = capacity(length) - 1
  const ring = at + 4
  const place = state[at]! + 1
  let head = state[at + 1]! | 0 // both below twice the ring: integers make the masks cheap
  let tail = state[at + 2]! | 0
  state[at] = place
  if (head < tail && state[ring + 2 * (head & mask)]! <= place - length) head++
  if (value !== value) state[at + 3] = place
  else {
    const signed = value * sign
    while (head < tail && state[ring + 2 * ((tail - 1) & mask) + 1]! * sign <= signed) tail--
    state[ring + 2 * (tail & mask)] = place
    state[ring + 2 * (tail & mask) + 1] = value
    tail++
  }
  if (head > mask) {
    head -= mask + 1
    tail -= mask + 1
  }
  state[at + 1] = head
  state[at + 2] = tail
  const isMissing = state[at + 3]! > 0 && place - state[at + 3]! < length
  return place < length || isMissing ? NaN : state[ring + 2 * (head & mask) + 1]!
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
