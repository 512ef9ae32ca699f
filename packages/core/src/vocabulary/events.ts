import type { Candle } from './candle.ts'
import type { Decision, PositionClosed } from './decision.ts'
import type { Pivot } from './pivot.ts'
import type { Prediction, PredictionResolved } from './prediction.ts'
import type { MarketSymbol } from './symbol.ts'
import type { BookView, TradeView } from './views.ts'

/** What the host adds to each event. Sequence is the only order; times are labels in integer microseconds. */
export interface EventStamp {
  readonly symbol: MarketSymbol
  /** Who made it: a module's id, a source's name, or `core`. */
  readonly origin: string
  readonly sequence: number
  /** The venue's time. */
  readonly tsEvent: number
  /** The time of receipt, monotonic. */
  readonly tsInit: number
}

/** A module's place in its life. */
export type ModuleStatus =
  | 'idle' | 'ready' | 'running' | 'warming' | 'blocked' | 'faulted' | 'disabled' | 'stopped' | 'disposed'

/** Says that a module changed its status, and why. */
export interface ModuleStatusChange {
  readonly module: string
  readonly status: ModuleStatus
  readonly reason: string
}

/** Says that a module did something it must not: its slice is missing until it is well again. */
export interface ModuleFault {
  readonly module: string
  readonly code: string
  readonly message: string
}

/** A message that could not be used; counted, journalled with its raw text, and skipped. */
export interface DataReject {
  readonly source: string
  readonly code: string
  readonly message: string
}

/** One step of training, and what it did. */
export interface TrainingStep {
  readonly model: string
  readonly step: number
  /** Mean loss of the batch before the step; NaN when the step was dropped. */
  readonly loss: number
  readonly samples: number
}

/**
 * All topics. Packages add their own by declaration merging, under their own name (`'cob:wall'`).
 * `trade` and `book` are views, valid inside the handler only; all others are frozen plain objects.
 */
export interface EventMap {
  trade: TradeView
  book: BookView
  'candle:close': Candle
  'pivot:confirm': Pivot
  'prediction:made': Prediction
  'prediction:resolved': PredictionResolved
  decision: Decision
  'position:close': PositionClosed
  'module:status': ModuleStatusChange
  'module:fault': ModuleFault
  'training:step': TrainingStep
  'data:reject': DataReject
}
export type EventName = keyof EventMap & string
/** What a listener of topic K gets: the payload and the host's stamp. */
export type EventOf<K extends EventName> = EventMap[K] & EventStamp
/** A plain copy of a view or an event, without readers. */
export type Copied<K extends EventName> = {
  readonly [P in keyof EventOf<K> as EventOf<K>[P] extends (...a: never[]) => unknown ? never : P]: EventOf<K>[P]
}
