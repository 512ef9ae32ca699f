import { TapeloomError } from '@tapeloom/core'
import { constant, nodeOf, parameter, type Initialiser, type Node } from '../graph/node.ts'
import { normalised } from '../graph/composites.ts'
import { convolution } from '../graph/convolution.ts'
import * as p from '../graph/primitives.ts'
import type { Tensor } from '../graph/tensor.ts'

export interface DenseSpec {
  /** Distribution of the first weights: `he` (default, for relu and its kin) or `glorot` (for tanh and sigmoid). */
  readonly initialise?: 'he' | 'glorot'
  /** Whether to add a bias, 0 at first; default true. */
  readonly bias?: boolean
}

/** x · weights + bias, of the rows of a merged matrix. */
function affine(layer: string, x: Node, units: number, spec: DenseSpec): Node {
  const inner = x.dimensions.at(-1) ?? 1
  const initialiser: Initialiser = { kind: spec.initialise ?? 'he', fanIn: inner, fanOut: units }
  const weight = parameter(layer, 'weight', [inner, units], initialiser)
  if (spec.bias === false) return p.gemm(x, weight)
  return p.gemm(x, weight, { bias: parameter(layer, 'bias', [units], { kind: 'constant', value: 0 }) })
}

function requireWhole(where: string, what: string, value: number): void {
  if (Number.isInteger(value) && value > 0) return
  throw new TapeloomError('models.shape', `[models ${where}] ${what} is ${value}. Use a whole number of at least 1.`)
}

/**
 * A fully connected layer over the last axis: `[…, n]` → `[…, units]`, rows of a matrix share the weights.
 * First weights are uniform in ± √(6 / n) (`he`) or ± √(6 / (n + units)) (`glorot`).
 * @source He et al. (2015), equation 10; Glorot, Bengio (2010), equation 16
 * @throws TapeloomError `models.shape` when units is not a positive whole number or x is a scalar
 */
export function dense(x: Tensor, units: number, spec: DenseSpec = {}): Tensor {
  const node = nodeOf(x, 'models dense')
  requireWhole('dense', 'units', units)
  requireWhole('dense', 'rank of its input', node.shape.length)
  const rows = node.dimensions.slice(0, -1).reduce((product, size) => product * size, 1)
  const flat = p.reshape(node, [rows, node.dimensions.at(-1)!])
  return p.reshape(affine('dense', flat, units, spec), node.dimensions.with(-1, units))
}

export interface Conv1dSpec extends DenseSpec {
  /** Rows that one output row sees; default 3. */
  readonly kernel?: number
  /** Rows between two outputs; default 1. */
  readonly stride?: number
  /** `same` (default) puts zeros around the rows; `valid` does not. */
  readonly padding?: 'same' | 'valid'
}

/**
 * Convolution over the rows of `[rows, columns]` → `[⌈rows / stride⌉, channels]` (`valid`: whole windows only),
 * as a matrix product of gathered windows, channels last; its input's gradient is a convolution too.
 * @throws TapeloomError `models.shape` when the input is no matrix or the kernel does not fit
 */
export function conv1d(x: Tensor, channels: number, spec: Conv1dSpec = {}): Tensor {
  const { kernel = 3, stride = 1, padding = 'same' } = spec
  const node = nodeOf(x, 'models conv1d')
  requireWhole('conv1d', 'channels', channels)
  requireWhole('conv1d', 'kernel', kernel)
  requireWhole('conv1d', 'stride', stride)
  const [rows, columns, ...rest] = node.shape
  if (rows === undefined || columns === undefined || rest.length > 0) {
    throw new TapeloomError(
      'models.shape',
      `[models conv1d] shape [${node.shape.join(', ')}] is no matrix. Pass [rows, columns].`,
    )
  }
  const before = padding === 'same' ? Math.floor((kernel - 1) / 2) : 0
  const outputs = Math.floor((rows + (padding === 'same' ? kernel - 1 : 0) - kernel) / stride) + 1
  requireWhole('conv1d', 'number of output rows', outputs)
  const initialiser: Initialiser = { kind: spec.initialise ?? 'he', fanIn: kernel * columns, fanOut: channels }
  const weight = parameter('conv1d', 'weight', [kernel * columns, channels], initialiser)
  const bias = spec.bias === false ? [] : [parameter('conv1d', 'bias', [channels], { kind: 'constant', value: 0 })]
  return convolution(node, weight, bias, { kernel, stride, before, outputs })
}

/**
 * Mean over the rows of `[rows, columns]` → `[columns]`; with `mask` `[rows]` of 0 and 1 only over rows
 * of 1, and 0 where there is none.
 * @throws TapeloomError `models.shape`
 */
export function meanPool(x: Tensor, mask?: Tensor): Tensor {
  const node = nodeOf(x, 'models meanPool')
  const [rows, columns, ...rest] = node.shape
  if (rows === undefined || columns === undefined || rest.length > 0) {
    throw new TapeloomError(
      'models.shape',
      `[models meanPool] shape [${node.shape.join(', ')}] is no matrix. Pass [rows, columns].`,
    )
  }
  if (!mask) return p.mul(p.reduceSum(node, [1]), constant(1 / rows))
  const weight = p.reshape(nodeOf(mask, 'models meanPool'), [-1, rows, 1])
  const count = p.max(p.reduceSum(weight, [1]), constant(1))
  return p.div(p.reduceSum(p.mul(node, weight), [1]), count)
}

/**
 * The last axis shifted and scaled to mean 0 and variance 1, then by a learnt gain and bias.
 * @source Ba, Kiros, Hinton (2016), Layer Normalization, equation 4
 */
export function layerNorm(x: Tensor, spec: { readonly epsilon?: number } = {}): Tensor {
  const node = nodeOf(x, 'models layerNorm')
  requireWhole('layerNorm', 'rank of its input', node.shape.length)
  const size = node.dimensions.at(-1)!
  const gain = parameter('layerNorm', 'gain', [size], { kind: 'constant', value: 1 })
  const bias = parameter('layerNorm', 'bias', [size], { kind: 'constant', value: 0 })
  return p.add(p.mul(normalised(node, spec.epsilon ?? 1e-5), gain), bias)
}

/** Product of the last two axes: `[…, n, k]` · `[…, k, m]` → `[…, n, m]`. @throws TapeloomError `models.shape` */
export const matmul = (a: Tensor, b: Tensor): Tensor => p.matmul(nodeOf(a, 'models matmul'), nodeOf(b, 'models matmul'))
