import {
  TapeloomError, type AdvanceState, type BookReader, type DataFeed, type DataHost, type HostRecord, type LaneReader, type Plain,
  type RunManifest, type Source, type Store, type Timeframe,
} from '@tapeloom/core'
import { InputMerge } from '../ingest/input-merge.ts'
import { InputReader } from '../ingest/input-reader.ts'
import { AT, KIND, MarketRecord, NONE } from '../ingest/market-record.ts'
import { marketTable, type MarketTable } from '../ingest/market-table.ts'
import { elapsedMs, receivedAt } from '../ingest/wall-clock.ts'
import { RunJournal } from '../journal/run-journal.ts'
import { CandleMirror } from '../series/candle-mirror.ts'
import { FeatureMirror } from '../series/feature-mirror.ts'
import { SeriesLaneReader } from '../series/lane-reader.ts'
import { CandleProjection } from '../store/candle-projection.ts'
import { projectFeatures } from '../store/feature-projection.ts'
import { Projector } from '../store/projector.ts'
import { EventProjection } from './event-projection.ts'
import { MarketDesk } from './market-desk.ts'

/** What a feed is made of. */
export interface FeedOptions {
  readonly sources: readonly Source[]
  readonly store: Store
  /** Folder of the journal; undefined: none is kept. */
  readonly journal: string | undefined
  readonly wanted: readonly Timeframe[]
  readonly priceVenue: Readonly<Record<string, string>>
  /** A rejected or dropped input, counted by source and code. */
  counted(source: string, code: string): void
  /** Called when the store and the journal are open. */
  opened(manifest: RunManifest): void
}

/** Inputs before others have a turn. */
const TURN = 1024
const SECOND_US = 1e6
/** A recording that is silent for longer had ended: no time is made up in between. */
const LONGEST_SILENCE_US = 3600e6
const JOURNAL_MS = 10

/** Drives the inputs of one orchestrator: merge, check, journal, apply, dispatch. */
export class MarketFeed implements DataFeed {
  readonly mirror = new CandleMirror()
  readonly #options: FeedOptions
  readonly #host: DataHost
  readonly #features = new FeatureMirror()
  readonly #averages = new CandleProjection()
  readonly #events: EventProjection
  readonly #record = new MarketRecord()
  readonly #stop = new AbortController()
  /** `[sequence, tsInit]` of the newest input, and whether it was the gap of a silence (1). */
  readonly #newest = Float64Array.of(0, 0, 0)
  #prepared: { readonly table: MarketTable; readonly desk: MarketDesk; readonly lanes: LaneReader; readonly inputs: InputReader } | undefined
  #projector: Projector
  #journal: RunJournal | undefined
  #open = false
  #restored = false
  #told = new Set<string>()
  /** Rows to add with the next input. */
  #untold: (() => void)[] = []
  #writtenMs = 0
  /** tsInit through which silence is told after the sources have ended; NaN: they have not. */
  #endAt = NaN
  /** An input of the host is under way. */
  #hosting = false

  constructor(options: FeedOptions, host: DataHost) {
    this.#options = options
    this.#host = host
    this.#projector = new Projector(options.store, 0)
    this.#events = new EventProjection(() => this.#projector)
    this.#events.listen(host)
  }

