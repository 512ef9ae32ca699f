import { fromGrid, gridOf, type BookReader, type BookStatus, type Grid, type Instrument } from '@tapeloom/core'
import { BestQuotes } from './best-quotes.ts'
import { commonGrid } from './common-grid.ts'
import { ConsolidatedSide } from './consolidated-side.ts'
import { requireFungible } from './fungible.ts'
import type { VenueBook } from './venue-book.ts'
import { VenueTimes, type VenueLatency } from './venue-latency.ts'

/** Contracts that are worth a fixed sum of the quote become base of this grid, the nearest step. */
const INVERSE_LOT: Grid = { k: 1, scale: 1e8 }

/** Best prices and quantities over all venues; NaN where a side is empty. */
export interface ConsolidatedBbo {
  readonly bid: number
  readonly bidQuantity: number
  readonly ask: number
  readonly askQuantity: number
}

/**
 * The books of several venues that trade one good, as one book on their common grid; quantities are base, of each venue
 * and summed. Only venues that are live count, `coverage` of all. No level is deleted to uncross it: `crossed` says so.
 */
export class ConsolidatedBook implements BookReader {
  readonly instruments: readonly Instrument[]
  /** The common grids of prices and of base quantities. */
  readonly tick: Grid
  readonly lot: Grid
  readonly bids: ConsolidatedSide
  readonly asks: ConsolidatedSide
  readonly #inverse: boolean
  /** Of each venue: the common ticks of its tick, the common lots of its lot. */
  readonly #steps: Float64Array
  /** 1: its book was taken over whole; a venue whose levels were put one by one is live by that. */
  readonly #live: Uint8Array
  readonly #times: VenueTimes
  #updates = 0
  // Bids of a venue are known at and above its edge, asks at and below; in common ticks.
  readonly #bidEdges: Float64Array
  readonly #askEdges: Float64Array
  readonly #quotes: BestQuotes

  /**
   * @param instruments one a venue; the place in the list is the venue's number
   * @param width ticks of the common grid in the fast window, a power of two
   * @throws TapeloomError `book.fungible` unless base, quote, kind and expiry are equal; `book.venues`, `book.grid`, `book.width`
   */
  constructor(instruments: readonly Instrument[], { width = 32_768 }: { readonly width?: number } = {}) {
    requireFungible(instruments)
    this.instruments = instruments
    const where = `consolidated book ${instruments[0]?.symbol}`
    const ticks = commonGrid(instruments.map(({ tick }) => tick), where)
    const lots = commonGrid(instruments.map(baseLot), where)
    const venues = instruments.length
    this.tick = ticks.grid
    this.lot = lots.grid
    this.#steps = Float64Array.from(ticks.steps.flatMap((step, venue) => [step, lots.steps[venue]!]))
    this.#inverse = instruments[0]!.kind === 'inverse'
    this.bids = new ConsolidatedSide('bid', venues, width)
    this.asks = new ConsolidatedSide('ask', venues, width)
    this.#live = new Uint8Array(venues)
    this.#times = new VenueTimes(venues)
    this.#bidEdges = new Float64Array(venues).fill(-Infinity)
    this.#askEdges = new Float64Array(venues).fill(Infinity)
    this.#quotes = new BestQuotes(this.bids, this.asks)
  }

  /** Live where any venue is. */
  get status(): BookStatus {
    return this.coverage > 0 ? 'live' : 'empty'
  }
  /** Share of the venues that are live. */
  get coverage(): number {
    return this.#live.reduce((sum, _, venue) => sum + (this.isLive(venue) ? 1 : 0), 0) / this.#live.length
  }
  get bestBid(): number {
    return fromGrid(this.tick, this.bids.sum.bestTicks)
  }
  get bestAsk(): number {
    return fromGrid(this.tick, this.asks.sum.bestTicks)
  }
  get bestBidQuantity(): number {
    return fromGrid(this.lot, this.bids.sum.bestLots)
  }
  get bestAskQuantity(): number {
    return fromGrid(this.lot, this.asks.sum.bestLots)
  }
  get midPrice(): number {
    return ((this.bids.sum.bestTicks + this.asks.sum.bestTicks) * this.tick.k) / (2 * this.tick.scale)
  }
  /** Whether the best bid is above the best ask. */
  get crossed(): boolean {
    return this.bids.sum.bestTicks > this.asks.sum.bestTicks
  }
  /** Whether they are equal. */
  get locked(): boolean {
    return this.bids.sum.bestTicks === this.asks.sum.bestTicks
  }
  /** How far the best bid is above the best ask, in bps of the middle; 0 when it is not, NaN where a side is empty. */
  get crossBps(): number {
    return Math.max(0, (1e4 * (this.bestBid - this.bestAsk)) / this.midPrice)
  }

  /**
   * The best over all venues; with `evictOlderCrossed`, past older levels that a newer quote of another venue crosses,
   * until their venue updates that side: then bid <= ask.
   */
  bbo({ evictOlderCrossed = false }: { readonly evictOlderCrossed?: boolean } = {}): ConsolidatedBbo {
    const { bestBid: bid, bestAsk: ask, bestBidQuantity: bidQuantity, bestAskQuantity: askQuantity } = this
    if (!evictOlderCrossed || !this.crossed) return { bid, bidQuantity, ask, askQuantity }
    const best = this.#quotes.read()
    return {
      bid: fromGrid(this.tick, best.bid.ticks), bidQuantity: fromGrid(this.lot, best.bid.lots),
      ask: fromGrid(this.tick, best.ask.ticks), askQuantity: fromGrid(this.lot, best.ask.lots),
    }
  }

