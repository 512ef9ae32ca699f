import { TapeloomError } from '../error.ts'
import { BookTape } from '../event/book-tape.ts'
import { TradeTape } from '../event/trade-tape.ts'
import type { Plain } from '../module/state.ts'
import type { AdvanceState, DataFeed, DataHost, DataPort, HostRecord, LaneReader } from '../ports/data-port.ts'
import type { BookMessage, CandleMessage, MarketInput, MarketMessage, TradeMessage } from '../ports/source.ts'
import type { Store } from '../ports/store.ts'
import type { Candle } from '../vocabulary/candle.ts'
import { timeframeUs, type Timeframe } from '../vocabulary/duration.ts'
import { instrument } from '../vocabulary/instrument.ts'
import type { MarketSymbol } from '../vocabulary/symbol.ts'
import { CandleHistory } from './candle-history.ts'
import type { Tape } from './tapes.ts'
import { TestLadder } from './test-ladder.ts'

const SECOND_US = 1e6
const TURN = 20_000
const VENUE = 'test'

type Message<M> = Extract<MarketInput, M>
interface SavedFeed {
  readonly position: number
  readonly sequence: number
  readonly tsInit: number
  readonly seconds: Float64Array
  readonly ladders: readonly ReturnType<TestLadder['snapshot']>[]
}
/** What the kit learns of a run besides events: each frozen row, and the names of its columns. */
export type OnFreeze = (symbolIndex: number, time: number, values: Float64Array, columns: readonly string[]) => void

/** A store that keeps nothing: conformance reads outputs as they come. */
const nowhere: Store = {
  path: undefined,
  open: async () => ({ appliedThrough: 0 }),
  write: async () => {},
  read: async ({ table }) => ({ table, length: 0, columns: {} }),
  close: async () => {},
}

/** A data side in memory: events from a list, sorted by time of receipt, to the one orchestrator that runs over it. */
export function testPort(
  symbols: readonly MarketSymbol[],
  events: Iterable<MarketInput> | Tape,
  onFreeze: OnFreeze = () => {},
): DataPort & { feed: TestFeed } {
  const port = {
    store: nowhere,
    sources: [],
    feed: undefined as unknown as TestFeed,
    attach: (host: DataHost) => (port.feed = new TestFeed(host, symbols, events, onFreeze)),
  }
  return port
}

/** The symbols of a list of events, in the order of their first event. */
export const symbolsOf = (events: Iterable<MarketInput>): readonly MarketSymbol[] => [
  ...new Set(Array.from(events, ({ symbol }) => symbol).filter((symbol) => symbol !== undefined)),
]

/**
 * Feeds events to a host: trades and books as views, candles as they are (nothing is rolled up). A boundary ends each
 * second of a symbol with trades or books, else each candle of its finest series.
 */
export class TestFeed implements DataFeed {
  readonly symbols: DataFeed['symbols']
  readonly books: readonly TestLadder[]
  readonly lanes: LaneReader
  readonly counts = { trade: 0, book: 0, candle: 0 }
  readonly recovering = false
  readonly journalled = false
  readonly #host: DataHost
  readonly #events: Tape
  readonly #onFreeze: OnFreeze
  readonly #trades: readonly TradeTape[]
  readonly #tapes: readonly BookTape[]
  readonly #history: CandleHistory
  /** Per symbol: the second under way (µs), NaN where no trade or book was fed. */
  #seconds: Float64Array
  /** Per symbol: length of its finest candle series; Infinity before the first candle. */
  readonly #finest: Float64Array
  #columns: readonly string[] = []
  #position = 0
  #sequence = 0
  #tsInit = 0