  get symbols(): DataFeed['symbols'] {
    const { table, desk } = this.#parts
    return table.symbols.map(({ symbol, instrument, index }) => ({
      symbol, instrument, get boundaryUs() { return desk.builders[index]!.boundaryUs },
    }))
  }
  get lanes(): LaneReader {
    return this.#parts.lanes
  }
  get books(): readonly BookReader[] {
    return this.#parts.desk.books
  }
  get counts(): DataFeed['counts'] {
    return this.#parts.desk.counts
  }
  get progress(): DataFeed['progress'] {
    return { done: this.#newest[0]!, total: this.#parts.inputs.total }
  }
  get recovering(): boolean {
    return this.#journal?.recovering ?? false
  }
  get journalled(): boolean {
    return this.#journal !== undefined
  }
  get table(): MarketTable | undefined {
    return this.#prepared?.table
  }
  /** Whether the mirror answers for the run: before, only the store can. */
  get isOpen(): boolean {
    return this.#open
  }

  async prepare(): Promise<void> {
    if (this.#prepared) return
    const { sources, wanted, priceVenue, store } = this.#options
    for (const source of sources) await source.prepare?.()
    const table = marketTable(sources, priceVenue)
    const desk = new MarketDesk({
      host: this.#host, table, sources, wanted, mirror: this.mirror, averages: this.#averages, projector: () => this.#projector,
    })
    const lanes = new SeriesLaneReader({
      candles: this.mirror, features: this.#features, store, symbols: table.symbols,
      asOf: (index) => desk.builders[table.symbols[index]!.index]!.lastBoundary,
      settle: () => this.flush(),
    })
    const inputs = new InputReader(new InputMerge(sources), table, desk.builders, this.#options.counted)
    this.#prepared = { table, desk, lanes, inputs }
  }

  async open(manifest: RunManifest): Promise<{ readonly snapshot: Uint8Array | undefined }> {
    const { store, journal, sources, wanted, opened } = this.#options
    const { table } = this.#parts
    const { appliedThrough } = await store.open()
    if (journal !== undefined) {
      this.#journal = new RunJournal(journal, manifest, {
        sources, instruments: table.markets.map(({ instrument }) => instrument), settings: { timeframes: [...wanted] },
      })
    }
    if (appliedThrough > (this.#journal?.end ?? 0) && store.path !== undefined) {
      throw new TapeloomError(
        'journal.behind',
        `[journal ${journal}] ends at ${this.#journal?.end ?? 0}, but ${store.path} holds rows through ${appliedThrough}. ` +
          'Put the journal back beside it, or use a new store.',
      )
    }
    this.#projector = new Projector(writtenAhead(store, () => this.#journal?.write()), appliedThrough)
    this.#open = true
    opened(manifest)
    return { snapshot: this.#journal?.snapshot() }
  }

  advance(limit: number): AdvanceState {
    if (this.#hosting) this.#endHosted()
    const state = this.#journal?.recovering ? this.#rerun() : this.#run(limit)
    const journal = this.#journal
    if (journal && journal.waiting > 0) {
      const now = elapsedMs()
      if (state === 'starved' || state === 'ended' || now - this.#writtenMs >= JOURNAL_MS) {
        journal.write()
        this.#writtenMs = now
      }
    }
    return state
  }

  async fill(signal: AbortSignal): Promise<void> {
    this.#parts.inputs.start(this.#stop.signal)
    await this.#parts.inputs.merge.fill(AbortSignal.any([signal, this.#stop.signal]))
  }

  takeRecord(): HostRecord {
    const { kind, payload } = this.#journal!.takeHostRecord(this.#record)
    const [sequence, tsInit] = [this.#newest[0]! + 1, this.#record.number[AT.tsInit]!]
    this.#begin(sequence, tsInit, tsInit)
    this.#hosting = true
    return { kind, sequence, tsInit, payload }
  }

  append(kind: HostRecord['kind'], payload: Plain, tsInit: number): number {
    if (this.#hosting) this.#endHosted()
    const record = this.#record
    const sequence = this.#newest[0]! + 1
    const time = Math.max(tsInit, this.#newest[1]!)
    record.number[AT.sourceSequence] = 0
    record.number[AT.tsEvent] = record.number[AT.tsInit] = time
    this.#journal?.appendHost(sequence, record, kind, payload)
    this.#begin(sequence, time, time)
    this.#hosting = true
    return sequence
  }

  layout(layoutId: string, columns: readonly string[]): void {
    this.#features.layout(layoutId, columns)
    if (this.#told.has(layoutId)) return
    this.#told.add(layoutId)
    this.#untold.push(() => columns.forEach((column, position) =>
      this.#projector.add('layouts', { layout: layoutId, position, column })))
  }

  freeze(symbolIndex: number, time: number, layoutId: string, values: Float64Array, taint: readonly string[]): void {
    const { symbol } = this.#parts.table.symbols[symbolIndex]!
    this.#features.put(symbol, time, layoutId, values, this.#newest[0]!)
    const origin = this.#restored ? 'snapshot' : 'cold'
    projectFeatures(this.#projector, layoutId, this.#features.columns(layoutId), { symbol, time, taint, origin }, values)
  }

  project(table: string, row: Readonly<Record<string, number | string | null>>): void {
    this.#projector.add(table, row)
  }

  async pressure(): Promise<void> {
    await this.#projector.pressure()
  }

  async flush(): Promise<void> {
    if (this.#hosting) this.#endHosted()
    this.#journal?.write()
    await this.#projector.flush()
  }

  snapshot(): Plain {
    if (this.#hosting) this.#endHosted()
    const { desk, inputs } = this.#parts
    return {
      version: 1, newest: this.#newest.slice(), endAt: this.#endAt, told: [...this.#told], inputs: inputs.snapshot(),
      desk: desk.snapshot(), mirror: this.mirror.snapshot(), features: this.#features.snapshot(),
      averages: this.#averages.snapshot(), events: this.#events.snapshot(),
    }
  }

  restore(state: Plain): void {
    const saved = state as unknown as SavedFeed
    const { desk, inputs } = this.#parts
    this.#newest.set(saved.newest)
    this.#endAt = saved.endAt
    for (const name of saved.told) this.#told.add(name)
    this.#untold = []
    inputs.restore(saved.inputs)
    desk.restore(saved.desk)
    this.mirror.restore(saved.mirror)
    this.#features.restore(saved.features)
    this.#averages.restore(saved.averages)
    this.#events.restore(saved.events)
    this.#restored = !(this.#journal?.recovering ?? false)
    this.#journal?.restored(saved.newest[0]!)
  }

  async keepSnapshot(bytes: Uint8Array): Promise<void> {
    this.#journal?.keepSnapshot(this.#newest[0]!, bytes)
  }

  async close(): Promise<void> {
    this.#stop.abort()
    this.#prepared?.inputs.merge.stop()
    if (this.#open) await this.flush()
    this.#journal?.close()
    if (this.#open) await this.#options.store.close()
    this.#open = false
  }

  get #parts() {
    if (this.#prepared) return this.#prepared
    throw new TapeloomError('data.prepare', '[data] its symbols are not known yet. Await prepare() first.')
  }

  /** Runs the sources on. */
  #run(limit: number): AdvanceState {
    const { inputs, desk } = this.#parts
    inputs.start(this.#stop.signal)
    for (let turn = TURN; turn > 0; turn--) {
      const bound = Math.min(limit, this.#host.due)
      const reader = inputs.merge.pick()
      if (!reader && inputs.merge.done) return this.#finish(bound)
      if (!reader) return this.#tickLive() ?? 'starved'
      const last = this.#newest[1]!
      const tsInit = Math.max(last, inputs.timeOf(reader))
      if (tsInit - last > SECOND_US && this.#newest[0]! > 0 && desk.ticking) {
        const state = this.#silence(last, tsInit, bound)
        if (state === 'limit') return state
        if (state === 'told') continue
      }
      if (tsInit >= bound) return 'limit'
      this.#endAt = NaN
      if (inputs.take(reader, this.#record, tsInit)) this.#input(tsInit)
    }
    return 'turn'
  }

  /** Runs records of the journal again. */
  #rerun(): AdvanceState {
    const journal = this.#journal!
    for (let turn = TURN; turn > 0; turn--) {
      const found = journal.next(this.#record)
      if (found === 'end') return 'turn'
      if (found === 'host') return 'recorded'
      this.#parts.inputs.rerun(this.#record)
      this.#input(this.#record.number[AT.tsInit]!)
    }
    return 'turn'
  }

  /** Journals and applies what stands in the record. */
  #input(tsInit: number): void {
    const sequence = this.#newest[0]! + 1
    this.#journal?.append(sequence, this.#record)
    this.#begin(sequence, this.#record.number[AT.tsEvent]!, tsInit)
    this.#newest[2] = this.#record.kind === KIND.gap && this.#record.market === NONE ? 1 : 0
    this.#parts.desk.apply(this.#record, sequence)
    this.#host.end()
    this.#endRows()
  }

  #begin(sequence: number, tsEvent: number, tsInit: number): void {
    this.#newest[0] = sequence
    this.#newest[1] = tsInit
    this.#projector.begin(sequence)
    this.#host.begin(sequence, tsEvent, tsInit)
    if (!this.#told.has('instruments')) this.#tellInstruments()
    for (const tell of this.#untold.splice(0)) tell()
  }

  /** The host's input is over: the host has ended it itself. */
  #endHosted(): void {
    this.#hosting = false
    this.#endRows()
  }

  /** A batch is cut by its rows; in live runs by its age too, so that the store is never long behind. */
  #endRows(): void {
    this.#projector.end(this.#host.mode === 'live' ? this.#newest[1]! : 0)
  }

  /** Between two inputs of a recording: a tick each second, or, when it is too long, a gap. */
  #silence(last: number, next: number, bound: number): 'limit' | 'told' | undefined {
    if (last + SECOND_US >= bound) return 'limit'
    if (next - last <= LONGEST_SILENCE_US) this.#tick(last + SECOND_US)
    else if (this.#newest[2] === 1) return undefined
    else this.#own(KIND.gap, last + SECOND_US, 'silence')
    return 'told'
  }

  #tickLive(): AdvanceState | undefined {
    const { inputs, desk } = this.#parts
    if (!inputs.merge.live || !desk.ticking || this.#newest[0] === 0) return undefined
    const now = receivedAt()
    if (now - this.#newest[1]! < SECOND_US) return undefined
    this.#tick(now)
    return 'turn'
  }

  /** The sources have ended: time goes on until the interval of the last event is over. */
  #finish(bound: number): AdvanceState {
    if (Number.isNaN(this.#endAt)) this.#endAt = this.#parts.desk.settledAt
    for (let last = this.#newest[1]!; last < this.#endAt; last = this.#newest[1]!) {
      const at = Math.min(last + SECOND_US, this.#endAt)
      if (at >= Math.min(bound, this.#host.due)) return 'limit'
      this.#tick(at)
    }
    return 'ended'
  }

  #tick(tsInit: number): void {
    this.#own(KIND.tick, tsInit, '')
  }

  /** An input of the feed itself. */
  #own(kind: number, tsInit: number, text: string): void {
    const record = this.#record
    record.kind = kind
    record.source = record.market = NONE
    record.flags = 0
    record.text = text
    record.number[AT.sourceSequence] = 0
    record.number[AT.tsEvent] = record.number[AT.tsInit] = tsInit
    this.#input(tsInit)
  }

  #tellInstruments(): void {
    this.#told.add('instruments')
    for (const { instrument: one } of this.#parts.table.markets) {
      this.#projector.add('instruments', {
        symbol: one.symbol, venue: one.venue, kind: one.kind, tick_size: one.tickSize, lot_size: one.lotSize,
        contract_size: one.contractSize, tick: JSON.stringify(one.tick), lot: JSON.stringify(one.lot),
      })
    }
  }
}

/** A store that is written only after the journal: it is never ahead of what is acknowledged. */
const writtenAhead = (store: Store, writeJournal: () => void): Store => ({
  path: store.path,
  open: () => store.open(),
  read: (range) => store.read(range),
  close: () => store.close(),
  write(batch) {
    writeJournal()
    return store.write(batch)
  },
})

interface SavedFeed {
  readonly newest: Float64Array
  readonly endAt: number
  readonly told: readonly string[]
  readonly inputs: Plain
  readonly desk: Plain
  readonly mirror: Plain
  readonly features: Plain
  readonly averages: Plain
  readonly events: Plain
}
