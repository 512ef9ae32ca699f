import type { Plain, Tensors, TrainingResult } from '@tapeloom/core'
import { DropoutMasks } from './dropout-masks.ts'
import { SAMPLE_WEIGHTS } from '../define/sample-weights.ts'
import { onnxRuntime, type OnnxRuntime, type OrtTensors, type Session } from '../onnx/onnx-runtime.ts'
import type { Optimizer } from '../optimize/optimizer.ts'
import { ParameterMemory, type TrainingState } from '../optimize/parameter-memory.ts'

/** A tensor of the training graph; `dimensions` with the batch in front. */
export interface TensorPlan {
  readonly name: string
  readonly dimensions: readonly number[]
}
/** All that a worker needs to train one model: plain data, so that it can be posted. */
export interface TrainingPlan {
  readonly graph: Uint8Array
  readonly batch: number
  /** Inputs, targets and sample weights, filled from each batch under their names in the graph. */
  readonly fed: readonly TensorPlan[]
  readonly parameters: readonly (TensorPlan & { readonly offset: number; readonly size: number })[]
  /** Gradient outputs; each writes `size` gradients from `offset` on. */
  readonly gradients: readonly (TensorPlan & { readonly offset: number; readonly size: number })[]
  /** Masks of dropout: drawn for each step from `seed` and the step. */
  readonly dropouts: readonly (TensorPlan & { readonly rate: number })[]
  readonly seed: number
  readonly optimizer: Optimizer
  readonly layout: string
  readonly initial: Float32Array
}

/** One model in training: its graph, its memory, its optimiser. Runs where it is made; the worker makes it. */
export class TrainingSession {
  readonly #session: Session
  readonly #memory: ParameterMemory
  readonly #fed: ReadonlyMap<string, Float32Array>
  readonly #feeds: OrtTensors
  readonly #fetches: OrtTensors
  readonly #loss = new Float32Array(1)
  readonly #masks: DropoutMasks
  readonly #batch: number

  private constructor(plan: TrainingPlan, runtime: OnnxRuntime, session: Session) {
    this.#session = session
    this.#batch = plan.batch
    const memory = new ParameterMemory(plan.initial, plan.optimizer, plan.layout)
    this.#memory = memory
    const used = plan.fed.filter(({ name }) => session.inputNames.includes(name))
    this.#fed = new Map(
      used.map(({ name, dimensions }) => [
        name,
        new Float32Array(dimensions.reduce((product, size) => product * size, 1)),
      ]),
    )
    this.#masks = new DropoutMasks(plan.dropouts, plan.seed)
    // The graph reads parameters from the memory and writes gradients into it: nothing is copied.
    this.#feeds = Object.fromEntries([
      ...used.map(({ name, dimensions }) => [name, runtime.tensor(this.#fed.get(name)!, dimensions)] as const),
      ...plan.dropouts.map(
        ({ name, dimensions }) => [name, runtime.tensor(this.#masks.arrays.get(name)!, dimensions)] as const,
      ),
      ...plan.parameters
        .filter(({ name }) => session.inputNames.includes(name))
        .map(
          ({ name, dimensions, offset, size }) =>
            [name, runtime.tensor(memory.weights.subarray(offset, offset + size), dimensions)] as const,
        ),
    ])
    this.#fetches = Object.fromEntries([
      ['loss', runtime.tensor(this.#loss, [])] as const,
      ...plan.gradients.map(
        ({ name, dimensions, offset, size }) =>
          [name, runtime.tensor(memory.gradients.subarray(offset, offset + size), dimensions)] as const,
      ),
    ])
  }

  static async open(plan: TrainingPlan): Promise<TrainingSession> {
    const runtime = await onnxRuntime()
    return new TrainingSession(plan, runtime, await runtime.open(plan.graph))
  }

  /** One step, and a copy of the weights to serve. */
  async step(tensors: Tensors): Promise<TrainingResult> {
    return { ...(await this.train(tensors)), weights: this.#memory.served() }
  }

  /** One step on tensors by their names in the graph; missing samples at the end weigh 0. */
  async train(tensors: Tensors): Promise<Omit<TrainingResult, 'weights'>> {
    const weights = tensors[SAMPLE_WEIGHTS]!
    const sound = weights.findIndex((weight) => weight > 0)
    for (const [name, array] of this.#fed) {
      const given = tensors[name]!
      array.set(given)
      if (name === SAMPLE_WEIGHTS) array.fill(0, given.length)
      else this.#repeat(array, sound, weights)
    }
    this.#masks.draw(this.#memory.step)
    await this.#session.run(this.#feeds, this.#fetches)
    const loss = this.#loss[0]!
    const dropped = !Number.isFinite(loss) || !this.#memory.update()
    return { step: this.#memory.step, loss, dropped }
  }

  /** Where a sample weighs 0 stands a sound one: 0 times what is not finite, a loss of zeros or of NaN, is NaN. */
  #repeat(array: Float32Array, sound: number, weights: Float32Array): void {
    const size = array.length / this.#batch
    for (let i = 0; i < this.#batch; i++) {
      if (!((weights[i] ?? 0) > 0)) array.copyWithin(i * size, sound * size, (sound + 1) * size)
    }
  }

  snapshot(): TrainingState {
    return this.#memory.snapshot()
  }

  restore(state: Plain): void {
    this.#memory.restore(state)
  }

  close(): Promise<void> {
    return this.#session.release()
  }
}
