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
