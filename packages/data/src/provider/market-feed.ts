import {
  decodePlain, TapeloomError, type AdvanceState, type BookReader, type DataFeed, type DataHost, type HostRecord, type LaneReader, type Plain,
  type RunManifest,
} from '@tapeloom/core'
import { AT, KIND, MarketRecord, NONE } from '../ingest/market-record.ts'
import type { MarketTable } from '../ingest/market-table.ts'
import { elapsedMs, receivedAt } from '../ingest/wall-clock.ts'
import { isSamePlan } from '../journal/journal-manifest.ts'
import { hostKind, isHostRecord, RunJournal } from '../journal/run-journal.ts'
import { snapshotBehind, storeBehind } from './behind-journal.ts'
import type { FeedOptions } from './feed-options.ts'
import { prepareFeed, type PreparedFeed } from './prepared-feed.ts'
import { RunRows } from './run-rows.ts'
import type { Watchdog } from './watchdog.ts'
import { writtenAhead } from './written-ahead.ts'

/** Inputs before others have a turn. */
const TURN = 1024
const SECOND_US = 1e6
/** A recording that is silent for longer had ended: no time is made up in between. */
const LONGEST_SILENCE_US = 3600e6
const JOURNAL_MS = 10

/** Drives the inputs of one orchestrator: merge, check, journal, apply, dispatch. */
export class MarketFeed implements DataFeed {
  readonly rows: RunRows
  readonly #options: FeedOptions
  readonly #host: DataHost
  readonly #record = new MarketRecord()
  readonly #stop = new AbortController()
  /** `[sequence, tsInit]` of the newest input, and whether it was the gap of a silence (1). */
  readonly #newest = Float64Array.of(0, 0, 0)
  #prepared: PreparedFeed | undefined
  #journal: RunJournal | undefined
  #watchdog: Watchdog | undefined
  #open = false
  #writtenMs = 0
  /** tsInit through which silence is told after the sources have ended; NaN: they have not. */
  #endAt = NaN
  /** An earlier run was gone on with: what a live market did meanwhile is not known. */
  #resumed = false
  /** An input of the host is under way. */
  #hosting = false
  /** Its payload, where it is one of a journal. */
  #payload: Plain = null
  /** What the host of another run did is repeated from its journal. */
  repeating = false

  constructor(options: FeedOptions, host: DataHost) {
    this.#options = options
    this.#host = host
    this.rows = new RunRows(options.store, host, options.trades)
  }

