import type { Plain } from '../module/state.ts'
import type { Lane } from '../module/network.ts'
import type { Candle } from '../vocabulary/candle.ts'
import type { Timeframe } from '../vocabulary/duration.ts'
import type { EventName, EventOf, EventStamp } from '../vocabulary/events.ts'
import type { Instrument } from '../vocabulary/instrument.ts'
import type { MarketSymbol } from '../vocabulary/symbol.ts'
import type { BookReader, BookView, TradeView } from '../vocabulary/views.ts'
import type { Source } from './source.ts'
import type { Store } from './store.ts'

/** The data side as the orchestrator is given it; `@tapeloom/data`'s DataProvider implements it. */
export interface DataPort {
  readonly store: Store
  readonly sources: readonly Source[]
  /** Binds it to the one orchestrator that will drive it. @throws TapeloomError `data.attached` the second time */
  attach(host: DataHost): DataFeed
}

/** What identifies a run: a journal is only continued under an equal one. */
export interface RunManifest {
  readonly seed: number
  /** id, package version and resolved options of each module, in plan order, and the decision settings. */
  readonly plan: Plain
  /** Node major, architecture, versions of natives: bit equality is promised where it is equal. */
  readonly fingerprint: string
}

/** What the data side calls, synchronously, in the order of the inputs. */
export interface DataHost {
  /** The timeframes that modules, lanes and targets use, shortest first; known when `open` is called. */
  readonly timeframes: readonly Timeframe[]
  /** The configured base interval in µs; undefined: 1 s where trades or books are fed, else the finest candle series. */
  readonly boundaryUs: number | undefined
  readonly mode: 'lockstep' | 'live'
  /** Read before each input: none at or after this time (µs) may begin, because a result is due then. */
  readonly due: number
  /** An input begins: from here on the clock says `tsInit`, and events carry `sequence`. */
  begin(sequence: number, tsEvent: number, tsInit: number): void
  trade(symbolIndex: number, view: TradeView): void
  book(symbolIndex: number, view: BookView): void
  /** A candle closed; called finest first, before `boundary`. The object is frozen. */
  candle(symbolIndex: number, candle: Candle & EventStamp): void
  /** The base interval that ends at `time` (µs, venue time) is over for a symbol. */
  boundary(symbolIndex: number, time: number): void
  /** Something of a source could not be used; of the first symbol where none is known. */
  reject(source: string, code: string, message: string, symbolIndex?: number): void
  /** The input is done: what handlers emitted is delivered. */
  end(): void
  on<K extends EventName>(topic: K, listener: (event: EventOf<K>) => void, owner: string): () => void
}

/** Something the host put into the journal: it is handed back at its place when a journal is run again. */
export interface HostRecord {
  readonly kind: 'command' | 'inference' | 'swap' | 'fault'
  readonly sequence: number
  readonly tsInit: number
  readonly payload: Plain
}

/**
 * Why `advance` returned: the next input is at or after the limit; sources have nothing ready yet; all have ended;
 * a host's record of the journal is next (take it); or it worked long enough for others to have a turn.
 */
export type AdvanceState = 'limit' | 'starved' | 'ended' | 'recorded' | 'turn'

