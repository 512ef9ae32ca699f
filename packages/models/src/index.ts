export type { Tensor } from './graph/tensor.ts'
export { defineModel, type ModelDefinition } from './define-model.ts'
export {
  adamW,
  sgd,
  type AdamW,
  type AdamWSpec,
  type Optimizer,
  type Schedule,
  type Sgd,
  type SgdSpec,
} from './optimizer.ts'
export {
  abs,
  add,
  clip,
  div,
  exp,
  gelu,
  log,
  logSoftmax,
  maximum,
  mul,
  relu,
  sigmoid,
  softmax,
  sqrt,
  sub,
  tanh,
  type Operand,
} from './ops/elementwise.ts'
export { concat, flatten, pad, reshape, slice, transpose } from './ops/arrange.ts'
export { mean, sum, type Reduction } from './ops/reduce.ts'
export { conv1d, dense, layerNorm, matmul, meanPool, type Conv1dSpec, type DenseSpec } from './ops/layer.ts'
export { brier, crossEntropy, huber, mse, quantile } from './ops/loss.ts'
export { exportOnnx } from './export-onnx.ts'
export { loadCheckpoint, saveCheckpoint, type Checkpoint } from './checkpoint.ts'
export { labels } from './labels.ts'
