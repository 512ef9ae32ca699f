import { checkLength } from './check-length.ts'
import { Kernel } from './kernel.ts'
import { overWindows, sumOver } from './over-windows.ts'

/**
 * Elements of state that `addToMoments` works in:
 * `[mean, M2, count in block, its mean, its M2, filled, rows × 2 · length]`.
 */
export const momentsSize = (length: number): number => 6 + 2 * length

/**
 * Leaves mean and M2 = Σ(x − mean)² of the last `length` values in `state[at]` and `state[at + 1]`; NaN until they are
 * in. Two stacks: the block is a running Welford, its predecessor an array of suffix moments, Chan's formula merges
 * them; nothing is subtracted, so there is no drift and a bad value is gone when it leaves. O(1) amortised.
 */
// `!`: count < length, so every index is within the momentsSize elements from `at` on.
export function addToMoments(state: Float64Array, at: number, length: number, value: number): void {
  const rows = at + 6
  const count = state[at + 2]! + 1
  const delta = value - state[at + 3]!
  const mean = state[at + 3]! + delta / count
  const m2 = state[at + 4]! + delta * (value - mean)
  state[rows + 2 * (count - 1)] = value
  if (count < length) {
    state[at + 2] = count
    state[at + 3] = mean
    state[at + 4] = m2
    if (state[at + 5] === 0) {
      state[at] = state[at + 1] = NaN
      return
    }
    const front = rows + 2 * count
    const between = state[front]! - mean
    state[at] = mean + (between * (length - count)) / length
    state[at + 1] = m2 + state[front + 1]! + (between * between * count * (length - count)) / length
    return
  }
  state[at] = mean
  state[at + 1] = m2
  buildSuffixes(state, rows, length)
  state[at + 2] = state[at + 3] = state[at + 4] = 0
  state[at + 5] = 1
}

function buildSuffixes(state: Float64Array, rows: number, length: number): void {
  let mean = 0
  let m2 = 0
  for (let i = length - 1; i >= 0; i--) {
    const value = state[rows + 2 * i]!
    const delta = value - mean
    mean += delta / (length - i)
    m2 += delta * (value - mean)
    state[rows + 2 * i] = mean
    state[rows + 2 * i + 1] = m2
  }
}

/**
 * Mean and variance of the last `length` values, in their unit and its square. Exact to about 1e-9 for ever, also after
 * a value far off (no running sums of squares). NaN until `length` values are in and while one of them is NaN.
 * O(1) amortised.
 * @source Welford (1962); Chan, Golub, LeVeque (1983); Tangwongsan, Hirzel, Schneider (2017): two stacks
 */
export class MovingMoments extends Kernel {
  readonly length: number

  /** @throws RangeError when length is not a whole number from 1 on */
  constructor(length: number, state?: Float64Array) {
    super('MovingMoments', 2, momentsSize(checkLength('MovingMoments', length)), state)
    this.length = length
  }

  /** Takes the next value and returns the mean. */
  add(value: number): number {
    addToMoments(this.state, 0, this.length, value)
    return this.state[0]!
  }

  /** Of the values as a population: divisor `length`. */
  get variance(): number {
    return this.state[1]! / this.length
  }
  /** Of the values as a sample: divisor `length` − 1; NaN for one. */
  get sampleVariance(): number {
    return this.state[1]! / (this.length - 1)
  }
}

/** Mean and variances of each window in two passes: the oracle of `MovingMoments`. */
export function movingMomentsOf(values: ArrayLike<number>, length: number) {
  const roll = (of: (first: number, last: number) => number) =>
    overWindows('movingMomentsOf', values.length, length, of)
  const mean = (first: number, last: number) => sumOver(first, last, (i) => values[i]!) / length
  const squares = roll((first, last) => {
    const center = mean(first, last)
    return sumOver(first, last, (i) => (values[i]! - center) * (values[i]! - center))
  })
  return {
    value: roll(mean),
    variance: squares.map((m2) => m2 / length),
    sampleVariance: squares.map((m2) => m2 / (length - 1)),
  }
}
