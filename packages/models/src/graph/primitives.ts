import { TapeloomError } from '@tapeloom/core'
import { constant, integers, Node, type Dimensions, type ElementType } from './node.ts'

export const shapeError = (op: string, what: string, hint: string) =>
  new TapeloomError('models.shape', `[models ${op}] ${what}. ${hint}`)
export const show = (dimensions: Dimensions): string =>
  `[${dimensions.map((size) => (size === -1 ? 'batch' : size)).join(', ')}]`

/** Sizes after broadcasting two shapes, aligned at the last axis. */
export function broadcast(op: string, a: Dimensions, b: Dimensions): Dimensions {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, i) => {
    const [left, right] = [a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1]
    if (left === right || right === 1) return left
    if (left === 1) return right
    throw shapeError(op, `shapes ${show(a)} and ${show(b)} do not match`, 'Make the sizes equal or one of them 1.')
  })
}

/** Inserts axes of size 1 behind the batch axis, so that both operands have the batch in front. */
export function align(node: Node, rank: number): Node {
  const missing = rank - node.dimensions.length
  if (!node.batched || missing <= 0) return node
  const [batch = -1, ...rest] = node.dimensions
  return reshape(node, [batch, ...Array.from({ length: missing }, () => 1), ...rest])
}

function binary(op: string, a: Node, b: Node, type: ElementType = 'float'): Node {
  const rank = Math.max(a.dimensions.length, b.dimensions.length)
  const inputs = [align(a, rank), align(b, rank)] as const
  return new Node({ op, inputs, dimensions: broadcast(op, inputs[0].dimensions, inputs[1].dimensions), type })
}
const unary = (op: string, x: Node, attributes = {}): Node =>
  new Node({ op, inputs: [x], dimensions: x.dimensions, attributes })

export const add = (a: Node, b: Node): Node => binary('Add', a, b)
export const sub = (a: Node, b: Node): Node => binary('Sub', a, b)
export const mul = (a: Node, b: Node): Node => binary('Mul', a, b)
export const div = (a: Node, b: Node): Node => binary('Div', a, b)
export const max = (a: Node, b: Node): Node => binary('Max', a, b)
export const neg = (x: Node): Node => unary('Neg', x)
export const exp = (x: Node): Node => unary('Exp', x)
export const log = (x: Node): Node => unary('Log', x)
export const sqrt = (x: Node): Node => unary('Sqrt', x)
export const abs = (x: Node): Node => unary('Abs', x)
export const sign = (x: Node): Node => unary('Sign', x)
export const relu = (x: Node): Node => unary('Relu', x)
export const tanh = (x: Node): Node => unary('Tanh', x)
export const sigmoid = (x: Node): Node => unary('Sigmoid', x)
export const softmax = (x: Node): Node => unary('Softmax', x, { axis: -1 })
export const logSoftmax = (x: Node): Node => unary('LogSoftmax', x, { axis: -1 })

/** x limited to [low, high]. */
export const clip = (x: Node, low: number, high: number): Node =>
  new Node({ op: 'Clip', inputs: [x, constant(low), constant(high)], dimensions: x.dimensions })

/** 1 where a = b, else 0; no gradient passes. */
export function equal(a: Node, b: Node): Node {
  const same = binary('Equal', a, b, 'bool')
  return new Node({ op: 'Cast', inputs: [same], dimensions: same.dimensions })
}
/** 1 where a > b, else 0; no gradient passes. */
export function greater(a: Node, b: Node): Node {
  const above = binary('Greater', a, b, 'bool')
  return new Node({ op: 'Cast', inputs: [above], dimensions: above.dimensions })
}

/** 1 where x is NaN, else 0; no gradient passes. */
export function isNaN(x: Node): Node {
  const missing = new Node({ op: 'IsNaN', inputs: [x], dimensions: x.dimensions, type: 'bool' })
  return new Node({ op: 'Cast', inputs: [missing], dimensions: x.dimensions })
}
export const detached = (x: Node): Node => unary('Identity', x)

const size = (dimensions: Dimensions): number => dimensions.reduce((product, length) => product * length, 1)

/** The same elements in row-major order under other sizes. */
export function reshape(x: Node, dimensions: Dimensions): Node {
  if (size(dimensions) !== size(x.dimensions)) {
    throw shapeError(
      'reshape',
      `${show(x.dimensions)} does not fit ${show(dimensions)}`,
      'Keep the number of elements.',
    )
  }
  if (dimensions.length === x.dimensions.length && dimensions.every((length, i) => length === x.dimensions[i])) return x
  return new Node({
    op: 'Reshape',
    inputs: [x, integers(dimensions.map((length) => Math.max(length, -1)))],
    dimensions,
  })
}

export function transpose(x: Node, permutation: readonly number[]): Node {
  const dimensions = permutation.map((axis) => x.dimensions[axis] ?? 1)
  return new Node({ op: 'Transpose', inputs: [x], dimensions, attributes: { perm: permutation } })
}

/** Sum over `axes` (all axes counted, batch included). */
export function reduceSum(x: Node, axes: readonly number[], keep = false): Node {
  if (axes.length === 0) return x
  const dimensions = x.dimensions.flatMap((length, axis) => (axes.includes(axis) ? (keep ? [1] : []) : [length]))
  return new Node({ op: 'ReduceSum', inputs: [x, integers(axes)], dimensions, attributes: { keepdims: keep ? 1 : 0 } })
}

