import type { Plain } from '../module/state.ts'
import type { AnyDefinition } from '../module/define.ts'
import type { Candle } from '../vocabulary/candle.ts'
import type { Duration, Timeframe } from '../vocabulary/duration.ts'
import type { EventMap, EventName, EventOf } from '../vocabulary/events.ts'
import type { Prediction } from '../vocabulary/prediction.ts'
import type { MarketSymbol } from '../vocabulary/symbol.ts'
import type { DataPort, DataFeed, LaneFrame } from './data-port.ts'
import type { InferenceRuntime } from './inference.ts'

/** Something with state that plugs into the orchestrator: training, execution. */
export interface Participant {
  readonly name: string
  attach(host: Host): void | Promise<void>
  /** Called only when everything is drained. */
  snapshot(): Plain | Promise<Plain>
  restore(state: Plain): void | Promise<void>
  /** What it adds to the report of a run. */
  report?(): Readonly<Record<string, Plain>>
  close?(): Promise<void>
}

/** One model as the host serves it. */
export interface ServedModel {
  /** The module's id. */
  readonly id: string
  readonly definition: AnyDefinition
  /** Hash of the columns (with revisions), lanes and encoder that feed it, and of the network's shapes. */
  readonly schemaHash: string
  readonly runtime: InferenceRuntime
  readonly seed: number
  /** Whether its training switch is on. */
  readonly training: boolean
}

/** One input tensor of an inference, mask inputs too, in the network's order. */
export interface FedTensor {
  readonly name: string
  readonly shape: readonly number[]
  readonly data: Float32Array
}

/** What an inference saw, by reference: enough to rebuild it bit for bit. */
export interface InferenceFrame {
  /** `stream|model@version|symbol|sequence`. */
  readonly id: string
  readonly stream: string
  readonly model: string
  readonly modelVersion: string
  readonly schemaHash: string
  readonly symbol: MarketSymbol
  /** The boundary's sequence: what it knew. */
  readonly sequence: number
  readonly asOf: number
  /** One a bound input (not the masks), in the network's order; `columns` names what a row input reads (`''`: absent). */
  readonly lanes: readonly (LaneFrame & { readonly input: string; readonly columns: readonly string[] })[]
  readonly taint: readonly string[]
  /** The newest candle of the base interval, or of the target's timeframe; absent before the first. */
  readonly entry?: Candle | undefined
  readonly target: {
    readonly timeframe: Timeframe
    readonly openTime: number
    readonly closeTime: number
    readonly horizon: Duration
  }
}

/** Asynchronous work whose result takes a place in the order: due at `due` (µs), journalled as a `kind` record. */
export interface DeferredWork {
  /** Names the handler given to `Host.work`. */
  readonly handler: string
  readonly due: number
  /** Plain data: pending work is part of the snapshot. */
  readonly payload: Plain
}
export interface WorkHandler {
  readonly kind: 'inference' | 'swap'
  /** Runs off the order. Must depend on the payload, and on earlier work of the same handler, alone. */
  compute(payload: Plain): Promise<Plain>
  /** Runs in the order, at its due time. */
  apply(payload: Plain, result: Plain): void
  /** Whose fault it is when there is no result; absent: the handler's. */
  owner?(payload: Plain): string
  /** What of the result is journalled; absent: all of it. */
  record?(result: Plain): Plain
  /** When a journal is run again: take the recorded result (true), or compute it anew (false). */
  readonly fromRecord: boolean
}

/** What a participant may do. */
export interface Host {
  readonly data: DataPort
  readonly feed: DataFeed
  readonly seed: number
  readonly stream: string
  readonly mode: 'lockstep' | 'live'
  readonly models: ReadonlyMap<string, ServedModel>
  readonly clock: { now(): number }
  /** The current input's sequence. */
  sequence(): number
  on<K extends EventName>(topic: K, listener: (event: EventOf<K>) => void): () => void
  /** Each inference, after its decision is out. `tensors` are valid during the call. Abstentions are not told. */
  onInference(listener: (frame: InferenceFrame, prediction: Prediction, tensors: readonly FedTensor[]) => void): () => void
  /** The last phase of each boundary: outcomes are matched here. */
  onOutcomes(listener: (symbol: MarketSymbol, time: number) => void): () => void
  /** Emits a shared topic (`training:step`, `position:close`) in the place of the current input. */
  emit<K extends EventName>(topic: K, payload: EventMap[K], symbol: MarketSymbol): void
  /** Adds a record to the output digest (`journalHash`). */
  digest(kind: string, ...values: readonly (string | number)[]): void
  work(name: string, handler: WorkHandler): void
  defer(work: DeferredWork): void
  /** New weights for a model, effective at the next boundary. */
  swap(model: string, weights: Float32Array, version: string): void
  /** Journals a command right after the input under way, and so in the same place in every run. */
  command(command: Command): Promise<void>
}

/** A change to a running orchestrator: journalled, effective at the next boundary. */
export type Command =
  | { readonly kind: 'enable' | 'disable'; readonly module: string }
  | { readonly kind: 'inference' | 'training'; readonly model: string; readonly enabled: boolean }
  | { readonly kind: 'weight'; readonly model: string; readonly weight: number }
