import type { BookMessage, Price } from '@tapeloom/core'
import type { VenueBookInput } from './simulated-venue.ts'

/** What a book message carries to be checked by. */
type Checks = Pick<VenueBookInput, 'ids' | 'checksum'>

/** Remembers a book's levels, to make the snapshot that a reconnected client asks for. */
export class BookMemory {
  readonly #bids = new Map<number, Price>()
  readonly #asks = new Map<number, Price>()

  #checks: Checks = {}

  apply({ update, bids, asks, ids, checksum }: BookMessage & Checks): void {
    this.#checks = { ...(ids && { ids }), ...(checksum !== undefined && { checksum }) }
    this.#side(this.#bids, bids, update)
    this.#side(this.#asks, asks, update)
  }

  /** Undefined while there is no level. */
  snapshot(): (BookMessage & Checks) | undefined {
    if (this.#bids.size + this.#asks.size === 0) return undefined
    const sorted = (side: ReadonlyMap<number, Price>, sign: number): readonly (readonly [Price, Price])[] =>
      [...side].sort(([a], [b]) => sign * (a - b))
    return { kind: 'book', update: 'snapshot', bids: sorted(this.#bids, -1), asks: sorted(this.#asks, 1), ...this.#checks }
  }

  #side(side: Map<number, Price>, levels: BookMessage['bids'], update: BookMessage['update']): void {
    if (update === 'snapshot') side.clear()
    for (const [price, quantity] of levels) {
      if (Number(quantity) === 0) side.delete(Number(price))
      else side.set(Number(price), quantity)
    }
  }
}
