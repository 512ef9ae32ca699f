export type { Tensor } from './graph/tensor.ts'
export { defineModel, type ModelDefinition } from './define/define-model.ts'
export {
  adamW,
  sgd,
  type AdamW,
  type AdamWSpec,
  type Optimizer,
  type Schedule,
  type Sgd,
  type SgdSpec,
} from './optimize/optimizer.ts'
export {
  abs,
  add,
  clip,
  div,
  equal,
  exp,
  gelu,
  greater,
  isMissing,
  less,
  log,
  logSoftmax,
  maximum,
  minimum,
  mul,
  relu,
  sigmoid,
  softmax,
  sqrt,
  stopGradient,
  sub,
  tanh,
  type Operand,
} from './ops/elementwise.ts'
export { concat, flatten, pad, reshape, slice, transpose } from './ops/arrange.ts'
export { embedding, gather, pick, where } from './ops/select.ts'
export { constant, dropout, parameter, type ParameterSpec } from './ops/leaf.ts'
export { selfAttention, type AttentionSpec } from './ops/attention.ts'
export { mean, sum, type Reduction } from './ops/reduce.ts'
export { conv1d, dense, layerNorm, matmul, meanPool, type Conv1dSpec, type DenseSpec } from './ops/layer.ts'
export { brier, crossEntropy, huber, mse, quantile } from './ops/loss.ts'
export { exportOnnx } from './define/export-onnx.ts'
export { fromOnnx, type OnnxSpec } from './define/from-onnx.ts'
export { loadCheckpoint, saveCheckpoint, type Checkpoint } from './version/checkpoint.ts'
export { guardTrainer, type GuardEvent, type GuardSpec } from './train/guarded-trainer.ts'
export { ModelStore, servedWeights, type DataRange, type ModelVersion, type VersionNotes } from './version/model-store.ts'
export { averageInto } from './optimize/average-weights.ts'
export { runtimeInfo } from './onnx/onnx-runtime.ts'
export { labels, type PivotTurnSpec } from './label/labels.ts'
export { barrierTouch, ewmSigmaBps, type BarrierSpec, type BarrierTouch } from './label/triple-barrier.ts'
export { answerOf, createAnswerRecord, noteAnswer, noteOutcome, type AnswerRecord } from './serve/answer-record.ts'
export { betaAfter, DqnAgent, type AgentSpec } from './q-learning/dqn-agent.ts'
export { NStep, type Step, type Transition } from './q-learning/n-step.ts'
export { PrioritizedReplay, type Draw } from './q-learning/prioritized-replay.ts'
export {
  bestOf, bootstrapValue, QLearner, type LearnerSpec, type LearnerStep, type TransitionBatch,
} from './q-learning/q-learner.ts'
export { qNetwork, type QNetwork, type QNetworkSpec } from './q-learning/q-network.ts'
