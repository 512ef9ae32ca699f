import { checkLength, checkRange } from './check-length.ts'
import { Kernel } from './kernel.ts'
import { overWindows } from './over-windows.ts'

/** Number `share` · (n − 1) of sorted values, counted from 0, neighbours mixed linearly (type 7 of Hyndman and Fan). */
function interpolate(sorted: ArrayLike<number>, from: number, length: number, share: number): number {
  const place = share * (length - 1)
  const low = Math.floor(place)
  const value = sorted[from + low]!
  return place === low ? value : value + (place - low) * (sorted[from + low + 1]! - value)
}

/**
 * Exact quantile of the last `length` values, in their unit; share 0.5 is the median. NaN until `length` values are in
 * and while one of them is NaN. O(log length) comparisons and one move of at most `length` numbers a value.
 * @source Hyndman, Fan (1996), type 7
 */
export class MovingQuantile extends Kernel {
  readonly length: number
  readonly share: number

  /** @throws RangeError when length is not a whole number from 1 on, or share is not in 0 … 1 */
  constructor(length: number, share = 0.5, state?: Float64Array) {
    super('MovingQuantile', 1, 3 + 2 * checkLength('MovingQuantile', length), state)
    this.length = length
    this.share = checkRange('MovingQuantile', 'share', share, 0, 1)
  }

  /** Takes the next value and returns the quantile. */
  // `!`: the state is `[quantile, values taken, sorted values, ring × length, sorted × length]`.
  add(value: number): number {
    const { length, state } = this
    const slot = 3 + (state[1]! % length)
    if (state[1]! >= length) this.#remove(state[slot]!)
    state[slot] = value
    state[1] = state[1]! + 1
    if (value === value) this.#insert(value)
    return (state[0] = this.at(this.share))
  }

  /** Another quantile of the same window. @throws RangeError when share is not in 0 … 1 */
  at(share: number): number {
    checkRange('MovingQuantile', 'share', share, 0, 1)
    const { length, state } = this
    return state[2] === length ? interpolate(state, 3 + length, length, share) : NaN
  }

  /**
   * Share of the known values of the window that are not above `value`, in [0, 1]; NaN for a NaN and before `length`
   * values are in. O(log length).
   */
  rank(value: number): number {
    const { length, state } = this
    if (state[1]! < length || value !== value) return NaN
    let [low, high] = [3 + length, 3 + length + state[2]!]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (state[middle]! <= value) low = middle + 1
      else high = middle
    }
    return (low - 3 - length) / state[2]!
  }

  /** First place among the sorted whose value is not below `value`. */
  #find(value: number): number {
    const { state } = this
    let low = 3 + this.length
    let high = low + state[2]!
    while (low < high) {
      const middle = (low + high) >>> 1
      if (state[middle]! < value) low = middle + 1
      else high = middle
    }
    return low
  }

  #remove(value: number): void {
    if (value !== value) return
    const { state } = this
    const at = this.#find(value)
    state.copyWithin(at, at + 1, 3 + this.length + state[2]!)
    state[2] = state[2]! - 1
  }

  #insert(value: number): void {
    const { state } = this
    const at = this.#find(value)
    state.copyWithin(at + 1, at, 3 + this.length + state[2]!)
    state[at] = value
    state[2] = state[2]! + 1
  }
}

/** The quantile of each window, sorted anew: the oracle of `MovingQuantile`. */
export function movingQuantileOf(values: ArrayLike<number>, length: number, share = 0.5): Float64Array {
  return overWindows('movingQuantileOf', values.length, length, (first, last) => {
    const window = Float64Array.from({ length }, (_, i) => values[first + i]!).sort()
    return Number.isNaN(values[last]! + window.at(-1)!) ? NaN : interpolate(window, 0, length, share) // NaN sorts last
  })
}
