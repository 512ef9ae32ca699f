import type { Plain } from '../module/state.ts'

export type Tensors = Readonly<Record<string, Float32Array>>

/** Serves one network, batch 1. One caller thread; swapping never fails a running inference. */
export interface InferenceRuntime {
  /** Version of the weights that the next inference uses: `<training step>`, `0` for the initial ones. */
  readonly version: string
  /** Answers one sample; the returned arrays are the caller's. @throws TapeloomError `models.inference` */
  infer(inputs: Tensors): Promise<Tensors>
  /** Flat weights now in use; a copy. */
  weights(): Float32Array
  swap(weights: Float32Array, version: string): void
  close(): Promise<void>
}

/** One batch: each input `[samples × size of one sample]`, each target `[samples × width]`, a weight per sample. */
export interface TrainingBatch {
  readonly samples: number
  readonly inputs: Tensors
  readonly targets: Tensors
  readonly weights: Float32Array
}
/** What one step did. `dropped` steps (loss not finite) change nothing. */
export interface TrainingResult {
  readonly step: number
  /** Weighted mean loss before the step. */
  readonly loss: number
  readonly dropped: boolean
  /** Flat weights after the step; the caller's. */
  readonly weights: Float32Array
}

/** Trains one network in a worker: steps run one after another, in the order of the calls. */
export interface Trainer {
  step(batch: TrainingBatch): Promise<TrainingResult>
  /** Weights, both moments, step: restoring it continues bit for bit. */
  snapshot(): Promise<Plain>
  restore(state: Plain): Promise<void>
  close(): Promise<void>
}
