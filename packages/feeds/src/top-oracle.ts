import type { VenueBook } from '@tapeloom/data/book'

/** Best prices and sizes in ticks and lots, as of an update id. */
type Top = readonly [id: number, bidTicks: number, bidLots: number, askTicks: number, askLots: number]

/** Entries that are done with are let go when there are more than so many, and more than those that are not. */
const KEPT = 256

/**
 * Compares a rebuilt book with the venue's own stream of best quotes: after each update, the best on both sides (price and
 * size) equals the last quote with an id not above the update's. Quotes may come before or after the update.
 */
export class TopOracle {
  ok = 0
  total = 0
  #quotes: Top[] = []
  #books: Top[] = []
  /** The quote that prevails, -1 before the first; the book that is compared next. What is before them goes by and by. */
  #prevailing = -1
  #next = 0

  /** The venue says what is best at this id. */
  quote(...top: Top): void {
    this.#quotes.push(top)
    this.#settle(top[0])
  }

  /** The rebuilt book after the update that ends at `id`. */
  book(id: number, { ladder: { bids, asks } }: VenueBook): void {
    this.#books.push([id, bids.bestTicks, bids.bestLots, asks.bestTicks, asks.bestLots])
    this.#settle(this.#quotes.at(-1)?.[0] ?? -Infinity)
  }

  /** No more quotes come: compares what is left with the last of them. */
  end(): void {
    this.#settle(Infinity)
  }

  /** Compares the books that quotes have gone beyond; one that no quote preceded is not counted. */
  #settle(newest: number): void {
    for (; this.#next < this.#books.length && this.#books[this.#next]![0] < newest; this.#next++) {
      const book = this.#books[this.#next]!
      while (this.#prevailing + 1 < this.#quotes.length && this.#quotes[this.#prevailing + 1]![0] <= book[0]) this.#prevailing++
      const quote = this.#quotes[this.#prevailing]
      if (!quote || quote[0] > book[0]) continue
      this.total++
      if (quote.every((value, i) => i === 0 || value === book[i])) this.ok++
    }
    if (this.#next > KEPT && 2 * this.#next > this.#books.length) {
      this.#books = this.#books.slice(this.#next)
      this.#next = 0
    }
    if (this.#prevailing > KEPT && 2 * this.#prevailing > this.#quotes.length) {
      this.#quotes = this.#quotes.slice(this.#prevailing)
      this.#prevailing = 0
    }
  }
}
