import type { SeededRandom } from '@tapeloom/core'
import type { MatchingCore } from './matching-core.ts'

/** Prices a side at which makers quote, and lots they show at each, in multiples of the usual. */
const LEVELS = 12
/** Chance, each time, that somebody takes; that a maker takes an order back though its price is right. */
const TAKES = 0.35
const TAKES_BACK = 0.08
/** Prices next to the best at which nobody withdraws where nobody does. */
const KEPT = 3

/** How orders come to one venue. */
export interface FlowSpec {
  /** Ticks between two prices at which makers quote. */
  readonly spacing: number
  /** Ticks from the fair price to the nearest quote. */
  readonly halfSpread: number
  /** Lots of a usual order. */
  readonly usualLots: number
  /** Nobody takes and nobody withdraws what is best: it stays; farther quotes come and go, so that the venue is heard. */
  readonly stale: boolean
}

/**
 * Orders of makers and takers around a fair price. Makers withdraw what the price has passed, and quote 12 prices a side
 * on a coarse grid; takers come with either side alike, their sizes lognormal. All randomness is of `random`.
 */
export class OrderFlow {
  readonly #core: MatchingCore
  readonly #random: SeededRandom
  readonly #spec: FlowSpec

  constructor(core: MatchingCore, random: SeededRandom, spec: FlowSpec) {
    this.#core = core
    this.#random = random
    this.#spec = spec
  }

  /** One turn of everybody at a fair price, in ticks. */
  turn(fair: number): void {
    const { spacing, halfSpread, stale } = this.#spec
    const bid = spacing * Math.max(LEVELS + 1, Math.floor((fair - halfSpread) / spacing))
    const ask = spacing * Math.max(LEVELS + 2, Math.ceil((fair + halfSpread) / spacing))
    if (!stale) this.#withdraw(bid, ask)
    if (!stale && this.#random.next() < TAKES) this.#core.market(this.#random.next() < 0.5 ? 'bid' : 'ask', this.#size())
    const { bids, asks } = this.#core.book
    // NaN, no opposite side, bounds nothing
    this.#quote('bid', Math.min(bid, (asks.levels > 0 ? asks.bestTicks : Infinity) - spacing), -spacing)
    this.#quote('ask', Math.max(ask, (bids.levels > 0 ? bids.bestTicks : -Infinity) + spacing), spacing)
  }

  /** Makers take back what is better than they would quote now, and what is farther than they do. */
  #withdraw(bid: number, ask: number): void {
    const { book } = this.#core
    while (book.bids.bestTicks > bid) this.#cancelAll('bid', book.bids.bestTicks)
    while (book.asks.bestTicks < ask) this.#cancelAll('ask', book.asks.bestTicks)
    while (book.bids.levels > LEVELS + 4) this.#cancelAll('bid', book.bids.worstTicks)
    while (book.asks.levels > LEVELS + 4) this.#cancelAll('ask', book.asks.worstTicks)
  }

  #cancelAll(side: 'bid' | 'ask', ticks: number): void {
    for (const id of this.#core.ordersAt(side, ticks)) this.#core.cancel(id)
  }

  #quote(side: 'bid' | 'ask', best: number, step: number): void {
    const levels = side === 'bid' ? this.#core.book.bids : this.#core.book.asks
    for (let i = 0; i < LEVELS; i++) {
      const ticks = best + i * step
      if (!(ticks > 0)) return
      const shown = levels.get(ticks)
      if (shown === 0 || (shown < this.#spec.usualLots && this.#random.next() < 0.3)) this.#core.limit(side, ticks, this.#size())
      else if ((i >= KEPT || !this.#spec.stale) && this.#random.next() < TAKES_BACK) this.#cancelOne(side, ticks)
    }
  }

  #cancelOne(side: 'bid' | 'ask', ticks: number): void {
    const ids = this.#core.ordersAt(side, ticks)
    this.#core.cancel(ids[this.#random.integer(ids.length)]!) // lots rest there
  }

  #size(): number {
    return Math.max(1, Math.round(this.#spec.usualLots * Math.exp(0.7 * this.#random.normal())))
  }
}
