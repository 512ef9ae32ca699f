import { TapeloomError } from '@tapeloom/core'
import type * as Ort from 'onnxruntime-node'
import { constant, input } from '../graph/node.ts'
import { add } from '../graph/primitives.ts'
import { encodeModel } from './encode-model.ts'

export type OrtTensor = Ort.Tensor
export type OrtTensors = Record<string, Ort.Tensor>
type FloatArray = Float32Array | Float64Array

/** One ONNX graph loaded into ONNX Runtime. A run blocks the calling thread. */
export interface Session {
  readonly inputNames: readonly string[]
  readonly outputNames: readonly string[]
  /** Runs the graph and fills the arrays behind `outputs`. */
  run(feeds: OrtTensors, outputs: OrtTensors): Promise<void>
  /** Runs the graph and gives copies of outputs whose sizes need not be known. */
  answer(feeds: OrtTensors, outputs: readonly string[]): Promise<Record<string, Float32Array>>
  release(): Promise<void>
}

/** ONNX Runtime as this package uses it. */
export interface OnnxRuntime {
  /** Whether a run writes straight into the arrays it is given; if not, outputs are copied. */
  readonly zeroCopy: boolean
  tensor(data: FloatArray, dimensions: readonly number[]): OrtTensor
  open(model: Uint8Array): Promise<Session>
}

let loading: Promise<OnnxRuntime> | undefined
/**
 * Loads onnxruntime-node, once a thread, and probes whether outputs are written in place.
 * @throws TapeloomError `models.runtime` when it is not installed or does not start
 */
export function onnxRuntime(): Promise<OnnxRuntime> {
  return (loading ??= import('onnxruntime-node').then(startRuntime, (cause) => {
    loading = undefined
    throw missingRuntime(cause)
  }))
}

/** The error for a runtime that cannot be imported. */
export const missingRuntime = (cause: unknown): TapeloomError =>
  new TapeloomError(
    'models.runtime',
    `[models] onnxruntime-node cannot be loaded (${cause instanceof Error ? cause.message : String(cause)}). ` +
      'Run `ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node@~1.30.0`; the variable skips a CUDA download.',
    { cause },
  )

/** Wraps a loaded ONNX Runtime; `forceCopy` behaves as if outputs were never written in place. */
export async function startRuntime(ort: typeof Ort, forceCopy = false): Promise<OnnxRuntime> {
  const tensor = (data: FloatArray, dimensions: readonly number[]): OrtTensor =>
    data instanceof Float32Array
      ? new ort.Tensor('float32', data, dimensions)
      : new ort.Tensor('float64', data, dimensions)
  const zeroCopy = !forceCopy && (await writesInPlace(ort, tensor))
  return { zeroCopy, tensor, open: (model) => openSession(ort, model, zeroCopy) }
}

// One thread: two gain nothing at batch 1 and hurt on busy cores.
const sessionOptions: Ort.InferenceSession.SessionOptions = {
  executionProviders: ['cpu'],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  logSeverityLevel: 4, // what fails is thrown
}

async function openSession(ort: typeof Ort, model: Uint8Array, zeroCopy: boolean): Promise<Session> {
  const session = await ort.InferenceSession.create(model, sessionOptions)
  return {
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    async run(feeds, outputs) {
      if (zeroCopy) {
        await session.run(feeds, outputs)
        return
      }
      const results = await session.run(feeds, Object.keys(outputs))
      for (const [name, output] of Object.entries(outputs)) {
        ;(output.data as FloatArray).set(results[name]!.data as FloatArray)
      }
    },
    async answer(feeds, outputs) {
      const results = await session.run(feeds, outputs)
      return Object.fromEntries(outputs.map((name) => [name, Float32Array.from(results[name]!.data as Float32Array)]))
    },
    release: () => session.release(),
  }
}

/** Writing in place is not part of the runtime's promise: a tiny graph shows whether this release does it. */
async function writesInPlace(ort: typeof Ort, tensor: OnnxRuntime['tensor']): Promise<boolean> {
  const x = input('x', [2])
  const model = encodeModel({
    name: 'probe',
    batch: 1,
    inputs: new Map([['x', x]]),
    outputs: new Map([['y', add(x, constant(1))]]),
  })
  const session = await openSession(ort, model, true)
  const target = new Float32Array(4)
  await session.run({ x: tensor(Float32Array.of(1, 2), [2]) }, { y: tensor(target.subarray(1, 3), [2]) })
  await session.release()
  return target[1] === 2 && target[2] === 3 && target[0] === 0 && target[3] === 0
}
