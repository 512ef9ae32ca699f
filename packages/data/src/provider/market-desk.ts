import {
  openTimeOf, TradeTape, type Candle, type DataHost, type Plain, type Source, type TaintReason, type Timeframe,
} from '@tapeloom/core'
import { CandleBuilder } from '../candle/candle-builder.ts'
import type { CandleSink } from '../candle/candle-sink.ts'
import { FORMING, type FormingCandle } from '../candle/forming-candle.ts'
import { refold } from '../candle/refold.ts'
import { AT, KIND, NONE, type MarketRecord } from '../ingest/market-record.ts'
import type { Market, MarketTable } from '../ingest/market-table.ts'
import { ReceiveDelay } from '../ingest/receive-delay.ts'
import { candleSeriesId } from '../series/series-id.ts'
import { taintBits } from '../series/taint-flags.ts'
import { candleEvent, stampOf } from './candle-event.ts'
import { MarketBooks } from './market-books.ts'
import type { RunRows } from './run-rows.ts'

/** How long after its end a candle waits for what is under way, besides the venue's receive delay. */
const GRACE_US = 2e6
/**
 * A book event closes candles of trades only when it is so much later than their end: a venue's trades and book updates
 * are stamped apart and arrive interleaved: on recorded spot markets every fifth trade is up to 186 ms behind a book update.
 */
const BOOK_LEAD_US = 0.5e6
const [GAP, REJECT] = [taintBits(['gap']), taintBits(['reject'])]

/** What the desk works with. */
export interface DeskParts {
  readonly host: DataHost
  readonly table: MarketTable
  readonly sources: readonly Source[]
  readonly wanted: readonly Timeframe[]
  readonly rows: RunRows
}

/**
 * Applies the inputs: closes what is due, keeps books and candles, and tells the host, in the order of the contract.
 * One record after another; all state is a function of the records.
 */
// `!` below: markets, builders and delays are indexed by what the market table handed out.
export class MarketDesk implements CandleSink {
  readonly builders: readonly CandleBuilder[]
  readonly books: MarketBooks
  readonly counts = { trade: 0, book: 0, candle: 0 }
  readonly #parts: DeskParts
  readonly #markets: readonly Market[]
  /** One a venue, not a source: a journal's market inputs come through one source again. */
  readonly #delays: readonly ReceiveDelay[]
  /** For each market, the index of its venue's delay. */
  readonly #venues: readonly number[]
  /** For each market, the mirror's index of each of its series. */
  readonly #mirrored: readonly Map<Timeframe, number>[]
  readonly #tapes: readonly TradeTape[]
  /** Markets whose candles were looked at. */
  readonly #warned = new Set<number>()
  /** The source that last fed each market. */
  readonly #feeding: Uint16Array
  /** Start of each market's open gap, µs; NaN: none. */
  readonly #gaps: Float64Array
  /** `[sequence, tsEvent, tsInit]` of the record under way, and the tsInit at which something is overdue. */
  readonly #now = Float64Array.of(0, 0, 0, -Infinity)

