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

  /** Reads from the best outwards until a level is beyond `price`, the side ends, or nothing more is known. */
  readBeyond(book: BookReader, side: 'bid' | 'ask', price: number): this {
    const isBeyond = () => (side === 'bid' ? this.prices[this.count - 1]! < price : this.prices[this.count - 1]! > price)
    return this.#readUntil(book, side, isBeyond)
  }

  /** Reads from the best outwards until the levels hold `quantity`, the side ends, or nothing more is known. */
  readQuantity(book: BookReader, side: 'bid' | 'ask', quantity: number): this {
    const holds = () => this.quantities.subarray(0, this.count).reduce((sum, each) => sum + each, 0) >= quantity
    return this.#readUntil(book, side, holds)
  }

  #readUntil(book: BookReader, side: 'bid' | 'ask', isEnough: () => boolean): this {
    let levels = 64
    for (this.#read(book, side, levels); this.count === levels && levels < MOST && !isEnough(); ) {
      levels *= 2
      this.#read(book, side, levels)
    }
    return this
  }

  #read(book: BookReader, side: 'bid' | 'ask', levels: number): void {
    // A book fills with NaN what it does not know, and leaves alone what is not there.
    this.quantities.fill(0, 0, levels)
    this.count = book.depth(side, levels, this.prices, this.quantities)
    this.ended = this.count < levels && !Number.isNaN(this.quantities[this.count]!)
  }
}
