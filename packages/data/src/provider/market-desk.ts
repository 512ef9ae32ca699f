import {
  fromGrid, TradeTape, type BookReader, type Candle, type DataHost, type EventStamp, type Plain, type Source, type TaintReason, type Timeframe,
} from '@tapeloom/core'
import { VenueBook } from '../book/venue-book.ts'
import { CandleBuilder, type CandleSink } from '../candle/candle-builder.ts'
import { FORMING, type FormingCandle } from '../candle/forming-candle.ts'
import { AT, KIND, NONE, type MarketRecord } from '../ingest/market-record.ts'
import type { Market, MarketTable } from '../ingest/market-table.ts'
import { ReceiveDelay } from '../ingest/receive-delay.ts'
import type { CandleMirror } from '../series/candle-mirror.ts'
import { candleSeriesId } from '../series/series-id.ts'
import { taintBits, taintReasons } from '../series/taint-flags.ts'
import type { CandleProjection } from '../store/candle-projection.ts'
import type { Projector } from '../store/projector.ts'
import { SymbolBook } from './symbol-book.ts'

/** How long after its end a candle waits for what is under way, besides the source's receive delay. */
const GRACE_US = 2e6
/**
 * A book event closes candles of trades only when it is so much later than their end: a venue's trades and book updates
 * are stamped apart and arrive interleaved.
 */
const BOOK_LEAD_US = 0.5e6
const [GAP, REJECT] = [taintBits(['gap']), taintBits(['reject'])]

/** What the desk works with. */
export interface DeskParts {
  readonly host: DataHost
  readonly table: MarketTable
  readonly sources: readonly Source[]
  readonly wanted: readonly Timeframe[]
  readonly mirror: CandleMirror
  readonly averages: CandleProjection
  projector(): Projector
}

/**
 * Applies the inputs: closes what is due, keeps books and candles, and tells the host, in the order of the contract.
 * One record after another; all state is a function of the records.
 */
// `!` below: markets, builders and delays are indexed by what the market table handed out.
export class MarketDesk implements CandleSink {
  readonly builders: readonly CandleBuilder[]
  /** For each symbol. */
  readonly books: readonly BookReader[]
  readonly counts = { trade: 0, book: 0, candle: 0 }
  readonly #parts: DeskParts
  readonly #markets: readonly Market[]
  readonly #symbolBooks: readonly SymbolBook[]
  readonly #venueBooks: (VenueBook | undefined)[] = []
  readonly #delays: readonly ReceiveDelay[]
  readonly #tape: TradeTape
  /** The source that last fed each market. */
  readonly #feeding: Uint16Array
  /** Start of each market's open gap, µs; NaN: none. */
  readonly #gaps: Float64Array
  /** `[sequence, tsEvent, tsInit]` of the record under way, and the tsInit at which something is overdue. */
  readonly #now = Float64Array.of(0, 0, 0, -Infinity)

  constructor(parts: DeskParts) {
    const { table, sources, wanted, host } = parts
    this.#parts = parts
    this.#markets = table.markets
    this.builders = table.markets.map(({ index, absentMeans }) =>
      new CandleBuilder({ market: index, wanted, boundaryUs: host.boundaryUs, absentMeans }, this))
    this.#symbolBooks = table.symbols.map(() => new SymbolBook())
    this.books = this.#symbolBooks
    this.#delays = sources.map(() => new ReceiveDelay())
    this.#tape = new TradeTape(table.markets.map(({ instrument }) => instrument))
    this.#feeding = new Uint16Array(table.markets.length).fill(NONE)
    this.#gaps = new Float64Array(table.markets.length).fill(NaN)
  }

  /** Whether trades or books are fed, so that silence must be told in ticks. */
  get ticking(): boolean {
    return this.builders.some(({ ticking }) => ticking)
  }

