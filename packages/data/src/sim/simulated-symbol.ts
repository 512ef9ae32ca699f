import { createRandom, fromGrid, instrument } from '@tapeloom/core'
import type { Instrument, MarketInput, MarketSymbol, SeededRandom } from '@tapeloom/core'
import { MOVE_SECONDS, PricePath } from './price-path.ts'
import { SimulatedBook } from './simulated-book.ts'

const SECOND_US = 1e6
const MINUTE_SECONDS = 60
/** Trades a second: one to four. */
const MOST_TRADES = 4

/** One simulated market: a price, a book around it and trades at its touch, second by second. */
export class SimulatedSymbol {
  readonly instrument: Instrument
  readonly #symbol: MarketSymbol
  readonly #path: PricePath
  readonly #book: SimulatedBook
  readonly #counts: SeededRandom
  readonly #trades: SeededRandom
  readonly #usualQuantity: number
  #trade = 0

  constructor(seed: number, symbol: MarketSymbol, venue: string, beta: number) {
    const level = startLevel(seed, symbol)
    this.#symbol = symbol
    this.instrument = instrument(symbol, { venue, tickSize: tickOf(level), lotSize: '0.00001' })
    this.#path = new PricePath(seed, symbol, level, beta)
    this.#book = new SimulatedBook(this.instrument, seed, level)
    this.#counts = countsOf(seed, symbol)
    this.#trades = createRandom(seed, 'sim', symbol, 'trades')
    this.#usualQuantity = (0.05 * 60_000) / level
  }

  /** Inputs that `seconds` seconds make, without making them: the snapshot included. */
  static count(seed: number, symbol: MarketSymbol, seconds: number): number {
    const counts = countsOf(seed, symbol)
    let sum = 1
    for (let second = 0; second < seconds; second++) sum += 1 + tradesIn(counts)
    return sum
  }

  /**
   * Adds the inputs of one second, in time order: trades at the touch, then the book as the price has moved. So the
   * book that stands at the end of a second has seen nothing of the next one's moves; at the end of a minute, whose
   * last seconds bring no move, it stands where the last trade was made, and leans to what drives the next minute.
   */
  second(second: number, into: MarketInput[]): void {
    const inMinute = second % MINUTE_SECONDS
    const start = second * SECOND_US
    if (inMinute === 0) this.#path.beginMinute()
    if (second === 0) this.#bookAt(0, this.#path.sign, into)
    const count = tradesIn(this.#counts)
    const slot = 600_000 / count
    for (let i = 0; i < count; i++) this.#tradeAt(Math.floor(start + 10_000 + (i + this.#trades.next()) * slot), into)
    if (inMinute % MOVE_SECONDS === 0) this.#path.move()
    const sign = inMinute === MINUTE_SECONDS - 1 ? this.#path.nextSign : this.#path.sign
    this.#bookAt(start + 650_000 + this.#trades.integer(300_000), sign, into)
  }

  #bookAt(tsEvent: number, sign: number, into: MarketInput[]): void {
    const changes = this.#book.update(this.#path.price, sign)
    const update = tsEvent === 0 ? 'snapshot' : 'delta'
    const { bids, asks } = tsEvent === 0 ? this.#book.snapshot() : changes
    into.push({ kind: 'book', symbol: this.#symbol, tsEvent, update, bids, asks })
  }

  #tradeAt(tsEvent: number, into: MarketInput[]): void {
    const bought = this.#trades.next() < 0.5
    const { lot } = this.instrument
    const size = this.#usualQuantity * Math.exp(this.#trades.normal())
    into.push({
      kind: 'trade',
      symbol: this.#symbol,
      tsEvent,
      price: bought ? this.#book.bestAsk : this.#book.bestBid,
      quantity: fromGrid(lot, Math.max(1, Math.round((size * lot.scale) / lot.k))),
      aggressor: bought ? 'buy' : 'sell',
      id: String(++this.#trade),
    })
  }
}

const countsOf = (seed: number, symbol: MarketSymbol): SeededRandom => createRandom(seed, 'sim', symbol, 'counts')
const tradesIn = (counts: SeededRandom): number => 1 + counts.integer(MOST_TRADES)

/** 60,000 for BTC, else a level between 1 and 5,000 that the seed and the name decide. */
export function startLevel(seed: number, symbol: MarketSymbol): number {
  if (symbol.startsWith('BTC/')) return 60_000
  return Math.exp(createRandom(seed, 'sim', symbol, 'level').next() * Math.log(5000))
}

/** A tick of a 100,000th of the level's power of ten: 0.1 at 60,000. */
export const tickOf = (level: number): string => {
  const exponent = Math.floor(Math.log10(level)) - 5
  return `0.${'0'.repeat(-exponent - 1)}1`
}
