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
  /** The package that runs. */
  readonly name: string
  /** Whether a run writes straight into the arrays it is given; if not, outputs are copied. */
  readonly zeroCopy: boolean
  tensor(data: FloatArray, dimensions: readonly number[]): OrtTensor
  open(model: Uint8Array): Promise<Session>
}

let loading: Promise<OnnxRuntime> | undefined
/**
 * Loads onnxruntime-node or, where that is not installed, onnxruntime-web, once a thread, and probes whether outputs are
 * written in place.
 * @throws TapeloomError `models.runtime` when neither is installed, or the one does not start
 */
export function onnxRuntime(): Promise<OnnxRuntime> {
  return (loading ??= import('onnxruntime-node').then((ort) => startRuntime(ort), loadWeb).catch((cause) => {
    loading = undefined
    throw cause
  }))
}

/** Which runtime serves and trains here, and whether it writes outputs in place. @throws TapeloomError `models.runtime` */
export async function runtimeInfo(): Promise<{ readonly name: string; readonly zeroCopy: boolean }> {
  const { name, zeroCopy } = await onnxRuntime()
  return { name, zeroCopy }
}

/** The same graphs in WebAssembly, two to five times slower. A computed name: it need not be installed, nor bundled. */
async function loadWeb(missing: unknown): Promise<OnnxRuntime> {
  const web = ['onnxruntime', 'web'].join('-')
  const ort = (await import(web).catch(() => {
    throw missingRuntime(missing)
  })) as typeof Ort
  return startRuntime(ort, { name: web })
}

/** The error for a runtime that cannot be imported. */
export const missingRuntime = (cause: unknown): TapeloomError =>
  new TapeloomError(
    'models.runtime',
    `[models] onnxruntime-node cannot be loaded (${cause instanceof Error ? cause.message : String(cause)}). ` +
      'Run `ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node@~1.30.0`; the variable skips a CUDA download.',
    { cause },
  )

interface RuntimeOptions {
  readonly name?: string
  /** Behaves as if outputs were never written in place. */
  readonly forceCopy?: boolean
}

/** Wraps a loaded ONNX Runtime. */
export async function startRuntime(ort: typeof Ort, options: RuntimeOptions = {}): Promise<OnnxRuntime> {
  const { name = 'onnxruntime-node', forceCopy = false } = options
  const tensor = (data: FloatArray, dimensions: readonly number[]): OrtTensor =>
    data instanceof Float32Array
      ? new ort.Tensor('float32', data, dimensions)
      : new ort.Tensor('float64', data, dimensions)
  const provider = name === 'onnxruntime-web' ? 'wasm' : 'cpu'
  if (provider === 'wasm') ort.env.wasm.numThreads = 1
  const open = (model: Uint8Array, inPlace: boolean) => openSession(ort, model, inPlace, provider)
  const zeroCopy = !forceCopy && (await writesInPlace(open, tensor))
  return { name, zeroCopy, tensor, open: (model) => open(model, zeroCopy) }
}

// One thread: two gain nothing at batch 1 and hurt on busy cores.
const sessionOptions: Ort.InferenceSession.SessionOptions = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  logSeverityLevel: 4, // what fails is thrown
}

async function openSession(ort: typeof Ort, model: Uint8Array, zeroCopy: boolean, provider: string): Promise<Session> {
  const session = await ort.InferenceSession.create(model, { ...sessionOptions, executionProviders: [provider] })
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
async function writesInPlace(
  open: (model: Uint8Array, inPlace: boolean) => Promise<Session>,
  tensor: OnnxRuntime['tensor'],
): Promise<boolean> {
  const x = input('x', [2])
  const model = encodeModel({
    name: 'probe',
    batch: 1,
    inputs: new Map([['x', x]]),
    outputs: new Map([['y', add(x, constant(1))]]),
  })
  const session = await open(model, true)
  const target = new Float32Array(4)
  await session.run({ x: tensor(Float32Array.of(1, 2), [2]) }, { y: tensor(target.subarray(1, 3), [2]) })
  await session.release()
  return target[1] === 2 && target[2] === 3 && target[0] === 0 && target[3] === 0
}