  /** tsInit at which the interval that holds the last event is over in every ticking market; −Infinity: it is. */
  get settledAt(): number {
    let at = -Infinity
    for (const [market, builder] of this.builders.entries()) {
      if (builder.hasOpenInterval) at = Math.max(at, builder.nextDue + this.#graceOf(market))
    }
    return at
  }

  /** Applies one record as the input `sequence`; `host.begin` was called. */
  apply(record: MarketRecord, sequence: number): void {
    this.#now[0] = sequence
    this.#now[1] = record.number[AT.tsEvent]!
    this.#now[2] = record.number[AT.tsInit]!
    if (record.number[AT.tsInit]! >= this.#now[3]!) this.#closeOverdue(record.number[AT.tsInit]!)
    if (record.kind === KIND.trade) this.#trade(record)
    else if (record.kind === KIND.book) this.#book(record)
    else if (record.kind === KIND.candle || record.kind === KIND.backfill) this.#candle(record)
    else if (record.kind === KIND.gap) this.#gap(record)
    else if (record.kind === KIND.fault) this.#fault(record)
  }

  closed(marketIndex: number, forming: FormingCandle): void {
    const market = this.#markets[marketIndex]!
    const { mirror, averages, host } = this.#parts
    const candle = this.#candleOf(market, forming)
    const sequence = this.#now[0]!
    mirror.put(mirror.add(market.venue, market.symbol, forming.timeframe), candle, sequence)
    averages.add(this.#parts.projector(), market.symbol, candle)
    if (market.pricing) host.candle(market.symbolIndex, candle)
  }

  boundary(marketIndex: number, time: number): void {
    const market = this.#markets[marketIndex]!
    if (market.pricing) this.#parts.host.boundary(market.symbolIndex, time)
  }

  late(marketIndex: number, candle: FormingCandle, openTime: number): void {
    this.#taint(this.#markets[marketIndex]!, candle, 'late', openTime, openTime + candle.lengthUs)
  }

  missing(marketIndex: number, candle: FormingCandle, from: number, to: number): void {
    this.#taint(this.#markets[marketIndex]!, candle, 'gap', from, to)
  }

  snapshot(): Plain {
    return {
      counts: { ...this.counts }, now: this.#now.slice(), feeding: this.#feeding.slice(), gaps: this.#gaps.slice(),
      builders: this.builders.map((builder) => builder.snapshot()),
      delays: this.#delays.map((delay) => delay.snapshot()),
      books: this.#markets.map((_, i) => this.#venueBooks[i]?.snapshot() ?? null),
    }
  }

  restore(state: Plain): void {
    const saved = state as unknown as SavedDesk
    Object.assign(this.counts, saved.counts)
    this.#now.set(saved.now)
    this.#feeding.set(saved.feeding)
    this.#gaps.set(saved.gaps)
    saved.builders.forEach((one, i) => this.builders[i]?.restore(one))
    saved.delays.forEach((one, i) => this.#delays[i]?.restore(one))
    saved.books.forEach((one, i) => one !== null && this.#bookOf(this.#markets[i]!).restore(one))
  }

  #trade(record: MarketRecord): void {
    this.counts.trade++
    const market = this.#markets[record.market]!
    const builder = this.builders[record.market]!
    builder.due(record.number[AT.tsEvent]!)
    this.#heard(record, builder)
    builder.trade(record)
    const tape = this.#tape
    const slot = tape.next()
    const { tick, lot } = market.instrument
    tape.instrument[slot] = record.market
    tape.sequence[slot] = this.#now[0]!
    tape.tsEvent[slot] = record.number[AT.tsEvent]!
    tape.tsInit[slot] = record.number[AT.tsInit]!
    tape.price[slot] = (record.number[AT.price]! * tick.k) / tick.scale
    tape.quantity[slot] = (record.number[AT.quantity]! * lot.k) / lot.scale
    tape.bought[slot] = record.flags
    tape.id[slot] = record.text
    tape.origin[slot] = this.#parts.sources[record.source]!.name
    this.#parts.host.trade(market.symbolIndex, tape.view)
  }

  #book(record: MarketRecord): void {
    this.counts.book++
    const market = this.#markets[record.market]!
    const builder = this.builders[record.market]!
    builder.due(record.number[AT.tsEvent]! - (builder.candles.traded ? BOOK_LEAD_US : 0))
    this.#heard(record, builder)
    const book = this.#bookOf(market)
    if (!book.begin((record.flags & 1) !== 0 ? 'snapshot' : 'delta', record.bids + record.asks)) return
    for (let i = 0; i < record.bids; i++) book.level(true, record.ticks[i]!, record.lots[i]!)
    for (let i = record.bids; i < record.bids + record.asks; i++) book.level(false, record.ticks[i]!, record.lots[i]!)
    const outcome = book.end((record.flags & 2) !== 0)
    if (outcome !== 'applied') {
      const message = `[${market.venue} ${market.symbol}] its book is ${outcome}. It is emptied until the next snapshot.`
      this.#parts.host.reject(this.#parts.sources[record.source]!.name, `book.${outcome}`, message)
      this.#row(`${market.venue}:${market.symbol}:book`, market, 'desync', this.#now[1]!, NaN)
    }
    this.#tellBook(market, book)
  }

  #candle(record: MarketRecord): void {
    this.counts.candle++
    this.#feeding[record.market] = record.source
    this.#measureDelay(record)
    const builder = this.builders[record.market]!
    if (record.kind === KIND.backfill && builder.isClosed(record)) this.#backfill(record)
    else builder.candle(record)
    this.#now[3] = -Infinity
  }

  /** A newer version of a closed candle: for the mirror and the store, from its sequence on; nothing closes again. */
  #backfill(record: MarketRecord): void {
    const market = this.#markets[record.market]!
    const { mirror, averages } = this.#parts
    const candle = this.builders[record.market]!.version(record)
    const object = this.#candleOf(market, candle)
    mirror.put(mirror.add(market.venue, market.symbol, candle.timeframe), object, this.#now[0]!)
    averages.add(this.#parts.projector(), market.symbol, object)
  }

  #gap(record: MarketRecord): void {
    for (const market of this.#markets) {
      if (record.market !== NONE && record.market !== market.index) continue
      if (record.market === NONE && !this.builders[market.index]!.ticking) continue
      this.builders[market.index]!.gap(GAP)
      const book = this.#venueBooks[market.index]
      if (book && book.status !== 'gap') {
        book.lose()
        this.#tellBook(market, book)
      }
      if (Number.isNaN(this.#gaps[market.index])) this.#gaps[market.index] = this.#now[1]!
      this.#row(`${market.venue}:${market.symbol}`, market, 'gap', this.#gaps[market.index]!, NaN, record.text)
    }
  }

  #fault(record: MarketRecord): void {
    const source = this.#parts.sources[record.source]?.name ?? 'ingest'
    if (record.market !== NONE) this.builders[record.market]!.taintOpen(REJECT)
    this.#parts.host.reject(source, record.text, record.message)
  }

  #heard(record: MarketRecord, builder: CandleBuilder): void {
    const { market } = record
    this.#feeding[market] = record.source
    this.#measureDelay(record)
    if (builder.heard(record)) this.#now[3] = -Infinity
    this.#venueBooks[market]?.heard(record.number[AT.tsInit]!)
    if (Number.isNaN(this.#gaps[market])) return
    const of = this.#markets[market]!
    this.#row(`${of.venue}:${of.symbol}`, of, 'gap', this.#gaps[market]!, record.number[AT.tsEvent]!)
    this.#gaps[market] = NaN
  }

  #measureDelay(record: MarketRecord): void {
    if (this.#delays[record.source]!.add(record.number, AT.tsEvent, AT.tsInit)) this.#now[3] = -Infinity
  }

  /** Closes what the time of receipt has passed, in every market. */
  #closeOverdue(tsInit: number): void {
    let next = Infinity
    for (let market = 0; market < this.builders.length; market++) {
      const builder = this.builders[market]!
      const grace = this.#graceOf(market)
      builder.due(tsInit - grace)
      this.#venueBooks[market]?.becameStale(tsInit)
      next = Math.min(next, builder.nextDue + grace)
    }
    this.#now[3] = next
  }

  #graceOf(market: number): number {
    return GRACE_US + (this.#delays[this.#feeding[market]!]?.medianUs ?? 0)
  }

  #bookOf(market: Market): VenueBook {
    const known = this.#venueBooks[market.index]
    if (known) return known
    const book = new VenueBook(market.instrument)
    this.#venueBooks[market.index] = book
    if (market.pricing) this.#symbolBooks[market.symbolIndex]!.book = book
    return book
  }

  #tellBook(market: Market, book: VenueBook): void {
    book.tape.stamp.set(this.#now.subarray(0, 3))
    book.tape.origin = this.#parts.sources[this.#feeding[market.index]!]?.name ?? 'core'
    this.#parts.host.book(market.symbolIndex, book.tape.view)
  }

  #candleOf(market: Market, { number: n, timeframe, lengthUs, origin, taint, fromTrades }: FormingCandle): Candle & EventStamp {
    const { tick, lot, contractSize, kind } = market.instrument
    const volume = origin === 'venue' ? n[FORMING.volume]! : fromGrid(lot, n[FORMING.lots]!)
    const quote = (n[FORMING.quote]! * tick.k * lot.k * contractSize) / (tick.scale * lot.scale)
    return Object.freeze({
      symbol: market.symbol, venue: market.venue, timeframe,
      openTime: n[FORMING.openTime]!, closeTime: n[FORMING.openTime]! + lengthUs,
      open: fromGrid(tick, n[FORMING.open]!), high: fromGrid(tick, n[FORMING.high]!),
      low: fromGrid(tick, n[FORMING.low]!), close: fromGrid(tick, n[FORMING.close]!),
      volume,
      quoteVolume: !fromTrades ? n[FORMING.quote]! : kind === 'inverse' ? volume * contractSize : quote,
      trades: n[FORMING.trades]!,
      takerBuyVolume: origin === 'venue' ? n[FORMING.takerVolume]! : fromGrid(lot, n[FORMING.takerLots]!),
      taint: taintReasons(taint),
      origin: this.#parts.sources[this.#feeding[market.index]!]?.name ?? 'core',
      sequence: this.#now[0]!, tsEvent: this.#now[1]!, tsInit: this.#now[2]!,
    })
  }

  #taint(market: Market, candle: FormingCandle, reason: TaintReason, from: number, to: number): void {
    const { mirror } = this.#parts
    mirror.taint(mirror.add(market.venue, market.symbol, candle.timeframe), from, reason)
    this.#row(candleSeriesId(market.venue, market.symbol, candle.timeframe), market, reason, from, to)
  }

  #row(series: string, { symbol }: Market, reason: TaintReason, start: number, end: number, detail = ''): void {
    this.#parts.projector().add('gaps', { series, symbol, start, end, reason, detail })
  }
}

interface SavedDesk {
  readonly counts: MarketDesk['counts']
  readonly now: Float64Array
  readonly feeding: Uint16Array
  readonly gaps: Float64Array
  readonly builders: readonly Plain[]
  readonly delays: readonly Plain[]
  readonly books: readonly Plain[]
}