  constructor(parts: DeskParts) {
    const { table, wanted, host } = parts
    this.#parts = parts
    this.#markets = table.markets
    this.builders = table.markets.map(({ index, absentMeans }) =>
      new CandleBuilder({ market: index, wanted, boundaryUs: host.boundaryUs, absentMeans }, this))
    this.books = new MarketBooks(host, table, this.#now)
    this.#mirrored = table.markets.map(() => new Map())
    const venues = [...new Set(table.markets.map(({ venue }) => venue))]
    this.#venues = table.markets.map(({ venue }) => venues.indexOf(venue))
    this.#delays = venues.map(() => new ReceiveDelay())
    this.#tapes = table.markets.map(({ instrument }) => new TradeTape(instrument))
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
      if (builder.hasOpenInterval) at = Math.max(at, builder.nextBoundary + this.#graceOf(market))
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
    const candle = candleEvent(market, forming, this.#stamp(market))
    this.#keep(market, candle)
    if (market.pricing) this.#parts.host.candle(market.symbolIndex, candle)
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
      counts: { ...this.counts }, warned: [...this.#warned], now: this.#now.slice(), feeding: this.#feeding.slice(), gaps: this.#gaps.slice(),
      builders: this.builders.map((builder) => builder.snapshot()),
      delays: this.#delays.map((delay) => delay.snapshot()),
      books: this.books.snapshot(),
    }
  }

  restore(state: Plain): void {
    const saved = state as unknown as SavedDesk
    Object.assign(this.counts, saved.counts)
    for (const market of saved.warned) this.#warned.add(market)
    this.#now.set(saved.now)
    this.#feeding.set(saved.feeding)
    this.#gaps.set(saved.gaps)
    saved.builders.forEach((one, i) => this.builders[i]?.restore(one))
    saved.delays.forEach((one, i) => this.#delays[i]?.restore(one))
    this.books.restore(saved.books)
  }

  #trade(record: MarketRecord): void {
    this.counts.trade++
    const market = this.#markets[record.market]!
    const builder = this.builders[record.market]!
    builder.due(record.number[AT.tsEvent]!)
    this.#heard(record, builder)
    this.books.heard(record.market, this.#parts.sources[record.source]!.name)
    builder.trade(record)
    const { tick, lot } = market.instrument
    const tape = this.#tapes[record.market]!
    tape.origin = this.#parts.sources[record.source]!.name
    tape.sequence = this.#now[0]!
    tape.tsEvent = record.number[AT.tsEvent]!
    tape.tsInit = record.number[AT.tsInit]!
    tape.price = (record.number[AT.price]! * tick.k) / tick.scale
    tape.quantity = (record.number[AT.quantity]! * lot.k) / lot.scale
    tape.aggressor = record.flags === 1 ? 'buy' : 'sell'
    tape.id = record.text
    this.#parts.rows.trade(tape)
    this.#parts.host.trade(market.symbolIndex, tape.view)
  }

  #book(record: MarketRecord): void {
    this.counts.book++
    const market = this.#markets[record.market]!
    const builder = this.builders[record.market]!
    builder.due(record.number[AT.tsEvent]! - (builder.candles.traded ? BOOK_LEAD_US : 0))
    this.#heard(record, builder)
    const { name } = this.#parts.sources[record.source]!
    const outcome = this.books.apply(record, name)
    if (outcome !== 'crossed' && outcome !== 'invalid') return
    const message = `[${market.venue} ${market.symbol}] its book is ${outcome}. It is emptied until the next snapshot.`
    this.#parts.host.reject(name, `book.${outcome}`, message, market.symbolIndex)
    this.#row(`${market.venue}:${market.symbol}:book`, market, 'desync', this.#now[1]!, NaN)
  }

  #candle(record: MarketRecord): void {
    this.counts.candle++
    this.#feeding[record.market] = record.source
    this.#measureDelay(record)
    const builder = this.builders[record.market]!
    if (record.kind === KIND.backfill && builder.isClosed(record)) this.#backfill(record)
    else builder.candle(record)
    this.#now[3] = -Infinity
    if (!this.#warned.has(record.market)) this.#warnUnmade(record)
  }

  /** Says once of a market which timeframes its candles cannot make. */
  #warnUnmade({ market, source, text }: MarketRecord): void {
    this.#warned.add(market)
    const { symbol, symbolIndex } = this.#markets[market]!
    const { unmade } = this.builders[market]!.candles
    if (unmade.length === 0) return
    const message = `[data ${symbol}] ${unmade.join(', ')} cannot be made of ${text} candles. Feed trades, or candles that divide them.`
    this.#parts.host.reject(this.#parts.sources[source]!.name, 'data.timeframe', message, symbolIndex)
  }

  /** A newer version of a closed candle: for the mirror and the store, from its sequence on; nothing closes again. */
  #backfill(record: MarketRecord): void {
    const market = this.#markets[record.market]!
    const builder = this.builders[record.market]!
    const version = candleEvent(market, builder.version(record), this.#stamp(market))
    this.#keep(market, version)
    this.#foldAnew(market, builder.candles.find(version.timeframe), version.openTime)
  }

  /** Makes newer versions of the closed coarser candles that hold the finer one at `openTime`. */
  #foldAnew(market: Market, finer: FormingCandle | undefined, openTime: number): void {
    const mirror = this.#parts.rows.candles
    for (const coarser of this.builders[market.index]!.candles.all) {
      const { child, lengthUs, timeframe, number } = coarser
      if (!child || child !== finer) continue
      const from = openTimeOf(openTime, lengthUs)
      if (!(from <= number[FORMING.lastOpenTime]!)) continue
      const children = mirror.candles(this.#series(market, child.timeframe), from, from + lengthUs)
      if (!children || children.length * child.lengthUs < lengthUs) continue
      const folded = refold(children, market.instrument.lot)
      this.#keep(market, Object.freeze({
        ...stampOf(market, this.#stamp(market)), timeframe, openTime: from, closeTime: from + lengthUs, ...folded,
      }))
      this.#foldAnew(market, coarser, from)
    }
  }

