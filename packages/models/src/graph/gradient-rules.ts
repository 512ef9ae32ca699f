import { attentionRule } from './attention.ts'
import { geluRule, layerNormRule } from './composites.ts'
import { convolutionRule } from './convolution.ts'
import * as p from './primitives.ts'
import * as s from './selection.ts'
import { constant, type Dimensions, type GradientRule, type Node } from './node.ts'

/** Sums a gradient back to the shape that was broadcast. */
export function unbroadcast(gradient: Node, dimensions: Dimensions): Node {
  const extra = gradient.dimensions.length - dimensions.length
  const axes = gradient.dimensions.flatMap((length, axis) =>
    axis < extra || (dimensions[axis - extra] === 1 && length !== 1) ? [axis] : [],
  )
  return p.reshape(p.reduceSum(gradient, axes), dimensions)
}

const at = (node: Node, i: number): Node => node.inputs[i]!
const unaryRule =
  (rule: (x: Node, y: Node, gradient: Node) => Node): GradientRule =>
  (node, gradient) => [rule(at(node, 0), node, gradient)]
const binaryRule =
  (left: (node: Node, gradient: Node) => Node, right: (node: Node, gradient: Node) => Node): GradientRule =>
  (node, gradient, wants) => [
    wants(0) ? unbroadcast(left(node, gradient), at(node, 0).dimensions) : undefined,
    wants(1) ? unbroadcast(right(node, gradient), at(node, 1).dimensions) : undefined,
  ]
const constants = (node: Node, input: number): readonly number[] => {
  const leaf = at(node, input).leaf
  return leaf?.kind === 'constant' ? leaf.values : []
}
const lastAxis = (node: Node): number => node.dimensions.length - 1

/** One rule per operator; an operator without a rule passes no gradient on purpose (comparisons and casts). */
export const gradientRules: Readonly<Record<string, GradientRule>> = {
  Add: binaryRule(
    (_, g) => g,
    (_, g) => g,
  ),
  Sub: binaryRule(
    (_, g) => g,
    (_, g) => p.neg(g),
  ),
  Mul: binaryRule(
    (node, g) => p.mul(g, at(node, 1)),
    (node, g) => p.mul(g, at(node, 0)),
  ),
  Div: binaryRule(
    (node, g) => p.div(g, at(node, 1)),
    (node, g) => p.neg(p.div(p.mul(g, node), at(node, 1))),
  ),
  // On a tie the left operand takes the gradient.
  Max: binaryRule(
    (node, g) => p.mul(g, p.equal(node, at(node, 0))),
    (node, g) => p.mul(g, p.greater(at(node, 1), at(node, 0))),
  ),
  Neg: unaryRule((_x, _y, g) => p.neg(g)),
  Exp: unaryRule((_x, y, g) => p.mul(g, y)),
  Log: unaryRule((x, _y, g) => p.div(g, x)),
  Sqrt: unaryRule((_x, y, g) => p.div(g, p.mul(y, constant(2)))),
  Abs: unaryRule((x, _y, g) => p.mul(g, p.sign(x))),
  Relu: unaryRule((_x, y, g) => p.mul(g, p.greater(y, constant(0)))),
  Tanh: unaryRule((_x, y, g) => p.mul(g, p.sub(constant(1), p.mul(y, y)))),
  Sigmoid: unaryRule((_x, y, g) => p.mul(g, p.mul(y, p.sub(constant(1), y)))),
  Softmax: unaryRule((_x, y, g) => p.mul(y, p.sub(g, p.reduceSum(p.mul(g, y), [lastAxis(y)], true)))),
  LogSoftmax: unaryRule((_x, y, g) => p.sub(g, p.mul(p.exp(y), p.reduceSum(g, [lastAxis(y)], true)))),
  Clip: unaryRule((x, y, g) => p.mul(g, p.equal(x, y))),
  Reshape: unaryRule((x, _y, g) => p.reshape(g, x.dimensions)),
  Transpose: (node, g) => {
    const permutation = node.attributes['perm'] as readonly number[]
    return [
      p.transpose(
        g,
        permutation.map((_, axis) => permutation.indexOf(axis)),
      ),
    ]
  },
  ReduceSum: (node, g) => {
    const x = at(node, 0)
    const axes = constants(node, 1)
    const kept = p.reshape(
      g,
      x.dimensions.map((length, axis) => (axes.includes(axis) ? 1 : length)),
    )
    return [p.expand(kept, x)]
  },
  Slice: (node, g) => {
    const [start = 0, end = 0, axis = 0, step = 1] = [1, 2, 3, 4].map((input) => constants(node, input)[0])
    const length = at(node, 0).dimensions[axis] ?? 0
    return [p.pad(p.spread(g, axis, step, end - start), axis, start, length - end)]
  },
  Pad: (node, g) => {
    const x = at(node, 0)
    const before = constants(node, 1)
    return [
      x.dimensions.reduce<Node>((left, length, axis) => {
        const start = before[axis] ?? 0
        return left.dimensions[axis] === length ? left : p.slice(left, axis, start, start + length)
      }, g),
    ]
  },
  Concat: (node, g, wants) => {
    const axis = node.attributes['axis'] as number
    let start = 0
    return node.inputs.map((x, i) => {
      const from = start
      start += x.dimensions[axis] ?? 0
      return wants(i) ? p.slice(g, axis, from, start) : undefined
    })
  },
  Where: (node, g, wants) => [
    undefined,
    wants(1) ? unbroadcast(s.where(at(node, 0), g, constant(0)), at(node, 1).dimensions) : undefined,
    wants(2) ? unbroadcast(s.where(at(node, 0), constant(0), g), at(node, 2).dimensions) : undefined,
  ],
  Gather: (node, g) => [s.scatterRows(g, at(node, 1), at(node, 0))],
  GatherElements: (node, g) => [s.scatterElements(g, at(node, 1), at(node, 0))],
  Take: s.takeRule,
  Convolution: convolutionRule,
  Gelu: geluRule,
  LayerNorm: layerNormRule,
  Attention: attentionRule,
  Dropout: (node, g) => [p.mul(g, at(node, 1))],
  // Only a plain a · b + bias stands in a forward graph; the transposed forms are made by this rule.
  Gemm: (node, g, wants) => [
    wants(0) ? p.gemm(g, at(node, 1), { transB: true }) : undefined,
    wants(1) ? p.gemm(at(node, 0), g, { transA: true }) : undefined,
    wants(2) ? unbroadcast(g, at(node, 2).dimensions) : undefined,
  ],
  MatMul: (node, g, wants) => [
    wants(0) ? p.matmul(g, p.swapLastAxes(at(node, 1))) : undefined,
    wants(1) ? p.matmul(p.swapLastAxes(at(node, 0)), g) : undefined,
  ],
}
