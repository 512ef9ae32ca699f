import type { VenueBook } from '@tapeloom/data/book'

/** Best prices and sizes in ticks and lots, as of an update id. */
type Top = readonly [id: number, bidTicks: number, bidLots: number, askTicks: number, askLots: number]

/**
 * Compares a rebuilt book with the venue's own stream of best quotes: after each update, the best on both sides (price and
 * size) equals the last quote with an id not above the update's. Quotes may come before or after the update.
 */
export class TopOracle {
  ok = 0
  total = 0
  readonly #quotes: Top[] = []
  readonly #books: Top[] = []

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
    while (this.#books[0] && this.#books[0][0] < newest) {
      const [book] = this.#books.splice(0, 1)
      let last = -1
      while (last + 1 < this.#quotes.length && this.#quotes[last + 1]![0] <= book![0]) last++
      const prevailing = this.#quotes[last]
      if (!prevailing) continue
      this.total++
      if (prevailing.every((value, i) => i === 0 || value === book![i])) this.ok++
      this.#quotes.splice(0, last)
    }
  }
}
