import {
  TapeloomError, timeframeUs, type DataFeed, type DataHost, type DataPort, type EventOf, type Instrument, type MarketInput,
  type MarketSymbol, type Plain, type RunManifest, type Source, type Store, type Timeframe,
} from '@tapeloom/core'
import { checkInput } from '../ingest/input-check.ts'
import { MarketRecord } from '../ingest/market-record.ts'
import { marketTable } from '../ingest/market-table.ts'
import { PushedSource } from '../ingest/pushed-source.ts'
import { candleSeriesId } from '../series/series-id.ts'
import { memoryStore } from '../store/memory-store.ts'
import { columnsOfCandles, storedCandles, type CandleColumns, type HistoryRange } from './candle-history.ts'
import { closedCandles } from './closed-candles.ts'
import { MarketFeed } from './market-feed.ts'
import { PivotLevels, type PivotLevel } from './pivot-levels.ts'

/** What a `DataProvider` is made of; all of it optional. */
export interface DataProviderOptions {
  /** Where market data comes from, in the order that breaks ties of time. */
  readonly sources?: readonly Source[]
  /** Where history is kept; in memory by default. */
  readonly store?: Store
  /** Folder of the journal; by default beside a store on disk, and none for one in memory. */
  readonly journal?: string
  /** Candles to make beside those that modules ask for. */
  readonly timeframes?: readonly Timeframe[]
  /** The venue whose candles and book are a symbol's; by default the first that feeds it. */
  readonly priceVenue?: Readonly<Record<MarketSymbol, string>>
  /** Whether the store keeps each trade too, in `trades`; default false: the journal has them all. */
  readonly trades?: boolean
  /** Whether a `journalSource` that is the one source repeats its run; default true. False: only its market inputs are taken, as of any recording. */
  readonly repeat?: boolean
  /** Told what cannot be written while the run goes on: the store, or a snapshot. */
  readonly behind?: (error: TapeloomError) => void
  /** What `ingest` takes beside the instruments of the sources. */
  readonly instruments?: readonly Instrument[]
}

type CandleListener = (candle: EventOf<'candle:close'>) => void
type PivotListener = (pivot: EventOf<'pivot:confirm'>) => void

/**
 * How market data enters: sources and `ingest` in; candles, books, history and a journal out. Give it to an
 * `Orchestrator`, which drives it.
 * @throws TapeloomError `duration.form` for a timeframe that is none
 */
export class DataProvider implements DataPort {
  readonly store: Store
  readonly sources: readonly Source[]
  readonly #options: DataProviderOptions
  readonly #pushed: PushedSource
  readonly #pivots = new PivotLevels()
  readonly #counts = new Map<string, number>()
  readonly #candleListeners: { readonly listener: CandleListener; stop?: () => void }[] = []
  readonly #pivotListeners: { readonly listener: PivotListener; stop?: () => void }[] = []
  readonly #scratch = new MarketRecord()
  #wanted: readonly Timeframe[] = []
  #host: DataHost | undefined
  #feed: MarketFeed | undefined
  #storeFailure: TapeloomError | undefined

  constructor(options: DataProviderOptions = {}) {
    for (const timeframe of options.timeframes ?? []) timeframeUs(timeframe)
    this.#options = options
    this.store = options.store ?? memoryStore()
    this.sources = [...(options.sources ?? [])]
    this.#pushed = new PushedSource(options.instruments ?? [], this.sources, options.priceVenue ?? {})
  }

  /** Rejected and dropped inputs so far, by `<source> <code>`. */
  get rejected(): ReadonlyMap<string, number> {
    return this.#counts
  }

  /** Why the store is no longer written, while the journal goes on; the next start writes what is missing. */
  get storeFailure(): TapeloomError | undefined {
    return this.#storeFailure
  }

