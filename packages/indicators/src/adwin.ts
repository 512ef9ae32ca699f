import { checkLength, checkRange } from './check-length.ts'
import { Kernel } from './kernel.ts'

/** Parameters of `Adwin`. */
export interface AdwinSpec {
  /** Bound on the chance of a false cut; default .002. */
  readonly delta?: number
  /** Values between two looks for a cut; default 32. */
  readonly clock?: number
}

/** Buckets of one size; the seventh makes the two oldest one of the next size. */
const BUCKETS = 5
/** Sizes 1, 2, 4 …: windows up to 5 · 2³² values. */
const ROWS = 32
/** Least values on either side of a cut. */
const SIDE = 5
/** Least values in the window for a look. */
const GRACE = 10
/** Numbers of a row: its count, then sum and squared deviations of each bucket, oldest first. */
const ROW = 1 + 2 * (BUCKETS + 1)
/** Places: `[mean, alarm, width, sum, squared deviations, values taken]`, then the rows. */
const FIRST = 6
const rowAt = (row: number): number => FIRST + row * ROW
/** 2^row: rows go beyond 31 bits. */
const sizeOf = (row: number): number => (row < 31 ? 1 << row : 2 * sizeOf(row - 1))

/** Squared deviations that come on top when two groups become one. */
const between = (n0: number, mean0: number, n1: number, mean1: number): number =>
  (n0 * n1 * (mean0 - mean1) * (mean0 - mean1)) / (n0 + n1)

/** How far apart the means of two parts of a window must be, by chance `delta`. */
function bound(n0: number, n1: number, width: number, variance: number, delta: number): number {
  const confidence = Math.log((2 * Math.log(width)) / delta)
  const inverse = 1 / (n0 - SIDE + 1) + 1 / (n1 - SIDE + 1)
  return Math.sqrt(2 * inverse * variance * confidence) + (2 / 3) * confidence * inverse
}

/**
 * Adaptive window: grows while the mean stays, and drops its old part when two parts of it have means that differ by
 * more than chance allows. The value is the mean of what is left. An exponential histogram: O(log width) memory, one
 * look for a cut every `clock` values. A NaN is passed over: NaN for its row, and nothing else.
 * @source Bifet, Gavaldà (2007), Learning from time-changing data with adaptive windowing, ADWIN2
 */
export class Adwin extends Kernel {
  readonly delta: number
  readonly clock: number

  /** @throws RangeError when delta is not in 0 … 1 or clock is not a whole number from 1 on */
  constructor({ delta = 0.002, clock = 32 }: AdwinSpec = {}, state?: Float64Array) {
    super('Adwin', 2, FIRST + ROWS * ROW, state)
    this.delta = checkRange('Adwin', 'delta', delta, Number.MIN_VALUE, 1)
    this.clock = checkLength('Adwin', clock)
  }

  /** Takes the next value and returns the mean of the window. */
  // `!`: buckets are below BUCKETS + 2 in a row, rows below ROWS.
  add(value: number): number {
    const { state } = this
    if (!Number.isFinite(value)) return (state[0] = state[1] = NaN)
    const width = state[2]!
    if (width > 0) state[4] = state[4]! + between(width, state[3]! / width, 1, value)
    state[2] = width + 1
    state[3] = state[3]! + value
    this.#insert(0, value, 0)
    state[5] = state[5]! + 1
    state[1] = state[5] % this.clock === 0 && state[2] > GRACE && this.#shrink() ? 1 : 0
    return (state[0] = state[3] / state[2])
  }

  /** 1: the window was cut, its mean has changed; 0: not; NaN for a missing value. */
  get alarm(): number {
    return this.state[1]!
  }
  /** Values in the window. */
  get width(): number {
    return this.state[2]!
  }
  /** Population variance of the window; NaN without values. */
  get variance(): number {
    return this.state[4]! / this.state[2]!
  }

