import { TapeloomError, type InferenceRuntime, type Shapes, type Tensors } from '@tapeloom/core'
import { onnxRuntime, type OnnxRuntime, type Session } from '../onnx/onnx-runtime.ts'

/** A file whose inputs and outputs are checked. */
export interface ImportedModel {
  readonly name: string
  readonly version: string
  readonly bytes: Uint8Array
  readonly inputs: Shapes
  readonly outputs: readonly string[]
}

/** Opens a session that serves a file. @throws TapeloomError `models.onnx` when the runtime refuses it */
export async function openImported(model: ImportedModel): Promise<InferenceRuntime> {
  const runtime = await onnxRuntime()
  const session = await runtime.open(model.bytes).catch((cause: unknown) => {
    const reason = (cause as Error).message
    const text = `[models ${model.name}] ONNX Runtime refuses the file: ${reason}. Export it otherwise.`
    throw new TapeloomError('models.onnx', text, { cause })
  })
  return new ImportedRuntime(model, runtime, session)
}

class ImportedRuntime implements InferenceRuntime {
  readonly #model: ImportedModel
  readonly #runtime: OnnxRuntime
  readonly #session: Session
  #last: Promise<unknown> = Promise.resolve()
  #closing: Promise<void> | undefined

  constructor(model: ImportedModel, runtime: OnnxRuntime, session: Session) {
    this.#model = model
    this.#runtime = runtime
    this.#session = session
  }

  /** The first 12 hexadecimal digits of the file's sha256. */
  get version(): string {
    return this.#model.version
  }

  async infer(inputs: Tensors): Promise<Tensors> {
    if (this.#closing) throw this.#error('closed', 'the runtime is closed. Open the network again.')
    const feeds = Object.entries(this.#model.inputs).map(([name, shape]) => {
      const size = shape.reduce((product, length) => product * length, 1)
      const tensor = inputs[name]
      if (tensor?.length !== size) {
        throw this.#error('input', `input '${name}' has ${tensor?.length ?? 'no'} numbers. Pass ${size}.`)
      }
      return [name, this.#runtime.tensor(tensor, [1, ...shape])] as const
    })
    const answer = this.#session.answer(Object.fromEntries(feeds), this.#model.outputs)
    this.#last = Promise.allSettled([this.#last, answer])
    return answer.catch((cause: unknown) => {
      throw this.#error('inference', `the inference failed: ${(cause as Error).message}. Check the file's shapes.`, cause)
    })
  }

  /** None: they are in the file. */
  weights(): Float32Array {
    return new Float32Array()
  }

  /** Accepts only what `weights` and `version` gave, so that a snapshot of another file is noticed. */
  swap(weights: Float32Array, version: string): void {
    if (weights.length === 0 && version === this.version) return
    throw this.#error('weights', `version ${version} is not this file, ${this.version}. Put the old file back, or start afresh.`)
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#last.then(() => this.#session.release()))
  }

  #error(code: string, what: string, cause?: unknown): TapeloomError {
    return new TapeloomError(`models.${code}`, `[models ${this.#model.name}] ${what}`, { cause })
  }
}
