import { constant, nodeOf, type Node } from '../graph/node.ts'
import * as p from '../graph/primitives.ts'
import type { Tensor } from '../graph/tensor.ts'
import { axisOf } from './arrange.ts'

/** Which axis of a sample to reduce (default: all), and whether to keep it with size 1. */
export interface Reduction {
  readonly axis?: number
  readonly keep?: boolean
}

function axesOf(node: Node, spec: Reduction, where: string): number[] {
  if (spec.axis !== undefined) return [axisOf(node, spec.axis, where)]
  return node.shape.map((_, axis) => axisOf(node, axis, where))
}

/** Sum over one axis of a sample, or over all. @throws TapeloomError `models.shape` */
export function sum(x: Tensor, spec: Reduction = {}): Tensor {
  const node = nodeOf(x, 'models sum')
  return p.reduceSum(node, axesOf(node, spec, 'models sum'), spec.keep)
}

/** Arithmetic mean over one axis of a sample, or over all. @throws TapeloomError `models.shape` */
export function mean(x: Tensor, spec: Reduction = {}): Tensor {
  const node = nodeOf(x, 'models mean')
  const axes = axesOf(node, spec, 'models mean')
  const count = axes.reduce((product, axis) => product * (node.dimensions[axis] ?? 1), 1)
  return p.mul(p.reduceSum(node, axes, spec.keep), constant(1 / count))
}
