export { training } from './training.ts'
export { InferenceTrainingCoordinator, type CoordinatorOptions, type ModelProgress } from './inference-training-coordinator.ts'
export { contentHash } from './content-hash.ts'
export type {
  InferenceFrameReference, ReferenceInput, ReferenceLane, ReferenceState, ResolvedFrame,
} from './inference-frame-reference.ts'
export type { ReferenceCounts } from './reference-ledger.ts'
export type { ReferenceFilter } from './reference-lookup.ts'
export type {
  PivotTrainingEvent, Sample, Samples, TrainingContext, TrainingEventSubscriber,
} from './training-event-subscriber.ts'
export { verifyReferences, type Verification, type VerifyProgress } from './verify-references.ts'
export type { Mismatch } from './locate-changes.ts'
export { combinatorialPurged, purgedKFold, walkForward, type Folds, type Split, type WalkForwardSpec } from './split/folds.ts'
export type { LabelInterval, Span } from './split/label-interval.ts'
export { embargoOf, purge } from './split/purge.ts'
export { drawChances, sequentialBootstrap, uniqueness } from './split/uniqueness.ts'
export { backtestOverfitting } from './evaluation/backtest-overfitting.ts'
export {
  deflatedSharpe, expectedMaximum, minimumBacktestLength, minimumTrackRecord, probabilisticSharpe, sharpeMoments, type SharpeMoments,
} from './evaluation/sharpe-statistics.ts'
