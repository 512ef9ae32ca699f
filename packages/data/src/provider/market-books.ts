import type { BookReader, DataHost, Plain } from '@tapeloom/core'
import { VenueBook } from '../book/venue-book.ts'
import type { MarketRecord } from '../ingest/market-record.ts'
import type { Market, MarketTable } from '../ingest/market-table.ts'
import { SymbolBook } from './symbol-book.ts'

/** The books of all markets, each made with its first message, and what the host is told of them. */
// `!` below: markets are indexed by what the market table handed out.
export class MarketBooks {
  /** For each symbol, the book of its price venue. */
  readonly readers: readonly BookReader[]
  readonly #host: DataHost
  readonly #markets: readonly Market[]
  readonly #symbolBooks: readonly SymbolBook[]
  readonly #books: (VenueBook | undefined)[]
  /** `[sequence, tsEvent, tsInit]` of the record under way: the desk's own. */
  readonly #now: Float64Array

  constructor(host: DataHost, table: MarketTable, now: Float64Array) {
    this.#host = host
    this.#markets = table.markets
    this.#symbolBooks = table.symbols.map(() => new SymbolBook())
    this.#books = table.markets.map(() => undefined)
    this.#now = now
    this.readers = this.#symbolBooks
  }

  /** Applies a book message and tells the host; returns what became of it. */
  apply(record: MarketRecord, origin: string): 'applied' | 'dropped' | 'crossed' | 'invalid' {
    const market = this.#markets[record.market]!
    const book = this.#bookOf(market)
    const { bids, asks, ticks, lots, flags } = record
    book.heard(this.#now[2]!)
    if (!book.begin((flags & 1) !== 0 ? 'snapshot' : 'delta', bids + asks)) return 'dropped'
    for (let i = 0; i < bids; i++) book.level(true, ticks[i]!, lots[i]!)
    for (let i = bids; i < bids + asks; i++) book.level(false, ticks[i]!, lots[i]!)
    const outcome = book.end((flags & 2) !== 0)
    this.#tell(market, book, origin)
    return outcome
  }

  /** The connection to a market broke: its book is empty until the next snapshot. */
  lose(market: number, origin: string): void {
    const book = this.#books[market]
    if (!book || book.status === 'gap') return
    book.lose()
    this.#tell(this.#markets[market]!, book, origin)
  }

  /** Something of the market was heard. */
  heard(market: number): void {
    this.#books[market]?.heard(this.#now[2]!)
  }

  /** Lets books go stale that heard nothing for too long. */
  age(): void {
    for (const book of this.#books) book?.becameStale(this.#now[2]!)
  }

  snapshot(): Plain {
    return this.#books.map((book) => book?.snapshot() ?? null)
  }

  restore(state: Plain): void {
    const saved = state as readonly Plain[]
    saved.forEach((one, i) => one !== null && this.#bookOf(this.#markets[i]!).restore(one))
  }

  #bookOf(market: Market): VenueBook {
    const known = this.#books[market.index]
    if (known) return known
    const book = new VenueBook(market.instrument)
    this.#books[market.index] = book
    if (market.pricing) this.#symbolBooks[market.symbolIndex]!.book = book
    return book
  }

  #tell(market: Market, book: VenueBook, origin: string): void {
    const { tape } = book
    for (let i = 0; i < 3; i++) tape.stamp[i] = this.#now[i]!
    tape.origin = origin
    this.#host.book(market.symbolIndex, tape.view)
  }
}
