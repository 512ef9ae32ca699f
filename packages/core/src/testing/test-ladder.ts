import type { Price } from '../vocabulary/instrument.ts'
import type { BookReader, BookStatus } from '../vocabulary/views.ts'

/** One changed level: its quantity now and before, 0 where it is absent. */
export interface LevelChange {
  readonly side: 'bid' | 'ask'
  readonly price: number
  readonly quantity: number
  readonly previous: number
}
interface Level {
  readonly price: number
  readonly quantity: number
}

/** A small order book for tests: two sorted lists. Right before fast. */
export class TestLadder implements BookReader {
  status: BookStatus = 'empty'
  #bids: Level[] = []
  #asks: Level[] = []

  /** Sets a level (0 deletes it) and returns its previous quantity. */
  set(side: 'bid' | 'ask', price: number, quantity: number): number {
    const levels = side === 'bid' ? this.#bids : this.#asks
    const beyond = levels.findIndex((level) => (side === 'bid' ? level.price <= price : level.price >= price))
    const at = beyond < 0 ? levels.length : beyond
    const previous = levels[at]?.price === price ? levels[at].quantity : 0
    levels.splice(at, previous > 0 ? 1 : 0, ...(quantity > 0 ? [{ price, quantity }] : []))
    return previous
  }

  /** Applies an update; a snapshot also deletes all levels that it does not list. Returns the changed levels. */
  apply(
    update: 'snapshot' | 'delta',
    bids: readonly (readonly [Price, Price])[],
    asks: readonly (readonly [Price, Price])[],
  ): LevelChange[] {
    const listed = [
      ...bids.map((level) => ['bid', ...level] as const),
      ...asks.map((level) => ['ask', ...level] as const),
    ]
    const given = new Set(listed.map(([side, price]) => `${side}${Number(price)}`))
    const own = [
      ...this.#bids.map(({ price }) => ['bid', price, 0] as const),
      ...this.#asks.map(({ price }) => ['ask', price, 0] as const),
    ]
    const gone = update === 'snapshot' ? own.filter(([side, price]) => !given.has(`${side}${price}`)) : []
    return [...gone, ...listed].map(([side, price, quantity]) => {
      const [at, now] = [Number(price), Number(quantity)]
      return { side, price: at, quantity: now, previous: this.set(side, at, now) }
    })
  }

  get bestBid(): number {
    return this.#bids[0]?.price ?? NaN
  }
  get bestAsk(): number {
    return this.#asks[0]?.price ?? NaN
  }
  get bestBidQuantity(): number {
    return this.#bids[0]?.quantity ?? NaN
  }
  get bestAskQuantity(): number {
    return this.#asks[0]?.quantity ?? NaN
  }
  get midPrice(): number {
    return (this.bestBid + this.bestAsk) / 2
  }

  depth(side: 'bid' | 'ask', levels: number, prices: Float64Array, quantities: Float64Array): number {
    const from = side === 'bid' ? this.#bids : this.#asks
    const count = Math.min(levels, from.length, prices.length, quantities.length)
    for (let i = 0; i < count; i++) {
      prices[i] = from[i]?.price ?? NaN
      quantities[i] = from[i]?.quantity ?? NaN
    }
    return count
  }

  /** `[price, quantity, price, quantity …]` a side. */
  snapshot(): { readonly status: BookStatus; readonly bids: Float64Array; readonly asks: Float64Array } {
    const flat = (levels: readonly Level[]) =>
      Float64Array.from(levels.flatMap(({ price, quantity }) => [price, quantity]))
    return { status: this.status, bids: flat(this.#bids), asks: flat(this.#asks) }
  }
  restore({ status, bids, asks }: ReturnType<TestLadder['snapshot']>): void {
    const levels = (flat: Float64Array) =>
      Array.from({ length: flat.length / 2 }, (_, i) => ({
        price: flat[2 * i] ?? NaN,
        quantity: flat[2 * i + 1] ?? NaN,
      }))
    this.status = status
    this.#bids = levels(bids)
    this.#asks = levels(asks)
  }
}