  #gap(record: MarketRecord): void {
    for (const market of this.#markets) {
      if (record.market !== NONE && record.market !== market.index) continue
      if (record.market === NONE && !this.builders[market.index]!.ticking) continue
      this.builders[market.index]!.gap(GAP)
      this.books.lose(market.index, this.#originOf(market))
      if (Number.isNaN(this.#gaps[market.index])) this.#gaps[market.index] = this.#now[1]!
      this.#row(`${market.venue}:${market.symbol}`, market, 'gap', this.#gaps[market.index]!, NaN, record.text)
    }
  }

  #fault(record: MarketRecord): void {
    const source = this.#parts.sources[record.source]?.name ?? 'ingest'
    if (record.market !== NONE) this.builders[record.market]!.taintOpen(REJECT)
    this.#parts.host.reject(source, record.text, record.message, this.#markets[record.market]?.symbolIndex)
    // What it changed is not known: without it the book would be wrong and say it is live.
    if (record.flags === 1 && record.market !== NONE) this.books.lose(record.market, source)
  }

  #heard(record: MarketRecord, builder: CandleBuilder): void {
    const { market } = record
    this.#feeding[market] = record.source
    this.#measureDelay(record)
    if (builder.heard(record)) this.#now[3] = -Infinity
    if (Number.isNaN(this.#gaps[market])) return
    const of = this.#markets[market]!
    this.#row(`${of.venue}:${of.symbol}`, of, 'gap', this.#gaps[market]!, record.number[AT.tsEvent]!)
    this.#gaps[market] = NaN
  }

  #measureDelay(record: MarketRecord): void {
    if (this.#delays[this.#venues[record.market]!]!.add(record.number, AT.tsEvent, AT.tsInit)) this.#now[3] = -Infinity
  }

  /** Closes what the time of receipt has passed, in every market. */
  #closeOverdue(tsInit: number): void {
    this.books.age((market) => this.#originOf(market))
    let next = Infinity
    for (let market = 0; market < this.builders.length; market++) {
      const builder = this.builders[market]!
      const grace = this.#graceOf(market)
      builder.overdue(tsInit - grace)
      next = Math.min(next, builder.nextDue + grace)
    }
    this.#now[3] = next
  }

  #graceOf(market: number): number {
    return GRACE_US + this.#delays[this.#venues[market]!]!.medianUs
  }

  #stamp(market: Market) {
    return { now: this.#now, origin: this.#originOf(market) }
  }

  #originOf(market: Market): string {
    return this.#parts.sources[this.#feeding[market.index]!]?.name ?? 'core'
  }

  #keep(market: Market, candle: Candle): void {
    const { candles, averages, projector } = this.#parts.rows
    candles.put(this.#series(market, candle.timeframe), candle, this.#now[0]!)
    averages.add(projector, market.symbol, candle)
  }

  /** The index of a series in the mirror. */
  #series({ index, venue, symbol }: Market, timeframe: Timeframe): number {
    const known = this.#mirrored[index]!.get(timeframe)
    if (known !== undefined) return known
    const series = this.#parts.rows.candles.add(venue, symbol, timeframe)
    this.#mirrored[index]!.set(timeframe, series)
    return series
  }

  #taint(market: Market, candle: FormingCandle, reason: TaintReason, from: number, to: number): void {
    this.#parts.rows.candles.taint(this.#series(market, candle.timeframe), from, reason)
    this.#row(candleSeriesId(market.venue, market.symbol, candle.timeframe), market, reason, from, to)
  }

  #row(series: string, { symbol }: Market, reason: TaintReason, start: number, end: number, detail = ''): void {
    this.#parts.rows.projector.add('gaps', { series, symbol, start, end, reason, detail })
  }
}

interface SavedDesk {
  readonly counts: MarketDesk['counts']
  readonly warned: readonly number[]
  readonly now: Float64Array
  readonly feeding: Uint16Array
  readonly gaps: Float64Array
  readonly builders: readonly Plain[]
  readonly delays: readonly Plain[]
  readonly books: Plain
}