  attach(host: DataHost): DataFeed {
    if (this.#feed) throw new TapeloomError('data.attached', '[data] drives an orchestrator already. Make a DataProvider for each.')
    const { journal, priceVenue = {}, timeframes = [], trades = false, repeat = true } = this.#options
    const wanted = [...new Set([...host.timeframes, ...timeframes])].sort((a, b) => timeframeUs(a) - timeframeUs(b))
    const folder = journal ?? (this.store.path === undefined ? undefined : `${this.store.path}.journal/local`)
    this.#wanted = wanted
    this.#pushed.live = host.mode === 'live'
    this.#host = host
    this.#feed = new MarketFeed({
      sources: [...this.sources, this.#pushed], store: this.store, journal: folder, wanted, priceVenue, trades, repeat,
      counted: (source, code) => this.#counted(source, code),
      opened: (manifest) => this.#opened(manifest),
      behind: (error) => this.#fellBehind(error),
      provider: { snapshot: () => this.#snapshot(), restore: (state) => this.#restore(state) },
    }, host)
    host.on('pivot:confirm', (pivot) => this.#pivots.confirmed(pivot), 'data')
    for (const entry of this.#candleListeners) entry.stop = host.on('candle:close', entry.listener, 'data')
    for (const entry of this.#pivotListeners) entry.stop = host.on('pivot:confirm', entry.listener, 'data')
    return this.#feed
  }

  /**
   * Pushes inputs beside the sources: all of them, or none.
   * @throws TapeloomError `data.*` for an input that a source's would be rejected for, `data.ended` when the sources of a
   * replay have ended; nothing has changed then
   */
  ingest(input: MarketInput | readonly MarketInput[]): void {
    const inputs: readonly MarketInput[] = Array.isArray(input) ? (input as readonly MarketInput[]) : [input as MarketInput]
    const { symbols } = this.#feed?.table ?? marketTable([...this.sources, this.#pushed], this.#options.priceVenue)
    for (const one of inputs) {
      if (one.kind === 'reject') continue
      const market = symbols.find(({ symbol }) => symbol === one.symbol)
      const fault = market
        ? checkInput(one, market, this.#scratch)
        : { code: 'data.symbol', message: `'${one.symbol}' is not known. Give its instrument in the option instruments.` }
      if (fault) throw new TapeloomError(fault.code, `[data ingest] ${one.kind}: ${fault.message}`)
    }
    this.#pushed.push(inputs)
  }

  /**
   * Calls the listener at each close of a candle, in order; returns the unsubscriber. With `replay`, first and at once
   * with those of the newest so many closed candles of each series that are in memory (their `origin` is `replay`).
   */
  subscribeCandleCompletion(
    listener: CandleListener, filter: { readonly symbol?: MarketSymbol; readonly timeframe?: Timeframe; readonly replay?: number } = {},
  ): () => void {
    const { symbol, timeframe, replay = 0 } = filter
    if (replay > 0 && this.#feed?.isOpen) for (const candle of closedCandles(this.#feed, timeframe ? [timeframe] : this.#wanted, replay, symbol)) listener(candle)
    const filtered: CandleListener = (candle) => {
      if ((symbol ?? candle.symbol) === candle.symbol && (timeframe ?? candle.timeframe) === candle.timeframe) listener(candle)
    }
    return this.#subscribe('candle:close', this.#candleListeners, filtered)
  }

  /** Calls the listener at each confirmed pivot, in order; returns the unsubscriber. */
  subscribePivotEvents(
    listener: PivotListener, filter: { readonly symbol?: MarketSymbol; readonly level?: number } = {},
  ): () => void {
    const { symbol, level } = filter
    const filtered: PivotListener = (pivot) => {
      if ((symbol ?? pivot.symbol) === pivot.symbol && (level ?? pivot.level) === pivot.level) listener(pivot)
    }
    return this.#subscribe('pivot:confirm', this.#pivotListeners, filtered)
  }

  /**
   * Candles of a symbol's price venue, from memory where it reaches, else from the store.
   * @throws TapeloomError `duration.form`, `store.*`
   */
  async getHistoricalData(symbol: MarketSymbol, timeframe: Timeframe, range: HistoryRange = {}): Promise<CandleColumns> {
    timeframeUs(timeframe)
    const market = this.#feed?.table?.symbols.find((one) => one.symbol === symbol)
    const { start = -Infinity, end = Infinity, asOf = Infinity, limit } = range
    if (this.#feed?.isOpen) {
      const mirror = this.#feed.rows.candles
      const series = market ? mirror.find(candleSeriesId(market.venue, symbol, timeframe)) : -1
      const candles = series < 0 ? [] : mirror.candles(series, start, end, asOf)
      if (candles) return columnsOfCandles(limit === undefined ? candles : candles.slice(-limit || candles.length))
      await this.#feed.flush()
    } else await this.store.open()
    return storedCandles(this.store, market?.venue, symbol, timeframe, range)
  }

  /** The newest confirmed swings of a symbol, by level. @throws TapeloomError `data.pivot-module` when nothing confirms any */
  getWilliamsPivotLevels(symbol: MarketSymbol): readonly PivotLevel[] {
    return this.#pivots.of(symbol)
  }

  #subscribe<K extends 'candle:close' | 'pivot:confirm'>(
    topic: K, entries: { readonly listener: (event: EventOf<K>) => void; stop?: () => void }[], listener: (event: EventOf<K>) => void,
  ): () => void {
    const entry: { readonly listener: (event: EventOf<K>) => void; stop?: () => void } = { listener }
    entries.push(entry)
    if (this.#host) entry.stop = this.#host.on(topic, listener, 'data')
    return () => {
      entries.splice(entries.indexOf(entry) >>> 0, 1)
      entry.stop?.()
    }
  }

  #snapshot(): Plain {
    return { pivots: this.#pivots.snapshot(), counts: [...this.#counts] }
  }
  #restore(state: Plain): void {
    const { pivots, counts } = state as unknown as { pivots: Plain; counts: readonly (readonly [string, number])[] }
    this.#pivots.restore(pivots)
    this.#counts.clear()
    for (const [key, count] of counts) this.#counts.set(key, count)
  }

  #counted(source: string, code: string): void {
    const key = `${source} ${code}`
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
  }

  #fellBehind(error: TapeloomError): void {
    if (error.code === 'store.behind') this.#storeFailure = error
    this.#options.behind?.(error)
  }

  #opened(manifest: RunManifest): void {
    this.#pivots.opened(manifest)
  }
}