  constructor(host: DataHost, symbols: readonly MarketSymbol[], events: Iterable<MarketInput> | Tape, onFreeze: OnFreeze) {
    this.#host = host
    this.#events = Symbol.iterator in events ? inOrder(events) : events
    this.#onFreeze = onFreeze
    const instruments = symbols.map((symbol) =>
      instrument(symbol, { venue: VENUE, tickSize: '0.01', lotSize: '0.0001' }),
    )
    const boundaryUs = host.boundaryUs ?? SECOND_US
    this.symbols = symbols.map((symbol, i) => ({
      symbol,
      instrument: instruments[i] as (typeof instruments)[number],
      boundaryUs,
    }))
    this.books = symbols.map(() => new TestLadder())
    this.#trades = instruments.map((one) => new TradeTape(one))
    this.#tapes = instruments.map((one, i) => new BookTape(one, this.books[i] as TestLadder))
    this.#history = new CandleHistory(symbols)
    this.lanes = this.#history
    this.#seconds = new Float64Array(symbols.length).fill(NaN)
    this.#finest = new Float64Array(symbols.length).fill(Infinity)
  }

  get progress() {
    return { done: this.#position, total: this.#events.length }
  }

  advance(limit: number): AdvanceState {
    for (let i = 0; i < TURN; i++) {
      const input = this.#events.at(this.#position)
      if (!input) return 'ended'
      if (receivedAt(input) >= Math.min(limit, this.#host.due)) return 'limit'
      this.#position++
      this.dispatch(input)
    }
    return 'turn'
  }

  /** Gives one event its place in the order and delivers it. @throws TapeloomError `testing.symbol` */
  dispatch(input: MarketInput): void {
    this.#tsInit = Math.max(this.#tsInit, receivedAt(input))
    this.#host.begin(++this.#sequence, input.tsEvent ?? this.#tsInit, this.#tsInit)
    if (input.kind === 'reject') this.#host.reject(VENUE, input.code, input.raw)
    else {
      const index = this.symbols.findIndex(({ symbol }) => symbol === input.symbol)
      if (index < 0)
        throw unknownSymbol(
          input.symbol,
          this.symbols.map(({ symbol }) => symbol),
        )
      if (input.kind === 'gap') (this.books[index] as TestLadder).status = 'gap'
      else if (input.kind === 'candle') this.#candle(index, input)
      else {
        this.#closeSeconds(index, input.tsEvent)
        if (input.kind === 'trade') this.#trade(index, input)
        else this.#book(index, input)
      }
    }
    this.#host.end()
  }

  #closeSeconds(index: number, tsEvent: number): void {
    const lengthUs = this.#host.boundaryUs ?? SECOND_US
    const second = Math.floor(tsEvent / lengthUs) * lengthUs
    for (let end = (this.#seconds[index] as number) + lengthUs; end <= second; end += lengthUs)
      this.#host.boundary(index, end)
    if (!(second < (this.#seconds[index] as number))) this.#seconds[index] = second
  }

  #trade(index: number, { tsEvent, price, quantity, aggressor, id = '' }: Message<TradeMessage>): void {
    const tape = this.#trades[index] as TradeTape
    Object.assign(tape, { sequence: this.#sequence, tsEvent, tsInit: this.#tsInit, price: Number(price), quantity: Number(quantity), aggressor, id, origin: VENUE })
    this.counts.trade++
    this.#host.trade(index, tape.view)
  }

  #book(index: number, { tsEvent, update, bids, asks }: Message<BookMessage>): void {
    const [tape, ladder] = [this.#tapes[index] as BookTape, this.books[index] as TestLadder]
    if (update === 'delta' && ladder.status !== 'live') return // nothing to change yet
    const changes = ladder.apply(update, bids, asks)
    ladder.status = 'live'
    tape.reserve(changes.length)
    for (const { side, price, quantity, previous } of changes) {
      tape.bid[tape.count] = side === 'bid' ? 1 : 0
      tape.price[tape.count] = price
      tape.quantity[tape.count] = quantity
      tape.previous[tape.count++] = previous
    }
    tape.kind = update
    tape.origin = VENUE
    tape.stamp.set([this.#sequence, tsEvent, this.#tsInit])
    this.counts.book++
    this.#host.book(index, tape.view)
  }

  #candle(index: number, input: Message<CandleMessage>): void {
    const lengthUs = timeframeUs(input.timeframe)
    const candle = closedCandle(input, lengthUs)
    this.#history.add(index, candle)
    this.counts.candle++
    this.#finest[index] = Math.min(this.#finest[index] as number, lengthUs)
    const { symbol } = input
    this.#host.candle(
      index,
      Object.freeze({
        ...candle,
        symbol,
        origin: VENUE,
        sequence: this.#sequence,
        tsEvent: input.tsEvent,
        tsInit: this.#tsInit,
      }),
    )
    if (Number.isNaN(this.#seconds[index]) && lengthUs === this.#finest[index])
      this.#host.boundary(index, candle.closeTime)
  }

  append(_kind: HostRecord['kind'], _payload: Plain, tsInit: number): number {
    this.#tsInit = Math.max(this.#tsInit, tsInit)
    this.#host.begin(++this.#sequence, this.#tsInit, this.#tsInit)
    return this.#sequence
  }
  takeRecord(): HostRecord {
    throw new TapeloomError(
      'testing.record',
      '[testing] there is no journal to take a record from. Run without recovery.',
    )
  }
  layout(_layoutId: string, columns: readonly string[]): void {
    this.#columns = columns
  }
  freeze(symbolIndex: number, time: number, _layoutId: string, values: Float64Array): void {
    this.#onFreeze(symbolIndex, time, values, this.#columns)
  }

  snapshot(): Plain {
    const ladders = this.books.map((ladder) => ladder.snapshot())
    const saved: SavedFeed = {
      position: this.#position,
      sequence: this.#sequence,
      tsInit: this.#tsInit,
      seconds: this.#seconds.slice(),
      ladders,
    }
    return saved as unknown as Plain
  }
  restore(state: Plain): void {
    const saved = state as unknown as SavedFeed
    this.#position = saved.position
    this.#sequence = saved.sequence
    this.#tsInit = saved.tsInit
    this.#seconds = saved.seconds.slice()
    saved.ladders.forEach((ladder, i) => this.books[i]?.restore(ladder))
    for (let i = 0; i < saved.position; i++) {
      const input = this.#events.at(i)
      if (input?.kind !== 'candle') continue
      const index = this.symbols.findIndex(({ symbol }) => symbol === input.symbol)
      this.#finest[index] = Math.min(this.#finest[index] as number, timeframeUs(input.timeframe))
      this.#history.add(index, closedCandle(input, timeframeUs(input.timeframe)))
    }
  }

  // Nothing is opened, journalled or stored.
  async prepare(): Promise<void> {}
  async open(): Promise<{ readonly snapshot: undefined }> {
    return { snapshot: undefined }
  }
  async fill(): Promise<void> {}
  project(): void {}
  async pressure(): Promise<void> {}
  async flush(): Promise<void> {}
  async keepSnapshot(): Promise<void> {}
  async close(): Promise<void> {}
}

const receivedAt = ({ tsInit, tsEvent }: MarketInput): number => tsInit ?? tsEvent ?? 0

/** By time of receipt; equal times keep their order. */
export const inOrder = (events: Iterable<MarketInput>): readonly MarketInput[] =>
  Array.from(events).sort((a, b) => receivedAt(a) - receivedAt(b))

function closedCandle(input: Message<CandleMessage & MarketMessage>, lengthUs: number): Candle {
  const {
    timeframe,
    openTime,
    open,
    high,
    low,
    close,
    volume,
    quoteVolume = NaN,
    trades = NaN,
    takerBuyVolume = NaN,
  } = input
  return Object.freeze({
    venue: VENUE,
    timeframe: timeframe as Timeframe,
    openTime,
    closeTime: openTime + lengthUs,
    open: Number(open),
    high: Number(high),
    low: Number(low),
    close: Number(close),
    volume: Number(volume),
    quoteVolume: Number(quoteVolume),
    trades,
    takerBuyVolume: Number(takerBuyVolume),
    taint: Object.freeze([]),
  })
}

function unknownSymbol(symbol: string, known: readonly string[]): TapeloomError {
  return new TapeloomError(
    'testing.symbol',
    `[testing] '${symbol}' is fed, but the harness runs ${known.join(', ')}. Set \`symbol\`.`,
  )
}