  /** Appends a bucket to a row; a full row passes its two oldest on as one. */
  #insert(row: number, sum: number, squares: number): void {
    const { state } = this
    const at = rowAt(row)
    const count = state[at]!
    state[at + 1 + 2 * count] = sum
    state[at + 2 + 2 * count] = squares
    state[at] = count + 1
    if (count < BUCKETS || row === ROWS - 1) return
    const size = sizeOf(row)
    const merged = state[at + 2]! + state[at + 4]! + between(size, state[at + 1]! / size, size, state[at + 3]! / size)
    const both = state[at + 1]! + state[at + 3]!
    this.#removeFrom(row, 2)
    this.#insert(row + 1, both, merged)
  }

  #removeFrom(row: number, buckets: number): void {
    const at = rowAt(row)
    this.state.copyWithin(at + 1, at + 1 + 2 * buckets, at + ROW)
    this.state[at] = this.state[at]! - buckets
  }

  /** Drops the oldest buckets as long as a cut separates them from the rest; whether there was one. */
  #shrink(): boolean {
    let shrunk = false
    while (this.#hasCut()) {
      this.#dropOldest()
      shrunk = true
    }
    return shrunk
  }

  #hasCut(): boolean {
    const { state, delta } = this
    const [width, variance] = [state[2]!, this.variance]
    let [n0, sum0] = [0, 0]
    for (let row = ROWS - 1; row >= 0; row--) {
      const at = rowAt(row)
      for (let bucket = 0; bucket < state[at]!; bucket++) {
        n0 += sizeOf(row)
        sum0 += state[at + 1 + 2 * bucket]!
        const n1 = width - n0
        if (n0 < SIDE || n1 < SIDE) continue
        const apart = Math.abs(sum0 / n0 - (state[3]! - sum0) / n1)
        if (apart > bound(n0, n1, width, variance, delta)) return true
      }
    }
    return false
  }

  #dropOldest(): void {
    const { state } = this
    let row = ROWS - 1
    while (state[rowAt(row)] === 0) row--
    const [at, size] = [rowAt(row), sizeOf(row)]
    const [sum, squares] = [state[at + 1]!, state[at + 2]!]
    const left = (state[2] = state[2]! - size)
    state[3] = state[3]! - sum
    state[4] = Math.max(0, state[4]! - squares - between(size, sum / size, left, state[3] / left))
    this.#removeFrom(row, 1)
  }
}

/** Mean and alarm, with every window and sum taken from the values themselves: the oracle of `Adwin`. */
export function adwinOf(values: ArrayLike<number>, { delta = 0.002, clock = 32 }: AdwinSpec = {}) {
  const rows = values.length
  const [value, alarm] = [new Float64Array(rows).fill(NaN), new Float64Array(rows).fill(NaN)]
  let window: number[] = []
  let sizes: number[] = [] // of the buckets, oldest first
  let [taken, mean] = [0, 0]
  const cuts = () => sizes.map((_, i) => sizes.slice(0, i + 1).reduce((a, b) => a + b))
  const meanOf = (part: readonly number[]) => part.reduce((a, b) => a + b, 0) / part.length
  const isCut = (n0: number) => {
    const [n1, width] = [window.length - n0, window.length]
    const variance = meanOf(window.map((one) => (one - mean) * (one - mean)))
    const apart = Math.abs(meanOf(window.slice(0, n0)) - meanOf(window.slice(n0)))
    return n0 >= SIDE && n1 >= SIDE && apart > bound(n0, n1, width, variance, delta)
  }
  for (let i = 0; i < rows; i++) {
    if (!Number.isFinite(values[i]!)) continue
    window.push(values[i]!)
    sizes.push(1)
    for (let size = 1; sizes.filter((one) => one === size).length > BUCKETS; size *= 2)
      sizes.splice(sizes.indexOf(size), 2, 2 * size)
    mean = meanOf(window)
    alarm[i] = 0
    for (taken++; taken % clock === 0 && (alarm[i] === 1 || window.length > GRACE) && cuts().some(isCut); alarm[i] = 1) {
      window = window.slice(sizes[0]!)
      sizes = sizes.slice(1)
      mean = meanOf(window)
    }
    value[i] = mean
  }
  return { value, alarm }
}
