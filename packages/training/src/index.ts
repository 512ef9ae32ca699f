export { training } from './training.ts'
export { InferenceTrainingCoordinator, type CoordinatorOptions, type ModelProgress } from './inference-training-coordinator.ts'
export { contentHash } from './reference/content-hash.ts'
export type {
  InferenceFrameReference, ReferenceInput, ReferenceLane, ReferenceState, ResolvedFrame,
} from './reference/inference-frame-reference.ts'
export type { ReferenceCounts } from './reference/reference-ledger.ts'
export type { ReferenceFilter } from './reference/reference-lookup.ts'
export type {
  PivotTrainingEvent, Sample, Samples, TrainingContext, TrainingEventSubscriber,
} from './outcome/training-event-subscriber.ts'
export { verifyReferences, type Verification, type VerifyProgress } from './verify/verify-references.ts'
export type { Mismatch } from './verify/locate-changes.ts'
export { combinatorialPurged, purgedKFold, walkForward, type Folds, type Split, type WalkForwardSpec } from './split/folds.ts'
export type { LabelInterval, Span } from './split/label-interval.ts'
export { embargoOf, purge } from './split/purge.ts'
export { drawChances, sequentialBootstrap, uniqueness } from './split/uniqueness.ts'
export { backtestOverfitting } from './evaluation/backtest-overfitting.ts'
export {
  deflatedSharpe, expectedMaximum, minimumBacktestLength, minimumTrackRecord, probabilisticSharpe, sharpeMoments, type SharpeMoments,
} from './evaluation/sharpe-statistics.ts'
