import { checkLength } from './check-length.ts'
import { Kernel } from './kernel.ts'
import { overWindows, sumOver, unlessMissing } from './over-windows.ts'

const FIELDS = 5 // mean of x, mean of y, Σdx², Σdy², Σdx·dy
/**
 * Elements of state that `addToCovariance` works in:
 * `[results × 5, block × 5, count in block, filled, rows × 5 · length]`.
 */
export const covarianceSize = (length: number): number => 2 * FIELDS + 2 + FIELDS * length

/**
 * Leaves means, sums of squares and of products about them, of the last `length` pairs in the five elements from `at`
 * on: mean x, mean y, Sxx, Syy, Sxy; NaN until they are in. A pair with a NaN is NaN in both. Two stacks, as
 * `addToMoments`. O(1) amortised.
 */
// `!`: count < length, so every index is within the covarianceSize elements from `at` on.
export function addToCovariance(state: Float64Array, at: number, length: number, x: number, y: number): void {
  const block = at + FIELDS
  const head = block + FIELDS
  const rows = head + 2
  const count = state[head]! + 1
  const row = rows + FIELDS * (count - 1)
  const isMissing = x !== x || y !== y
  state[row] = isMissing ? NaN : x
  state[row + 1] = isMissing ? NaN : y
  addPair(state, block, block, count, state[row]!, state[row + 1]!)
  state[head] = count
  if (count < length) {
    if (state[head + 1] === 0) state.fill(NaN, at, block) // in the first window only
    else merge(state, at, block, rows + FIELDS * count, count, length)
    return
  }
  for (let field = 0; field < FIELDS; field++) {
    state[at + field] = state[block + field]!
    state[block + field] = 0
  }
  buildSuffixes(state, rows, length)
  state[head] = 0
  state[head + 1] = 1
}

/** Welford's step for pairs: from the sums at `from` to those at `to`; `count` includes the new one. */
function addPair(state: Float64Array, from: number, to: number, count: number, x: number, y: number): void {
  const dx = x - state[from]!
  const dy = y - state[from + 1]!
  const meanX = state[from]! + dx / count
  const meanY = state[from + 1]! + dy / count
  state[to] = meanX
  state[to + 1] = meanY
  state[to + 2] = state[from + 2]! + dx * (x - meanX)
  state[to + 3] = state[from + 3]! + dy * (y - meanY)
  state[to + 4] = state[from + 4]! + dx * (y - meanY)
}

function buildSuffixes(state: Float64Array, rows: number, length: number): void {
  let to = rows + FIELDS * (length - 1)
  state[to + 2] = state[to + 3] = state[to + 4] = 0 // one pair: its means are itself
  for (let count = 2; count <= length; count++) {
    to -= FIELDS
    addPair(state, to + FIELDS, to, count, state[to]!, state[to + 1]!)
  }
}

/** Chan's formula: `count` pairs of the block and `length − count` of the front. */
function merge(state: Float64Array, to: number, block: number, front: number, count: number, length: number): void {
  const dx = state[front]! - state[block]!
  const dy = state[front + 1]! - state[block + 1]!
  const share = (length - count) / length
  const weight = count * share
  state[to] = state[block]! + dx * share
  state[to + 1] = state[block + 1]! + dy * share
  state[to + 2] = state[block + 2]! + state[front + 2]! + dx * dx * weight
  state[to + 3] = state[block + 3]! + state[front + 3]! + dy * dy * weight
  state[to + 4] = state[block + 4]! + state[front + 4]! + dx * dy * weight
}

/**
 * Population covariance of the last `length` pairs (divisor `length`), with means and variances. NaN until `length`
 * pairs are in and while one has a NaN. No drift; O(1) amortised.
 * @source Chan, Golub, LeVeque (1983); two stacks
 */
export class MovingCovariance extends Kernel {
  readonly length: number

  /** @throws RangeError when length is not a whole number from 1 on */
  constructor(length: number, state?: Float64Array) {
    super('MovingCovariance', 1 + FIELDS, 1 + covarianceSize(checkLength('MovingCovariance', length)), state)
    this.length = length
  }

  /** Takes the next pair and returns the covariance. */
  // `!`: the state begins with `[covariance, mean x, mean y, Sxx, Syy, Sxy]`.
  add(x: number, y: number): number {
    const { length, state } = this
    addToCovariance(state, 1, length, x, y)
    return (state[0] = state[5]! / length)
  }

  get meanX(): number {
    return this.state[1]!
  }
  get meanY(): number {
    return this.state[2]!
  }
  /** Divisor `length`, as the covariance. */
  get varianceX(): number {
    return this.state[3]! / this.length
  }
  get varianceY(): number {
    return this.state[4]! / this.length
  }
}

/** Covariance, means and variances of each window in two passes: the oracle of `MovingCovariance`. */
export function movingCovarianceOf(x: ArrayLike<number>, y: ArrayLike<number>, length: number) {
  const known = (values: ArrayLike<number>, i: number) => unlessMissing(values[i]!, x[i]!, y[i]!)
  const mean = (values: ArrayLike<number>, first: number, last: number) =>
    sumOver(first, last, (i) => known(values, i)) / length
  const roll = (of: (first: number, last: number) => number) => overWindows('movingCovarianceOf', x.length, length, of)
  const about = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    roll((first, last) => {
      const [meanA, meanB] = [mean(a, first, last), mean(b, first, last)]
      return sumOver(first, last, (i) => (a[i]! - meanA) * (b[i]! - meanB)) / length
    })
  return {
    value: about(x, y),
    meanX: roll((first, last) => mean(x, first, last)),
    meanY: roll((first, last) => mean(y, first, last)),
    varianceX: about(x, x),
    varianceY: about(y, y),
  }
}
