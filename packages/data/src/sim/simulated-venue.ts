import { createRandom, fromGrid, type BookMessage, type Instrument, type MarketInput, type MarketMessage, type SeededRandom } from '@tapeloom/core'
import type { UpdateIds } from '../book/sequence-rule.ts'
import { bookChecksum } from './book-checksum.ts'
import { EfficientPrice, TURN_US } from './efficient-price.ts'
import { MatchingCore } from './matching-core.ts'
import { OrderFlow } from './order-flow.ts'
import type { VenueSettings } from './venue-spec.ts'

/** A book message as a venue sends it: numbered, and with the sum of its whole book afterwards, where it does so. */
export type VenueBookInput = MarketMessage & BookMessage & {
  readonly ids?: UpdateIds
  /** What `bookChecksum` gives of the venue's book once this message is applied. */
  readonly checksum?: number
}

/** Time of the first message by an exact clock: so that a clock may be an hour behind. */
export const START_US = 3600e6
/** Persistence of a venue's own view from turn to turn. */
const VIEW = 0.95
/** A maker's distance and the steps of his prices, in bps of the price. */
const HALF_SPREAD_BPS = 0.4
const SPACING_BPS = 0.4
/** The book's message follows its trades by this, µs. */
const BOOK_AFTER_US = 500
const LATEST_IN_TURN_US = 80_000

/** One symbol on one venue: orders around the price as the venue sees it, matched, and what it sends of that. */
export class SimulatedVenue {
  readonly #instrument: Instrument
  readonly #settings: VenueSettings
  readonly #price: EfficientPrice
  readonly #core = new MatchingCore()
  readonly #flow: OrderFlow
  readonly #random: SeededRandom
  #view = 0
  #id = 0
  #trade = 0

  constructor(seed: number, instrument: Instrument, settings: VenueSettings) {
    const { symbol, venue, tick, lot } = instrument
    this.#instrument = instrument
    this.#settings = settings
    this.#price = new EfficientPrice(seed, symbol)
    this.#random = createRandom(seed, 'sim', symbol, 'venue', venue)
    const level = this.#price.after(0)
    const bps = (many: number) => (many * 1e-4 * level * tick.scale) / tick.k
    this.#flow = new OrderFlow(this.#core, this.#random, {
      spacing: Math.max(1, Math.round(bps(SPACING_BPS))),
      halfSpread: bps(HALF_SPREAD_BPS + settings.feeBps),
      usualLots: Math.max(10, Math.round((3000 / level) * (lot.scale / lot.k))),
      stale: settings.stale,
    })
  }

  /** Adds what the venue sends in one turn of 100 ms; times are those of an exact clock, the receipt is not told yet. */
  turn(turn: number, into: MarketInput[]): void {
    const { tick, symbol } = this.#instrument
    const { noiseBps, delayTurns, snapshotTurns, checks } = this.#settings
    this.#view = VIEW * this.#view + Math.sqrt(1 - VIEW * VIEW) * noiseBps * 1e-4 * this.#random.normal()
    const price = this.#price.after(Math.max(0, turn - delayTurns)) * Math.exp(this.#view)
    this.#flow.turn((price * tick.scale) / tick.k)
    const tsEvent = START_US + turn * TURN_US + this.#random.integer(LATEST_IN_TURN_US)
    const { fills, bids, asks } = this.#core.take()
    for (const { ticks, lots, aggressor } of fills) {
      const [price, quantity] = this.#values([[ticks, lots]])[0]!
      into.push({ kind: 'trade', symbol, tsEvent, price, quantity, aggressor, id: String(++this.#trade) })
    }
    const whole = turn === 0 || (snapshotTurns > 0 && turn % snapshotTurns === 0)
    if (!whole && bids.length + asks.length === 0) return
    const last = ++this.#id
    const input: VenueBookInput = {
      kind: 'book', symbol, tsEvent: tsEvent + BOOK_AFTER_US, update: whole ? 'snapshot' : 'delta',
      ...(whole ? this.#whole() : { bids: this.#values(bids), asks: this.#values(asks) }),
      ...(checks.includes('ids') && { ids: { first: last, last, previous: last - 1 } }),
      ...(checks.includes('checksum') && { checksum: bookChecksum(this.#core.book) }),
    }
    into.push(input)
  }

  #whole(): Pick<BookMessage, 'bids' | 'asks'> {
    const side = (from: MatchingCore['book']['bids']) => {
      const [ticks, lots] = [new Float64Array(from.levels), new Float64Array(from.levels)]
      from.top(from.levels, ticks, lots)
      return this.#values(Array.from(ticks, (each, i) => [each, lots[i]!] as const))
    }
    return { bids: side(this.#core.book.bids), asks: side(this.#core.book.asks) }
  }

  #values(levels: readonly (readonly [number, number])[]): readonly (readonly [number, number])[] {
    const { tick, lot } = this.#instrument
    return levels.map(([ticks, lots]) => [fromGrid(tick, ticks), fromGrid(lot, lots)] as const)
  }
}