/** Drives the inputs: merge, check, journal, apply, dispatch to the host. */
export interface DataFeed {
  /** One entry a symbol, in a fixed order: the index is the `symbolIndex` of all calls. */
  readonly symbols: readonly { readonly symbol: MarketSymbol; readonly instrument: Instrument; readonly boundaryUs: number }[]
  readonly lanes: LaneReader
  /** For each symbol, the reader of its price venue's book. */
  readonly books: readonly BookReader[]
  /** Events so far, by kind. */
  readonly counts: { readonly trade: number; readonly book: number; readonly candle: number }
  /** Inputs done and, where sources know their length, expected. */
  readonly progress: { readonly done: number; readonly total: number | undefined }
  /** Whether there is a journal, so that snapshots are worth keeping. */
  readonly journalled: boolean
  /** Whether records of an earlier run are being run again. */
  readonly recovering: boolean
  /** Whether what the host of another run did is repeated: nothing is timed, and no result takes a place of its own. */
  readonly repeating?: boolean
  /** Opens sources (`prepare`), so that `symbols` is known; nothing is dispatched. */
  prepare(): Promise<void>
  /** Opens store and journal, and returns the newest snapshot to restore, if any. @throws TapeloomError `journal.manifest` */
  open(manifest: RunManifest): Promise<{ readonly snapshot: Uint8Array | undefined; readonly hung?: HungModule | undefined }>
  /** Dispatches inputs whose `tsInit` < `limit` and < `host.due` (all of the journal's, while recovering). */
  advance(limit: number): AdvanceState
  /** After 'starved': settles when there is something to dispatch. */
  fill(signal: AbortSignal): Promise<void>
  /** After 'recorded': the record, begun as an input (`begin` was called with its sequence). */
  takeRecord(): HostRecord
  /** Journals an input of the host's and begins it; returns its sequence. While recovering, after `takeRecord`, not called. */
  append(kind: HostRecord['kind'], payload: Plain, tsInit: number): number
  /** Ids of columns of a layout, told once before the first `freeze` under it. */
  layout(layoutId: string, columns: readonly string[]): void
  /** Appends a symbol's frozen row to its `features` series. `values` is read at once. */
  freeze(symbolIndex: number, time: number, layoutId: string, values: Float64Array, taint: readonly string[]): void
  /** Adds a row to a table of the store, in the place of the current input. */
  project(table: string, row: Readonly<Record<string, number | string | null>>): void
  /** Waits while the store is more than two batches behind, so that memory stays bounded. */
  pressure(): Promise<void>
  /** Writes out journal and projection; all that happened is in the store when it settles. */
  flush(): Promise<void>
  snapshot(): Plain
  restore(state: Plain): void
  /** Keeps a snapshot beside the journal (older ones go); does nothing without a journal. */
  keepSnapshot(bytes: Uint8Array): Promise<void>
  /**
   * Has another thread watch what runs: `stamp` holds the sequence at 0 and at 3 the place (from 1) in `modules` of the
   * module whose code runs, in shared memory. Both the same for `afterUs`: the module never returns; it is named, noted
   * for the next `open`, and the process ended. Called again when the list has grown.
   */
  watch?(stamp: Float64Array, modules: readonly string[], afterUs: number): Promise<void>
  close(): Promise<void>
}

/** Code that never returned in an earlier run of the same journal, and the input it was given. */
export interface HungModule {
  readonly module: string
  readonly sequence: number
}

/** The part of a series that an inference saw: open times of its first and last row, and how many rows. */
export interface SeriesRange {
  readonly series: string
  readonly start: number
  readonly end: number
  readonly count: number
}

/** One lane of one inference: what was read, and by what it was scaled. */
export interface LaneFrame extends SeriesRange {
  /** `[ref, s, a, b]`, each rounded to float32 before use; empty for `none`. */
  readonly norm: readonly number[]
  /** Completeness · freshness · sanity, in [0, 1]. */
  readonly quality: number
  readonly taint: readonly string[]
}

/** Something to rebuild: a lane's window, or columns of a frozen row. Results are written into `tensor` and `mask`. */
export interface RebuildRequest {
  readonly symbol: MarketSymbol
  readonly frame: LaneFrame
  /** A lane, or the columns of a `features` row. */
  readonly binding: Lane | readonly string[]
  /** The reference's sequence: rows known later are not seen. */
  readonly knownBy: number
  readonly tensor: Float32Array
  readonly mask: Float32Array
}

/** Turns windows of series into tensors, once for inference and once more, from the reference alone, for training. */
export interface LaneReader {
  /** The lane, or a refusal of one that cannot be read, before anything runs. @throws TapeloomError `data.lane`, `duration.form` */
  check?(lane: Lane): Lane
  /**
   * Writes the newest window into `[window × 5]` `tensor` and `[window]` `mask` (oldest first, left-padded with 0): of the
   * lane's symbol, else of `symbolIndex`, whose newest boundary is what freshness is measured from.
   */
  gather(lane: Lane, symbolIndex: number, tensor: Float32Array, mask: Float32Array): LaneFrame
  /** The newest closed candle of a series, or undefined. */
  last(symbolIndex: number, timeframe: Timeframe): Candle | undefined
  /** The candles of a series with openTime in [from, to), from memory; undefined when some have left it. */
  candles(symbol: MarketSymbol, timeframe: Timeframe, from: number, to: number): readonly Candle[] | undefined
  /** Rebuilds many at once, from memory where it reaches, else from the store. @throws TapeloomError `data.range` */
  rebuild(requests: readonly RebuildRequest[]): Promise<void>
}
