import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { TapeloomError, type Network, type Shape, type Shapes } from '@tapeloom/core'
import { openImported } from '../serve/imported-runtime.ts'
import { readOnnx, type OnnxGraph, type OnnxModel, type OnnxValue } from '../onnx/read-model.ts'

/** What a file must take and give: shapes of one sample, and the outputs to read. */
export interface OnnxSpec<I extends Shapes, O extends string> {
  readonly inputs: I
  readonly outputs: readonly O[]
}

const FLOAT32 = 1
/** Operator sets that ONNX Runtime 1.30 runs; `com.microsoft` is its own. */
const NEWEST: Readonly<Record<string, number>> = { 'ai.onnx': 25, 'ai.onnx.ml': 5, 'com.microsoft': 1 }
/** Operators whose answers do not repeat. */
const RANDOM = new Set(['RandomNormal', 'RandomNormalLike', 'RandomUniform', 'RandomUniformLike', 'Multinomial', 'Bernoulli'])

/**
 * A network from an .onnx file that any tool wrote: served as every other, never trained. The file is read at once and
 * must take float32 tensors `[batch, …shape]`, with a batch of 1 or of any size, and give the named outputs.
 * @throws TapeloomError `models.onnx` when the file is missing, damaged, of another shape, or not to be repeated
 */
export function fromOnnx<const I extends Shapes, const O extends string>(file: string, spec: OnnxSpec<I, O>): Network<I, O, {}> {
  const fail = (what: string, cause?: unknown) => new TapeloomError('models.onnx', `[models ${file}] ${what}`, { cause })
  let bytes: Uint8Array
  try {
    bytes = readFileSync(file)
  } catch (cause) {
    throw fail(`cannot be read: ${(cause as Error).message}. Check the path.`, cause)
  }
  let model: OnnxModel
  try {
    model = readOnnx(bytes)
  } catch (cause) {
    throw fail(`is no ONNX file, or damaged: ${(cause as Error).message}. Export it again.`, cause)
  }
  const wrong = [...sets(model), ...operators(model.graph), ...values(model.graph, spec.inputs, spec.outputs)]
  if (wrong.length > 0) throw fail(`${wrong.join('; ')}. Export the model otherwise, or change what is asked of it.`)
  const name = file.split(/[\\/]/).at(-1)!.replace(/\.onnx$/, '')
  const version = createHash('sha256').update(bytes).digest('hex').slice(0, 12)
  return {
    name,
    inputs: spec.inputs,
    outputs: spec.outputs,
    targets: {},
    batch: 1,
    open: () => openImported({ name, version, bytes, inputs: spec.inputs, outputs: spec.outputs }),
    train: () => Promise.reject(fail('holds a finished model. Define one with defineModel to train it.')),
  }
}

function sets({ irVersion, operatorSets }: OnnxModel): string[] {
  const wrong = Object.entries(operatorSets).flatMap(([domain, version]) => {
    const newest = NEWEST[domain]
    if (newest === undefined) return [`domain '${domain}' is unknown, use ${Object.keys(NEWEST).join(', ')}`]
    return version > newest || version < 1 ? [`operator set ${version} of ${domain} is not 1..${newest}`] : []
  })
  if (!operatorSets['ai.onnx']) wrong.push('it names no operator set')
  return irVersion >= 3 ? wrong : [`IR version ${irVersion} is older than 3`, ...wrong]
}

function operators(graph: OnnxGraph): string[] {
  const external = graph.initializers.find((one) => one.external)
  return [
    ...(external ? [`the weights '${external.name}' are in another file`] : []),
    ...graph.nodes.flatMap(({ op, domain, graphs }) => [
      ...(RANDOM.has(op) && domain === 'ai.onnx' ? [`operator ${op} gives another answer each time`] : []),
      ...(NEWEST[domain] === undefined ? [`operator ${domain}.${op} is unknown`] : []),
      ...graphs.flatMap(operators),
    ]),
  ]
}

function values({ inputs, outputs, initializers }: OnnxGraph, shapes: Shapes, names: readonly string[]): string[] {
  const stored = new Set(initializers.map(({ name }) => name))
  const fed = inputs.filter(({ name }) => !stored.has(name))
  const undeclared = fed.filter(({ name }) => !(name in shapes)).map((value) => `it takes ${show(value)} too`)
  const mismatched = Object.entries(shapes).flatMap(([name, shape]) => {
    const value = fed.find((one) => one.name === name)
    if (!value) return [`it has no input '${name}', only ${fed.map(show).join(', ')}`]
    return fits(value, shape) ? [] : [`it takes ${show(value)}, not float32 [batch, ${shape.join(', ')}]`]
  })
  const absent = names.filter((name) => !outputs.some((one) => one.name === name))
  const unreadable = outputs.filter(({ name, type }) => names.includes(name) && type !== FLOAT32)
  return [
    ...undeclared, ...mismatched,
    ...absent.map((name) => `it has no output '${name}', only ${outputs.map(show).join(', ')}`),
    ...unreadable.map((value) => `output ${show(value)} is not float32`),
    ...(names.length === 0 ? ['no output is asked for'] : []),
  ]
}

function fits({ type, dimensions }: OnnxValue, shape: Shape): boolean {
  if (type !== FLOAT32) return false
  if (!dimensions) return true
  const [batch, ...rest] = dimensions
  return (batch === 1 || typeof batch === 'string') && rest.length === shape.length &&
    rest.every((size, i) => typeof size === 'string' || size === shape[i])
}

const TYPES: Readonly<Record<number, string>> = { 1: 'float32', 6: 'int32', 7: 'int64', 9: 'bool', 10: 'float16', 11: 'float64' }
const show = ({ name, type, dimensions }: OnnxValue): string =>
  `'${name}' ${TYPES[type] ?? `type ${type}`} [${dimensions?.map((size) => (size === '' ? '?' : size)).join(', ') ?? '?'}]`