  /** As `BookReader.depth`: beyond where any live venue's levels are known, NaN. */
  depth(side: 'bid' | 'ask', levels: number, prices: Float64Array, quantities: Float64Array): number {
    const bid = side === 'bid'
    const edge = bid ? Math.max(...this.#bidEdges) : Math.min(...this.#askEdges)
    let count = (bid ? this.bids : this.asks).sum.top(levels, prices, quantities)
    while (count > 1 && (bid ? prices[count - 1]! < edge : prices[count - 1]! > edge)) count--
    for (let i = 0; i < count; i++) {
      prices[i] = fromGrid(this.tick, prices[i]!)
      quantities[i] = fromGrid(this.lot, quantities[i]!)
    }
    if (edge !== (bid ? -Infinity : Infinity)) {
      prices.fill(NaN, count, levels)
      quantities.fill(NaN, count, levels)
    }
    return count
  }

  /** Writes the base quantity of each venue at a price; 0 where it has none. */
  venuesAt(side: 'bid' | 'ask', price: number, quantities: Float64Array): void {
    const ticks = Math.round((price * this.tick.scale) / this.tick.k)
    const levels = side === 'bid' ? this.bids : this.asks
    for (let venue = 0; venue < this.#live.length; venue++) quantities[venue] = fromGrid(this.lot, levels.get(venue, ticks))
  }

  latency(venue: number): VenueLatency {
    return this.#times.latency(venue)
  }

  isLive(venue: number): boolean {
    return this.#live[venue] === 1 || this.bids.updated[venue]! > 0 || this.asks.updated[venue]! > 0
  }

  /** Puts a venue's lots at a price, in its own ticks and lots; 0 deletes. The venue counts as live. */
  set(venue: number, side: 'bid' | 'ask', ticks: number, lots: number): void {
    const levels = side === 'bid' ? this.bids : this.asks
    const base = this.#inverse ? this.#inverseLots(venue, ticks, lots) : lots * this.#steps[2 * venue + 1]!
    levels.set(venue, ticks * this.#steps[2 * venue]!, base, ++this.#updates)
  }

  /** A venue is not live: its levels leave the sum. */
  leave(venue: number): void {
    this.#live[venue] = 0
    this.bids.remove(venue)
    this.asks.remove(venue)
    this.#bidEdges[venue] = -Infinity
    this.#askEdges[venue] = Infinity
  }

  /** Brings a venue up to date with its book after each message: by what `tape` says changed, or from all levels. */
  follow(venue: number, book: VenueBook): void {
    const { tape, status } = book
    if (status !== 'live') return this.leave(venue)
    this.#times.heard(venue, tape.stamp[1]!, tape.stamp[2]!)
    const { tick, lot } = book.instrument
    if (tape.kind === 'delta' && this.isLive(venue)) {
      for (let i = 0; i < tape.count; i++) {
        const ticks = Math.round((tape.price[i]! * tick.scale) / tick.k)
        this.set(venue, tape.bid[i] === 1 ? 'bid' : 'ask', ticks, Math.round((tape.quantity[i]! * lot.scale) / lot.k))
      }
    } else this.#join(venue, book)
    this.#bidEdges[venue] = edgeTicks(book.knownBidsFrom, 0, -Infinity, this.tick)
    this.#askEdges[venue] = edgeTicks(book.knownAsksTo, Infinity, Infinity, this.tick)
  }

  #join(venue: number, { ladder }: VenueBook): void {
    this.leave(venue)
    this.#live[venue] = 1
    for (const side of ['bid', 'ask'] as const) {
      const from = side === 'bid' ? ladder.bids : ladder.asks
      const [ticks, lots] = [new Float64Array(from.levels), new Float64Array(from.levels)]
      from.top(from.levels, ticks, lots)
      ticks.forEach((price, i) => this.set(venue, side, price, lots[i]!))
    }
  }

  #inverseLots(venue: number, ticks: number, lots: number): number {
    const { tick, lot, contractSize } = this.instruments[venue]!
    const base = (fromGrid(lot, lots) * contractSize) / fromGrid(tick, ticks)
    return lots === 0 ? 0 : Math.max(1, Math.round((base * this.lot.scale) / this.lot.k))
  }
}

/** The grid of base quantities: contracts times their size. */
function baseLot({ kind, lot, contractSize, symbol }: Instrument): Grid {
  if (kind === 'inverse') return INVERSE_LOT
  const size = gridOf(contractSize, `${symbol} contractSize`)
  return { k: lot.k * size.k, scale: lot.scale * size.scale }
}

/** A known edge in ticks; `end` where the side is known whole, which its book says by the price `whole`. */
const edgeTicks = (price: number, whole: number, end: number, { k, scale }: Grid): number =>
  price === whole ? end : Math.round((price * scale) / k)
