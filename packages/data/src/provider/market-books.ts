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
    const before = book.status
    if (!book.begin((flags & 1) !== 0 ? 'snapshot' : 'delta', bids + asks)) {
      if (book.status !== before) this.#tellStatus(market, book, 'reset', origin)
      return 'dropped'
    }
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

  /** A trade of the market was heard: a book that was stale is live again. */
  heard(market: number, origin: string): void {
    const book = this.#books[market]
    if (!book) return
    const wasStale = book.status === 'stale'
    book.heard(this.#now[2]!)
    if (wasStale) this.#tellStatus(this.#markets[market]!, book, 'delta', origin)
  }

  /** Lets books go stale that heard nothing for too long, and says so: their features must not stay as they were. */
  age(originOf: (market: Market) => string): void {
    for (const [index, book] of this.#books.entries()) {
      if (!book?.becameStale(this.#now[2]!)) continue
      const market = this.#markets[index]!
      this.#tellStatus(market, book, 'delta', originOf(market))
    }
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

  /** Tells that the status changed and no level did. */
  #tellStatus(market: Market, book: VenueBook, kind: 'delta' | 'reset', origin: string): void {
    book.tape.kind = kind
    book.tape.reserve(0)
    this.#tell(market, book, origin)
  }

  #tell(market: Market, book: VenueBook, origin: string): void {
    const { tape } = book
    for (let i = 0; i < 3; i++) tape.stamp[i] = this.#now[i]!
    tape.origin = origin
    this.#host.book(market.symbolIndex, tape.view)
  }
}