  get symbols(): DataFeed['symbols'] {
    return this.#parts.symbols
  }
  get lanes(): LaneReader {
    return this.#parts.lanes
  }
  get books(): readonly BookReader[] {
    return this.#parts.desk.books.readers
  }
  get counts(): DataFeed['counts'] {
    return this.#parts.desk.counts
  }
  get progress(): DataFeed['progress'] {
    const { trade, book, candle } = this.counts
    return { done: trade + book + candle, total: this.#parts.inputs.total }
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
    this.#prepared ??= await prepareFeed(this.#options, this.#host, this.rows, () => this.flush())
  }

  async open(manifest: RunManifest): ReturnType<DataFeed['open']> {
    const { store } = this.#options
    const { appliedThrough } = await store.open()
    try {
      return { snapshot: this.#openJournal(manifest, appliedThrough), hung: this.#journal?.hung }
    } catch (error) {
      this.#journal?.close()
      await store.close()
      throw error
    }
  }

  #openJournal(manifest: RunManifest, appliedThrough: number): Uint8Array | undefined {
    const { store, journal, sources, wanted, opened } = this.#options
    const { table, inputs, repeated } = this.#parts
    this.repeating = repeated !== undefined && isSamePlan(repeated.plan, manifest.plan)
    if (repeated) inputs.repeat(repeated, this.repeating)
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
    const snapshot = this.#journal?.snapshot(store.path === undefined ? Infinity : appliedThrough)
    this.rows.opened(writtenAhead(store, () => this.#journal?.write()), appliedThrough, (failure) => this.#behind(storeBehind(failure)))
    this.#open = true
    this.#resumed = (this.#journal?.end ?? 0) > 0
    opened(manifest)
    return snapshot
  }

  advance(limit: number): AdvanceState {
    if (this.#hosting) this.#endHosted()
    const state = this.#journal?.recovering ? this.#rerun() : this.#parts.repeated ? this.#repeat(limit) : this.#run(limit)
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
    const record = this.#record
    const [sequence, tsInit, kind] = [this.#newest[0]! + 1, record.number[AT.tsInit]!, hostKind(record)]
    const payload = this.#payload
    this.#journal?.appendHost(sequence, record, kind, payload)
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
    this.rows.layout(layoutId, columns)
  }

  freeze(symbolIndex: number, time: number, layoutId: string, values: Float64Array, taint: readonly string[]): void {
    const { symbol } = this.#parts.table.symbols[symbolIndex]!
    this.rows.freeze(layoutId, { symbol, time, taint }, values, this.#newest[0]!)
  }

  project(table: string, row: Readonly<Record<string, number | string | null>>): void {
    this.rows.projector.add(table, row)
  }

  async pressure(): Promise<void> {
    await this.rows.projector.pressure()
  }

  async flush(): Promise<void> {
    if (this.#hosting) this.#endHosted()
    this.#journal?.write()
    await this.rows.projector.flush()
  }

  snapshot(): Plain {
    if (this.#hosting) this.#endHosted()
    const { desk, inputs } = this.#parts
    return {
      version: 1, newest: this.#newest.slice(), endAt: this.#endAt, inputs: inputs.snapshot(), desk: desk.snapshot(),
      rows: this.rows.snapshot(), provider: this.#options.provider.snapshot(),
    }
  }

  restore(state: Plain): void {
    const saved = state as unknown as SavedFeed
    const { desk, inputs } = this.#parts
    this.#newest.set(saved.newest)
    this.#endAt = saved.endAt
    inputs.restore(saved.inputs)
    desk.restore(saved.desk)
    this.rows.restore(saved.rows)
    if (saved.provider) this.#options.provider.restore(saved.provider)
    if (!this.#journal?.recovering) this.rows.origin = 'snapshot'
    this.#journal?.restored(saved.newest[0]!)
  }

  async keepSnapshot(bytes: Uint8Array): Promise<void> {
    const { store } = this.#options
    if (store.path !== undefined && this.rows.projector.appliedThrough < this.#newest[0]!) return // a start would pass it over
    try {
      this.#journal?.keepSnapshot(this.#newest[0]!, bytes)
    } catch (error) {
      this.#behind(snapshotBehind(this.#options.journal, error))
    }
  }

  async watch(stamp: Float64Array, modules: readonly string[], afterUs: number): Promise<void> {
    const { Watchdog } = await import('./watchdog.ts') // only runs that are watched load it
    this.#watchdog ??= new Watchdog({ stamp, afterMs: afterUs / 1000, marker: this.#journal?.hungMarker })
    this.#watchdog.modules(modules)
  }

  async close(): Promise<void> {
    await this.#watchdog?.stop()
    this.#stop.abort()
    this.#prepared?.inputs.merge.stop()
    if (!this.#open) return
    this.#open = false
    try {
      await this.flush()
      this.#journal?.close()
    } finally {
      await this.#options.store.close()
    }
  }

  /** Tells what the journal makes good; false where there is none. */
  #behind(error: TapeloomError | undefined): boolean {
    if (!error || !this.#journal) return false
    this.#options.behind(error)
    return true
  }

  get #parts() {
    if (this.#prepared) return this.#prepared
    throw new TapeloomError('data.prepare', '[data] its symbols are not known yet. Await prepare() first.')
  }

  /** Runs the sources on. */
  #run(limit: number): AdvanceState {
    const { inputs, desk } = this.#parts
    inputs.start(this.#stop.signal)
    if (this.#resumed) {
      this.#resumed = false
      if (desk.ticking && this.#host.mode === 'live') this.#own(KIND.gap, this.#newest[1]!, 'restart')
    }
    for (let turn = TURN; turn > 0; turn--) {
      const bound = Math.min(limit, this.#host.due)
      const reader = inputs.merge.pick()
      if (!reader && inputs.merge.done) return this.#finish(bound)
      if (!reader) return this.#tickLive(limit)
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
      this.#parts.inputs.rerun(this.#record)
      if (found === 'host') return this.#recorded(journal.payload)
      this.#input(this.#record.number[AT.tsInit]!)
    }
    return 'turn'
  }

  /** Runs on with what another run journalled, its ticks and what its host did included: here nothing of that is made. */
  #repeat(limit: number): AdvanceState {
    const { inputs } = this.#parts
    inputs.start(this.#stop.signal)
    for (let turn = TURN; turn > 0; turn--) {
      const { due } = this.#host
      const bound = this.repeating && due > -Infinity ? limit : Math.min(limit, due)
      const reader = inputs.merge.pick()
      if (!reader && inputs.merge.done) return this.repeating ? 'ended' : this.#finish(bound)
      if (!reader) return 'starved'
      const tsInit = Math.max(this.#newest[1]!, inputs.timeOf(reader))
      if (tsInit >= bound) return 'limit'
      this.#endAt = NaN
      if (!inputs.take(reader, this.#record, tsInit)) continue
      if (isHostRecord(this.#record)) return this.#recorded(inputs.payload)
      this.#input(tsInit)
    }
    return 'turn'
  }

  #recorded(payload: Uint8Array): AdvanceState {
    this.#payload = decodePlain(payload)
    return 'recorded'
  }

  /** Journals and applies what stands in the record. */
  #input(tsInit: number): void {
    const sequence = this.#newest[0]! + 1
    this.#journal?.append(sequence, this.#record)
    this.#begin(sequence, this.#record.number[AT.tsEvent]!, tsInit)
    this.#newest[2] = this.#record.kind === KIND.gap && this.#record.market === NONE ? 1 : 0
    this.#parts.desk.apply(this.#record, sequence)
    this.#host.end()
    this.rows.end(this.#newest[1]!)
  }

  #begin(sequence: number, tsEvent: number, tsInit: number): void {
    this.#newest[0] = sequence
    this.#newest[1] = tsInit
    this.#host.begin(sequence, tsEvent, tsInit)
    this.rows.begin(sequence)
  }

  /** The host's input is over: the host has ended it itself. */
  #endHosted(): void {
    this.#hosting = false
    this.rows.end(this.#newest[1]!)
  }

  /** Between two inputs: a tick each second, or, when it is too long, a gap. */
  #silence(last: number, next: number, bound: number): 'limit' | 'told' | undefined {
    if (last + SECOND_US >= bound) return 'limit'
    if (next - last <= LONGEST_SILENCE_US) this.#tick(last + SECOND_US)
    else if (this.#newest[2] === 1) return undefined
    else this.#own(KIND.gap, last + SECOND_US, 'silence')
    return 'told'
  }

  /** While only live sources are awaited, a second without input is told, and time itself reaches the limit. */
  #tickLive(limit: number): AdvanceState {
    const { inputs, desk } = this.#parts
    if (!inputs.merge.live) return 'starved'
    const [now, last] = [receivedAt(), this.#newest[1]!]
    const isSilent = desk.ticking && this.#newest[0]! > 0 && now - last > SECOND_US
    if (isSilent && this.#silence(last, now, limit) === 'told') return 'turn'
    return now >= limit ? 'limit' : 'starved'
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
}

interface SavedFeed {
  readonly newest: Float64Array
  readonly endAt: number
  readonly inputs: Plain
  readonly desk: Plain
  readonly rows: Plain
  /** Absent in snapshots of earlier releases. */
  readonly provider?: Plain
}
