import { TapeloomError, type InferenceRuntime, type Tensors } from '@tapeloom/core'
import { requireWeights, sliceWeights, type CompiledModel } from '../define/compiled-model.ts'
import { initialWeights } from '../define/initial-weights.ts'
import { inferenceGraph } from '../define/model-graphs.ts'
import { onnxRuntime, type OnnxRuntime, type OrtTensors, type Session } from '../onnx/onnx-runtime.ts'
import { requireTensors } from '../define/require-tensors.ts'

/** Weights with the count of inferences that use them: while one does, they are replaced whole, never written. */
interface ServedWeights {
  version: string
  users: number
  readonly flat: Float32Array
  readonly tensors: OrtTensors
}
/** Buffers of one running inference; as many exist as ever ran at once. */
interface Slot {
  readonly inputs: Readonly<Record<string, Float32Array>>
  readonly feeds: OrtTensors
  readonly outputs: Readonly<Record<string, Float32Array>>
  readonly fetches: OrtTensors
}

/** Opens a session that serves `model` with the first weights of `seed`. */
export async function openInference(model: CompiledModel, seed: number): Promise<InferenceRuntime> {
  const runtime = await onnxRuntime()
  const session = await runtime.open(inferenceGraph(model))
  return new NetworkRuntime(model, runtime, session, initialWeights(model, seed))
}

/** Serves one network, batch 1. Parameters are inputs of the graph, so a swap replaces one reference. */
export class NetworkRuntime implements InferenceRuntime {
  readonly #model: CompiledModel
  readonly #runtime: OnnxRuntime
  readonly #session: Session
  readonly #free: Slot[] = []
  #served: ServedWeights
  /** Replaced weights that nobody uses any more: the next swap writes here instead of allocating. */
  #spare: ServedWeights | undefined
  #running = 0
  #closing: Promise<void> | undefined
  #drained: (() => void) | undefined

  constructor(model: CompiledModel, runtime: OnnxRuntime, session: Session, weights: Float32Array) {
    this.#model = model
    this.#runtime = runtime
    this.#session = session
    this.#served = this.#createServed()
    this.#write(this.#served, weights, '0')
  }

  get version(): string {
    return this.#served.version
  }

  async infer(inputs: Tensors): Promise<Tensors> {
    this.#requireOpen()
    requireTensors(this.#model, 'input', this.#model.inputs, inputs, 1)
    const slot = this.#free.pop() ?? this.#createSlot()
    for (const [name, array] of Object.entries(slot.inputs)) array.set(inputs[name]!)
    const served = this.#served
    served.users++
    this.#running++
    try {
      await this.#session.run({ ...slot.feeds, ...served.tensors }, slot.fetches)
      return Object.fromEntries(Object.entries(slot.outputs).map(([name, array]) => [name, array.slice()]))
    } catch (cause) {
      throw new TapeloomError(
        'models.inference',
        `[models ${this.#model.name}] the inference failed: ${(cause as Error).message}. Check the runtime's version.`,
        { cause },
      )
    } finally {
      this.#free.push(slot)
      if (--served.users === 0 && served !== this.#served) this.#spare = served
      if (--this.#running === 0) this.#drained?.()
    }
  }

  weights(): Float32Array {
    return this.#served.flat.slice()
  }

  /** Replaces the weights at once; inferences already called finish with the old ones. The array is copied. */
  swap(weights: Float32Array, version: string): void {
    this.#requireOpen()
    const next = this.#spare ?? this.#createServed()
    this.#write(next, weights, version)
    this.#spare = this.#served.users === 0 ? this.#served : undefined
    this.#served = next
  }

  /** Waits for running inferences, then frees the session. Closing again is harmless. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  async #close(): Promise<void> {
    // Releasing a session under a queued run would make that run fail.
    if (this.#running > 0)
      await new Promise<void>((resolve) => {
        this.#drained = resolve
      })
    await this.#session.release()
  }

  #requireOpen(): void {
    if (!this.#closing) return
    throw new TapeloomError(
      'models.closed',
      `[models ${this.#model.name}] the runtime is closed. Open the network again.`,
    )
  }

  #write(served: ServedWeights, weights: Float32Array, version: string): void {
    requireWeights(this.#model, weights)
    served.flat.set(weights)
    served.version = version
  }

  #createServed(): ServedWeights {
    const flat = new Float32Array(this.#model.size)
    const parts = sliceWeights(this.#model, flat)
    const needed = this.#model.parameters.filter(({ name }) => this.#session.inputNames.includes(name))
    const tensors = needed.map(
      ({ name, node }) => [name, this.#runtime.tensor(parts.get(node)!, node.dimensions)] as const,
    )
    return { version: '', users: 0, flat, tensors: Object.fromEntries(tensors) }
  }

  #createSlot(): Slot {
    const arrays = (nodes: CompiledModel['inputs']): Record<string, Float32Array> =>
      Object.fromEntries(
        [...nodes].map(([name, node]) => [
          name,
          new Float32Array(node.shape.reduce((product, size) => product * size, 1)),
        ]),
      )
    const tensors = (nodes: CompiledModel['inputs'], from: Readonly<Record<string, Float32Array>>): OrtTensors =>
      Object.fromEntries(
        [...nodes].map(([name, node]) => [name, this.#runtime.tensor(from[name]!, [1, ...node.shape])]),
      )
    // What no output needs is not an input of the graph.
    const used = new Map([...this.#model.inputs].filter(([name]) => this.#session.inputNames.includes(name)))
    const [inputs, outputs] = [arrays(used), arrays(this.#model.outputs)]
    return { inputs, outputs, feeds: tensors(used, inputs), fetches: tensors(this.#model.outputs, outputs) }
  }
}
