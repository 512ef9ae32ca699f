import { emptyBook, type BookReader, type BookStatus } from '@tapeloom/core'
import type { VenueBook } from '../book/venue-book.ts'

/** The book of a symbol's price venue, empty until its first message: readers can be handed out before. */
export class SymbolBook implements BookReader {
  book: VenueBook | undefined

  get #reader(): BookReader {
    return this.book ?? emptyBook
  }
  get status(): BookStatus {
    return this.#reader.status
  }
  get bestBid(): number {
    return this.#reader.bestBid
  }
  get bestAsk(): number {
    return this.#reader.bestAsk
  }
  get bestBidQuantity(): number {
    return this.#reader.bestBidQuantity
  }
  get bestAskQuantity(): number {
    return this.#reader.bestAskQuantity
  }
  get midPrice(): number {
    return this.#reader.midPrice
  }
  depth(side: 'bid' | 'ask', levels: number, prices: Float64Array, quantities: Float64Array): number {
    return this.#reader.depth(side, levels, prices, quantities)
  }
}