/** Elements start ≤ i < end of one axis. */
export function slice(x: Node, axis: number, start: number, end: number, step = 1): Node {
  const length = x.dimensions[axis] ?? 0
  if (!(start >= 0 && start < end && end <= length && step >= 1)) {
    throw shapeError(
      'slice',
      `${start}..${end} is outside of axis ${axis} of ${show(x.dimensions)}`,
      `Stay within 0..${length}.`,
    )
  }
  const dimensions = x.dimensions.with(axis, Math.ceil((end - start) / step))
  return new Node({
    op: 'Slice',
    inputs: [x, integers([start]), integers([end]), integers([axis]), integers([step])],
    dimensions,
    attributes: {},
  })
}

/** Zeros before and after the elements of one axis. */
export function pad(x: Node, axis: number, before: number, after: number): Node {
  if (before === 0 && after === 0) return x
  const pads = [
    ...x.dimensions.map((_, i) => (i === axis ? before : 0)),
    ...x.dimensions.map((_, i) => (i === axis ? after : 0)),
  ]
  const dimensions = x.dimensions.with(axis, (x.dimensions[axis] ?? 0) + before + after)
  return new Node({ op: 'Pad', inputs: [x, integers(pads)], dimensions })
}

export function concat(nodes: readonly Node[], axis: number): Node {
  const [first, ...others] = nodes
  if (!first) throw shapeError('concat', 'there is nothing to join', 'Pass at least one tensor.')
  for (const { dimensions } of others) {
    if (
      dimensions.length !== first.dimensions.length ||
      dimensions.some((length, i) => i !== axis && length !== first.dimensions[i])
    ) {
      throw shapeError(
        'concat',
        `${show(first.dimensions)} and ${show(dimensions)} differ outside of axis ${axis}`,
        'Flatten or reshape them first.',
      )
    }
  }
  if (others.length === 0) return first
  const total = nodes.reduce((sum, node) => sum + (node.dimensions[axis] ?? 0), 0)
  return new Node({ op: 'Concat', inputs: nodes, dimensions: first.dimensions.with(axis, total), attributes: { axis } })
}

/** a · b (+ bias) of matrices, either transposed first. */
export function gemm(a: Node, b: Node, spec: { transA?: boolean; transB?: boolean; bias?: Node } = {}): Node {
  const [transA, transB] = [spec.transA ? 1 : 0, spec.transB ? 1 : 0]
  const [rows = 1, inner = 1] = transA ? a.dimensions.toReversed() : a.dimensions
  const [innerB = 1, columns = 1] = transB ? b.dimensions.toReversed() : b.dimensions
  if (inner !== innerB) {
    throw shapeError(
      'gemm',
      `${show(a.dimensions)} and ${show(b.dimensions)} have no common inner size`,
      'Check the units.',
    )
  }
  const inputs = spec.bias ? [a, b, spec.bias] : [a, b]
  return new Node({ op: 'Gemm', inputs, dimensions: [rows, columns], attributes: { transA, transB } })
}

/** `x` repeated to the shape of `like`, whose values are not read where the runtime can avoid it. */
export function expand(x: Node, like: Node): Node {
  if (
    x.dimensions.length === like.dimensions.length &&
    x.dimensions.every((length, i) => length === like.dimensions[i])
  )
    return x
  const shape = new Node({ op: 'Shape', inputs: [like], dimensions: [like.dimensions.length], type: 'int64' })
  return new Node({ op: 'Expand', inputs: [x, shape], dimensions: like.dimensions })
}

/** a · b of the last two axes; the axes before them must be equal, or b a single matrix that all share. */
export function matmul(a: Node, b: Node): Node {
  if (b.dimensions.length === 2 && !b.batched && a.dimensions.length > 2) {
    const rows = a.dimensions.slice(0, -1).reduce((product, length) => product * length, 1)
    const flat = reshape(a, [rows, a.dimensions.at(-1) ?? 1])
    return reshape(gemm(flat, b), a.dimensions.with(-1, b.dimensions[1] ?? 1))
  }
  const [lead, leadB] = [a.dimensions.slice(0, -2), b.dimensions.slice(0, -2)]
  const [rows = 1, inner = 1] = a.dimensions.slice(-2)
  const [innerB = 1, columns = 1] = b.dimensions.slice(-2)
  if (inner !== innerB || lead.length !== leadB.length || lead.some((length, i) => length !== leadB[i])) {
    throw shapeError(
      'matmul',
      `${show(a.dimensions)} and ${show(b.dimensions)} do not match`,
      'Transpose or reshape one.',
    )
  }
  return new Node({ op: 'MatMul', inputs: [a, b], dimensions: [...lead, rows, columns] })
}

export function swapLastAxes(x: Node): Node {
  const rank = x.dimensions.length
  return transpose(
    x,
    [...x.dimensions.keys()].map((axis) => (axis === rank - 1 ? rank - 2 : axis === rank - 2 ? rank - 1 : axis)),
  )
}

/** Puts `step` − 1 zeros behind each element of an axis and cuts it to `length`: what undoes a strided slice. */
export function spread(x: Node, axis: number, step: number, length: number): Node {
  if (step === 1) return x
  const count = x.dimensions[axis] ?? 0
  const single = reshape(x, x.dimensions.toSpliced(axis + 1, 0, 1))
  const spaced = reshape(pad(single, axis + 1, 0, step - 1), x.dimensions.with(axis, count * step))
  return count * step === length ? spaced : slice(spaced, axis, 0, length)
}
