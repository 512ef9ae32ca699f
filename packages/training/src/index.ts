export { training } from './training.ts'
export { InferenceTrainingCoordinator, type CoordinatorOptions } from './inference-training-coordinator.ts'
export type { ModelProgress } from './step/model-progress.ts'
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
export { evaluate, type Costs, type EvaluationSpec } from './evaluation/evaluate.ts'
export { evaluateRuns, type EvaluatedRuns, type Evaluation } from './evaluation/evaluate-runs.ts'
export type { Check } from './evaluation/checks.ts'
export type { ForecastScores } from './evaluation/forecast-scores.ts'
export type { Metrics, Trials } from './evaluation/metrics.ts'
export { logTrial, readTrials, type Trial } from './evaluation/trial-log.ts'
export {
  judgeChallenger, promoteByRule, type ChallengerEvidence, type ChallengerTrial, type ChallengerVerdict, type LabelledPast, type VersionRoles,
} from './evaluation/judge-challenger.ts'
export { addDecision, NO_EVIDENCE, separateDecisions, type PromotionEvidence, type ScoredDecision } from './evaluation/promotion-test.ts'
export { nullMarket } from './evaluation/null-market.ts'
export type { AnticipationLabel, HindsightLabel, TradableLabel } from './replay/label.ts'
export { drawHardAndRandom, type Drawn } from './replay/hard-and-random.ts'
export { rescore, type Rescored, type Rescoring } from './replay/rescore.ts'
export { storedLabels } from './replay/stored-labels.ts'
export { trainRetrospectively, type RetrospectiveResult, type RetrospectiveTraining } from './replay/train-retrospectively.ts'
export { leakCanary, type CanaryScore } from './split/leak-canary.ts'
