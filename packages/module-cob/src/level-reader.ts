import type { BookReader } from '@tapeloom/core'

/** More levels than this are not read: what lies beyond counts as unknown. */
const MOST = 8192

/** Reads one side of a book into arrays that it owns: they hold until the next read. */
export class LevelReader {
  readonly prices = new Float64Array(MOST)
  readonly quantities = new Float64Array(MOST)
  count = 0
  /** Whether the side is known to end with the last level that was read; else what is beyond it is unknown. */
  ended = false
  #start = 64

  /**
   * Reads from the best outwards until a level is beyond `price` and the levels hold `quantity`, the side ends, or nothing
   * more is known.
   */
  read(book: BookReader, side: 'bid' | 'ask', price: number, quantity = 0): this {
    this.#read(book, side, this.#start)
    let levels = this.#start
    while (this.count === levels && levels < MOST && !this.#isEnough(levels, side, price, quantity)) {
      levels *= 2
      this.#read(book, side, levels)
    }
    // The next read most likely needs as many; to have read more than is needed changes nothing.
    while (levels > 64 && (levels / 2 > this.count || this.#isEnough(levels / 2, side, price, quantity))) levels /= 2
    this.#start = levels
    return this
  }

  #isEnough(levels: number, side: 'bid' | 'ask', price: number, quantity: number): boolean {
    const last = this.prices[levels - 1]!
    let sum = 0
    for (let i = 0; i < levels && sum < quantity; i++) sum += this.quantities[i]!
    return sum >= quantity && (side === 'bid' ? last < price : last > price)
  }

  #read(book: BookReader, side: 'bid' | 'ask', levels: number): void {
    // A book fills with NaN what it does not know, and leaves alone what is not there.
    this.quantities.fill(0, 0, levels)
    this.count = book.depth(side, levels, this.prices, this.quantities)
    this.ended = this.count < levels && !Number.isNaN(this.quantities[this.count]!)
  }
}
