import type { LevelReader, LevelWriter } from './level-book.ts'

/** Fewer elements than this are moved by a loop: starting `copyWithin` costs as much. */
const LOOP = 48

/**
 * One side of a `TailBook`: prices and lots in two sorted arrays with the best at the end, where most changes happen, so
 * that few elements move. Prices may be any numbers, on a grid or not.
 */
export class TailSide implements LevelReader, LevelWriter {
  // Keys are ticks for bids and negated ticks for asks, ascending: the best is the last on both sides.
  readonly #sign: 1 | -1
  #keys = new Float64Array(64)
  #lots = new Float64Array(64)
  #count = 0

  constructor(side: 'bid' | 'ask') {
    this.#sign = side === 'bid' ? 1 : -1
  }

  get levels(): number {
    return this.#count
  }
  get bestTicks(): number {
    return this.#count === 0 ? NaN : this.#sign * this.#keys[this.#count - 1]! + 0
  }
  get bestLots(): number {
    return this.#count === 0 ? NaN : this.#lots[this.#count - 1]!
  }
  get worstTicks(): number {
    return this.#count === 0 ? NaN : this.#sign * this.#keys[0]! + 0
  }

  get(ticks: number): number {
    const key = this.#sign * ticks
    const at = this.#find(key)
    return at < this.#count && this.#keys[at] === key ? this.#lots[at]! : 0
  }

  /** O(log levels) to find, and as many elements moved as there are levels better than the price. */
  set(ticks: number, lots: number): number {
    const key = this.#sign * ticks
    const at = this.#find(key)
    const found = at < this.#count && this.#keys[at] === key
    const previous = found ? this.#lots[at]! : 0
    if (lots !== 0) {
      if (!found) this.#insert(at, key)
      this.#lots[at] = lots
    } else if (found) this.#remove(at)
    return previous
  }

  clear(): void {
    this.#count = 0
  }

  top(levels: number, ticks: Float64Array, lots: Float64Array): number {
    const count = Math.min(levels, this.#count)
    for (let i = 0, at = this.#count - 1; i < count; i++, at--) {
      ticks[i] = this.#sign * this.#keys[at]! + 0
      lots[i] = this.#lots[at]!
    }
    return count
  }

  /** Where a key stands, or would stand. */
  #find(key: number): number {
    const keys = this.#keys
    let [from, to] = [0, this.#count]
    // Eight steps from the best find most keys; the others are halved for.
    for (const near = Math.max(0, to - 8); to > near; to--) if (keys[to - 1]! < key) return to
    while (from < to) {
      const middle = (from + to) >> 1
      if (keys[middle]! < key) from = middle + 1 // from <= middle < count
      else to = middle
    }
    return from
  }

  #insert(at: number, key: number): void {
    if (this.#count === this.#keys.length) {
      this.#keys = doubled(this.#keys)
      this.#lots = doubled(this.#lots)
    }
    const [keys, lots, count] = [this.#keys, this.#lots, this.#count++]
    if (count - at < LOOP) {
      for (let i = count; i > at; i--) {
        keys[i] = keys[i - 1]!
        lots[i] = lots[i - 1]!
      }
    } else {
      keys.copyWithin(at + 1, at, count)
      lots.copyWithin(at + 1, at, count)
    }
    keys[at] = key
  }

  #remove(at: number): void {
    const [keys, lots, count] = [this.#keys, this.#lots, --this.#count]
    if (count - at < LOOP) {
      for (let i = at; i < count; i++) {
        keys[i] = keys[i + 1]!
        lots[i] = lots[i + 1]!
      }
    } else {
      keys.copyWithin(at, at + 1, count + 1)
      lots.copyWithin(at, at + 1, count + 1)
    }
  }
}

function doubled(array: Float64Array): Float64Array<ArrayBuffer> {
  const copy = new Float64Array(2 * array.length)
  copy.set(array)
  return copy
}
