import { TapeloomError, type Plain } from '@tapeloom/core'
import { averageInto } from './average-weights.ts'
import { createOptimizerKernel, type OptimizerKernel } from './optimizer-kernel.ts'
import { scheduleFactor, type Optimizer } from './optimizer.ts'
import { webAssembly } from './web-assembly.ts'

const PAGE_BYTES = 65536
/** The square of a gradient beyond it is infinite in float32: v would be for ever, and its weight would never move again. */
const LARGEST_NORM = 1e18

/** Everything that a later step depends on; restoring it continues bit for bit. */
export interface TrainingState {
  readonly layout: string
  readonly step: number
  readonly beta1Power: number
  readonly beta2Power: number
  readonly weights: Float32Array
  readonly m: Float32Array
  readonly v: Float32Array
  /** Average of the weights; empty where none is kept. */
  readonly average: Float32Array
}

/**
 * Weights, gradients and both moments of one model in one memory that never grows (growing would detach the views).
 * The runtime reads `weights` and writes `gradients`; only `update` writes `weights`.
 */
export class ParameterMemory {
  readonly weights: Float32Array
  readonly gradients: Float32Array
  readonly #m: Float32Array
  readonly #v: Float32Array
  readonly #kernel: OptimizerKernel
  readonly #optimizer: Optimizer
  readonly #layout: string
  readonly #average: Float32Array
  #step = 0
  // Running products instead of powers: Math.pow differs between Node versions.
  #beta1Power = 1
  #beta2Power = 1

  constructor(initial: Float32Array, optimizer: Optimizer, layout: string) {
    // Whole vectors of four; what pads them stays 0 under every update.
    const stride = Math.ceil(initial.length / 4) * 4
    const pages = Math.ceil((stride * 16) / PAGE_BYTES)
    const memory = new webAssembly.Memory({ initial: Math.max(1, pages), maximum: Math.max(1, pages) })
    const view = (i: number) => new Float32Array(memory.buffer, i * stride * 4, stride).subarray(0, initial.length)
    this.weights = view(0)
    this.gradients = view(1)
    this.#m = view(2)
    this.#v = view(3)
    this.#kernel = createOptimizerKernel(memory)
    this.#optimizer = optimizer
    this.#layout = layout
    this.weights.set(initial)
    this.#average = optimizer.averageDecay > 0 ? initial.slice() : new Float32Array()
  }

  get step(): number {
    return this.#step
  }

  /** The weights to serve; a copy. */
  served(): Float32Array {
    return this.#average.length > 0 ? this.#average.slice() : this.weights.slice()
  }

  /** One optimiser step from the gradients. Returns false, and changes nothing, when they are not finite or too large. */
  update(): boolean {
    const optimizer = this.#optimizer
    const length = Math.ceil(this.weights.length / 4) * 16
    const norm = Math.sqrt(this.#kernel.sumOfSquares(length, this.gradients.byteOffset))
    if (!Number.isFinite(norm)) return false
    const scale = norm > optimizer.clipNorm ? optimizer.clipNorm / norm : 1
    if (norm * scale > LARGEST_NORM) return false
    this.#step++
    const rate = optimizer.learningRate * scheduleFactor(optimizer.schedule, this.#step)
    const decay = 1 - rate * optimizer.weightDecay
    const [weights, gradients, m, v] = [this.weights, this.gradients, this.#m, this.#v].map(
      (view) => view.byteOffset,
    ) as [number, number, number, number]
    if (optimizer.kind === 'sgd')
      this.#kernel.sgd(length, weights, gradients, m, scale, decay, optimizer.momentum, rate)
    else {
      const { beta1, beta2, epsilon } = optimizer
      this.#beta1Power *= beta1
      this.#beta2Power *= beta2
      this.#kernel.adamW(
        length,
        weights,
        gradients,
        m,
        v,
        scale,
        decay,
        beta1,
        1 - beta1,
        beta2,
        1 - beta2,
        rate / (1 - this.#beta1Power),
        1 / Math.sqrt(1 - this.#beta2Power),
        epsilon,
      )
    }
    const averaged = Math.min(optimizer.averageDecay, (1 + this.#step) / (10 + this.#step))
    averageInto(this.#average, this.weights, averaged)
    return true
  }

  snapshot(): TrainingState {
    return {
      layout: this.#layout,
      step: this.#step,
      beta1Power: this.#beta1Power,
      beta2Power: this.#beta2Power,
      weights: this.weights.slice(),
      m: this.#m.slice(),
      v: this.#v.slice(),
      average: this.#average.slice(),
    }
  }

  /** @throws TapeloomError `models.snapshot` when it is not a snapshot of a model with these parameters */
  restore(state: Plain): void {
    const { step, beta1Power, beta2Power, weights, m, v, average } = requireState(state, this.#layout, this.weights.length)
    // A state without an average begins one where it stands.
    this.#average.set(average.length > 0 && this.#average.length > 0 ? average : weights.subarray(0, this.#average.length))
    this.weights.set(weights)
    this.#m.set(m)
    this.#v.set(v)
    this.#step = step
    this.#beta1Power = beta1Power
    this.#beta2Power = beta2Power
  }
}

function requireState(state: Plain, layout: string, size: number): TrainingState {
  const found = (state ?? {}) as Partial<TrainingState>
  const floats = [found.weights, found.m, found.v]
  const numbers = [found.step, found.beta1Power, found.beta2Power]
  const { average = new Float32Array() } = found
  if (found.layout !== layout) {
    throw new TapeloomError(
      'models.snapshot',
      `[models] the snapshot is of '${String(found.layout)}', the model is '${layout}'. ` +
        'Restore the snapshot of this model.',
    )
  }
  if (
    !floats.every((array) => array instanceof Float32Array && array.length === size) ||
    !numbers.every(Number.isFinite) ||
    !(average instanceof Float32Array && (average.length === 0 || average.length === size))
  ) {
    throw new TapeloomError(
      'models.snapshot',
      `[models] the snapshot of '${layout}' is incomplete. Restore an untouched one.`,
    )
  }
  return { ...(found as TrainingState), average }
}
