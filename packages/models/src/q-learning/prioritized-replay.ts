import type { Plain, Random } from '@tapeloom/core'

/** Added to each error, so that nothing is never seen again. */
const FLOOR = 1e-3

/** What was drawn: places in the memory, what lies there, and weights that undo the uneven drawing (at most 1). */
export interface Draw<T> {
  readonly places: readonly number[]
  readonly items: readonly T[]
  readonly weights: Float32Array
}

/**
 * A ring of transitions, drawn in proportion to priority^alpha, priority = |error| + 0.001; new ones have the greatest
 * priority so far. O(log n) by a tree of sums.
 * @source Schaul, Quan, Antonoglou, Silver (2016), Prioritized Experience Replay, section 3.3
 */
export class PrioritizedReplay<T> {
  readonly capacity: number
  readonly #alpha: number
  readonly #items: T[] = []
  /** A heap of sums: leaf i at `capacity + i`, the root at 1. */
  readonly #sums: Float64Array
  #next = 0
  #top = 1

  /** @param capacity a power of two */
  constructor(capacity: number, alpha = 0.6) {
    if (capacity < 2 || !Number.isInteger(Math.log2(capacity))) throw new RangeError(`[replay] capacity is ${capacity}. Use a power of two.`)
    this.capacity = capacity
    this.#alpha = alpha
    this.#sums = new Float64Array(2 * capacity)
  }

  get size(): number { return this.#items.length }

  add(item: T): void {
    this.#items[this.#next] = item
    this.#set(this.#next, this.#top)
    this.#next = (this.#next + 1) % this.capacity
  }

  /** The share with which a place is drawn. */
  share(place: number): number { return this.#sums[this.capacity + place]! / this.#sums[1]! }

  /** Draws one from each of `count` equal parts of the sum. Weights are (size · share)^−beta over the greatest of them. */
  sample(count: number, beta: number, random: Pick<Random, 'next'>): Draw<T> {
    const part = this.#sums[1]! / count
    const places = Array.from({ length: count }, (_, i) => this.#find((i + random.next()) * part))
    const logs = places.map((place) => -beta * Math.log(this.size * this.share(place)))
    const top = Math.max(...logs)
    return { places, items: places.map((place) => this.#items[place]!), weights: Float32Array.from(logs, (log) => Math.exp(log - top)) }
  }

  /** Gives a drawn transition the priority of its new error; one that is not finite would spoil all sums, and says nothing. */
  update(place: number, error: number): void {
    if (!Number.isFinite(error)) return
    const priority = Math.exp(this.#alpha * Math.log(Math.abs(error) + FLOOR))
    this.#top = Math.max(this.#top, priority)
    this.#set(place, priority)
  }

  #set(place: number, priority: number): void {
    let at = this.capacity + place
    this.#sums[at] = priority
    for (at >>= 1; at >= 1; at >>= 1) this.#sums[at] = this.#sums[2 * at]! + this.#sums[2 * at + 1]!
  }

  #find(mass: number): number {
    let [at, left] = [1, mass]
    while (at < this.capacity) {
      at *= 2
      const under = this.#sums[at]!
      // rounding must not lead to where nothing lies
      if (left < under || this.#sums[at + 1] === 0) continue
      left -= under
      at++
    }
    return at - this.capacity
  }

  snapshot(): Plain {
    return { items: this.#items.slice() as Plain[], sums: this.#sums.slice(), next: this.#next, top: this.#top }
  }
  restore(state: Plain): void {
    const { items, sums, next, top } = state as unknown as { items: T[]; sums: Float64Array; next: number; top: number }
    this.#items.splice(0, Infinity, ...items)
    this.#sums.set(sums)
    this.#next = next
    this.#top = top
  }
}
