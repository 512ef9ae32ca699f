export { joinErrors, nearest, suggestion, TapeloomError } from './error.ts'
export { parseSymbol, type MarketSymbol } from './vocabulary/symbol.ts'
export { durationUs, openTimeOf, timeframeUs, type Duration, type Timeframe } from './vocabulary/duration.ts'
export { fromGrid, gridOf, instrument, toGrid, type Grid, type Instrument, type Price } from './vocabulary/instrument.ts'
export type { Candle, CandleValues, TaintReason } from './vocabulary/candle.ts'
export type { BookReader, BookStatus, BookView, TradeView } from './vocabulary/views.ts'
export type { Pivot } from './vocabulary/pivot.ts'
export type {
  Abstention, Action, Prediction, PredictionDraft, PredictionResolved, Probabilities,
} from './vocabulary/prediction.ts'
export type { Decision, Explanation, Gate, PositionClosed } from './vocabulary/decision.ts'
export type {
  Copied, DataReject, EventMap, EventName, EventOf, EventStamp, ModuleFault, ModuleStatus, ModuleStatusChange, TrainingStep,
} from './vocabulary/events.ts'
export { TradeTape } from './event/trade-tape.ts'
export { BookTape, emptyBook } from './event/book-tape.ts'
export { option, resolveOptions, type OptionInput, type OptionSet, type OptionSpec, type OptionValues } from './module/option.ts'
export { columnsOf, type Column, type FeatureColumns, type FeatureSet, type FeatureSpec, type Unit } from './module/feature.ts'
export { need, type Need, type NeedColumns, type NeedSet } from './module/need.ts'
export type { Plain, TypedArray } from './module/state.ts'
export type { Clock, ModuleContext, Random, SymbolSlice } from './module/context.ts'
export {
  CLASS, lane, positionBlock, toProbabilities,
  type Binding, type Bindings, type Block, type Lane, type ModelSpec, type Network, type Normalisation, type Outcome,
  type PivotOutcome, type Shape, type Shapes, type Targets, type TargetSet,
} from './module/network.ts'
export {
  definitionOf, defineModule, fromPackage, use,
  type AnyDefinition, type HeldPosition, type Module, type ModuleDefinition, type TargetsOf, type Usable, type Use, type Warmup,
} from './module/define.ts'
export {
  defineSource,
  type BookMessage, type CandleMessage, type GapMessage, type MarketInput, type MarketMessage, type Reject, type Source,
  type TradeMessage,
} from './ports/source.ts'
export type { Store, StoreBatch, StoreColumns, StoreRange, StoreRows } from './ports/store.ts'
export type {
  AdvanceState, DataFeed, DataHost, DataPort, HostRecord, HungModule, LaneFrame, LaneReader, RebuildRequest, RunManifest, SeriesRange,
} from './ports/data-port.ts'
export type { InferenceRuntime, Tensors, Trainer, TrainingBatch, TrainingResult } from './ports/inference.ts'
export type {
  Command, DeferredWork, FedTensor, Host, InferenceFrame, Participant, ServedModel, WorkHandler,
} from './ports/participant.ts'
export { decodePlain, encodePlain } from './host/plain-codec.ts'
export { fingerprint } from './host/fingerprint.ts'
export { createRandom, type SeededRandom } from './host/random.ts'
export { linearPool, logPool, type Combiner } from './decision/combiner.ts'
export { wilson, type ModelPerformance } from './decision/performance.ts'
export type { RegisteredModel } from './decision/model-registry.ts'
export type { Observer } from './event/observers.ts'
export { baseline } from './baseline.ts'
export { planModules, timeframesUsed, type PlannedModule } from './host/module-plan.ts'
export { layoutOf, type ColumnLayout } from './host/column-layout.ts'
export { Orchestrator, type FeatureRow, type Logger, type OrchestratorOptions, type RunReport } from './orchestrator.ts'
export type { ModuleState, Readiness, Status } from './status.ts'
