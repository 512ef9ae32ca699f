import type { BookMessage, Price } from '@tapeloom/core'

/** Remembers a book's levels, to make the snapshot that a reconnected client asks for. */
export class BookMemory {
  readonly #bids = new Map<number, Price>()
  readonly #asks = new Map<number, Price>()

  apply({ update, bids, asks }: BookMessage): void {
    this.#side(this.#bids, bids, update)
    this.#side(this.#asks, asks, update)
  }

  /** Undefined while there is no level. */
  snapshot(): BookMessage | undefined {
    if (this.#bids.size + this.#asks.size === 0) return undefined
    const sorted = (side: ReadonlyMap<number, Price>, sign: number): readonly (readonly [Price, Price])[] =>
      [...side].sort(([a], [b]) => sign * (a - b))
    return { kind: 'book', update: 'snapshot', bids: sorted(this.#bids, -1), asks: sorted(this.#asks, 1) }
  }

  #side(side: Map<number, Price>, levels: BookMessage['bids'], update: BookMessage['update']): void {
    if (update === 'snapshot') side.clear()
    for (const [price, quantity] of levels) {
      if (Number(quantity) === 0) side.delete(Number(price))
      else side.set(Number(price), quantity)
    }
  }
}
