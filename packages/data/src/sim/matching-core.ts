import { TapeloomError } from '@tapeloom/core'
import { TailBook } from '../book/tail-book.ts'

/** One match: at the price of the order that rested, for the smaller of both. */
export interface Fill {
  /** Number of the order that rested. */
  readonly maker: number
  /** Number of the order that came. */
  readonly taker: number
  readonly ticks: number
  readonly lots: number
  readonly aggressor: 'buy' | 'sell'
}

/** What happened since the last `take`: fills in their order, and each changed price with the lots that rest there now. */
export interface CoreChanges {
  readonly fills: readonly Fill[]
  readonly bids: readonly (readonly [number, number])[]
  readonly asks: readonly (readonly [number, number])[]
}

interface Order {
  readonly id: number
  readonly side: 'bid' | 'ask'
  readonly ticks: number
  lots: number
}

/** Orders of one side by price, each price in order of arrival. */
type Queues = Map<number, Order[]>

/**
 * A continuous double auction with price-time priority: an order matches the best opposite price, the oldest order first,
 * at the price that rests; what is left of a limit order rests. Prices are ticks, quantities lots.
 */
export class MatchingCore {
  /** Lots that rest at each price: never crossed. */
  readonly book = new TailBook()
  readonly #queues: Readonly<Record<'bid' | 'ask', Queues>> = { bid: new Map(), ask: new Map() }
  readonly #orders = new Map<number, Order>()
  readonly #changed = { bid: new Set<number>(), ask: new Set<number>() }
  #fills: Fill[] = []
  #last = 0

  /** Matches what it can up to `ticks`, the rest rests; returns the order's number. @throws TapeloomError `sim.order` */
  limit(side: 'bid' | 'ask', ticks: number, lots: number): number {
    checkOrder(ticks, lots)
    const id = ++this.#last
    const left = this.#match(id, side, ticks, lots)
    if (left > 0) this.#rest({ id, side, ticks, lots: left })
    return id
  }

  /** Matches at any price; returns the lots that found nobody, which are gone. @throws TapeloomError `sim.order` */
  market(side: 'bid' | 'ask', lots: number): number {
    checkOrder(1, lots)
    return this.#match(++this.#last, side, side === 'bid' ? Infinity : -Infinity, lots)
  }

  /** Takes an order back; returns the lots that were left of it, 0 when none. */
  cancel(id: number): number {
    const order = this.#orders.get(id)
    if (!order) return 0
    const { side, ticks, lots } = order
    const queue = this.#queues[side].get(ticks)! // it rests
    queue.splice(queue.indexOf(order), 1)
    this.#less(order, lots)
    return lots
  }

  /** Numbers of the orders that rest at a price, the oldest first. */
  ordersAt(side: 'bid' | 'ask', ticks: number): readonly number[] {
    return (this.#queues[side].get(ticks) ?? []).map(({ id }) => id)
  }

  take(): CoreChanges {
    const fills = this.#fills
    this.#fills = []
    const [bids, asks] = [this.#changes('bid', -1), this.#changes('ask', 1)]
    return { fills, bids, asks }
  }

  #match(taker: number, side: 'bid' | 'ask', limit: number, lots: number): number {
    const [other, sign] = side === 'bid' ? (['ask', 1] as const) : (['bid', -1] as const)
    const resting = side === 'bid' ? this.book.asks : this.book.bids
    const aggressor = side === 'bid' ? 'buy' : 'sell'
    let left = lots
    while (left > 0 && sign * resting.bestTicks <= sign * limit) {
      const queue = this.#queues[other].get(resting.bestTicks)! // lots rest there
      const maker = queue[0]! // a queue is never empty
      const filled = Math.min(left, maker.lots)
      left -= filled
      this.#fills.push({ maker: maker.id, taker, ticks: maker.ticks, lots: filled, aggressor })
      if (filled === maker.lots) queue.shift()
      this.#less(maker, filled)
    }
    return left
  }

  #rest(order: Order): void {
    const { id, side, ticks, lots } = order
    const queue = this.#queues[side].get(ticks)
    if (queue) queue.push(order)
    else this.#queues[side].set(ticks, [order])
    this.#orders.set(id, order)
    this.#add(side, ticks, lots)
  }

  /** Some lots of a resting order are gone; it has left its queue where those were its last. */
  #less(order: Order, lots: number): void {
    const { id, side, ticks } = order
    order.lots -= lots
    if (order.lots === 0) this.#orders.delete(id)
    if (this.#queues[side].get(ticks)?.length === 0) this.#queues[side].delete(ticks)
    this.#add(side, ticks, -lots)
  }

  #add(side: 'bid' | 'ask', ticks: number, lots: number): void {
    const levels = side === 'bid' ? this.book.bids : this.book.asks
    levels.set(ticks, levels.get(ticks) + lots)
    this.#changed[side].add(ticks)
  }

  #changes(side: 'bid' | 'ask', sign: 1 | -1): readonly (readonly [number, number])[] {
    const levels = side === 'bid' ? this.book.bids : this.book.asks
    const changed = [...this.#changed[side]].sort((a, b) => sign * (a - b))
    this.#changed[side].clear()
    return changed.map((ticks) => [ticks, levels.get(ticks)] as const)
  }
}

function checkOrder(ticks: number, lots: number): void {
  if (Number.isSafeInteger(ticks) && ticks > 0 && Number.isSafeInteger(lots) && lots > 0) return
  throw new TapeloomError('sim.order', `[matching core] an order of ${lots} lots at ${ticks} ticks cannot be. Give whole numbers from 1 on.`)
}
