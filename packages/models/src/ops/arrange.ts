import { TapeloomError } from '@tapeloom/core'
import { nodeOf, type Node } from '../graph/node.ts'
import * as p from '../graph/primitives.ts'
import type { Tensor } from '../graph/tensor.ts'

/** The node's axis for a sample's axis; negative axes count from the end. */
export function axisOf(node: Node, axis: number, where: string): number {
  const rank = node.shape.length
  const positive = axis < 0 ? axis + rank : axis
  if (!Number.isInteger(axis) || positive < 0 || positive >= rank) {
    throw new TapeloomError(
      'models.shape',
      `[${where}] axis ${axis} does not exist in shape [${node.shape.join(', ')}]. Use 0..${rank - 1}.`,
    )
  }
  return positive + (node.batched ? 1 : 0)
}

/** Tensors joined along the last axis. @throws TapeloomError `models.shape` when other axes differ */
export function concat(...xs: readonly Tensor[]): Tensor {
  const nodes = xs.map((x) => nodeOf(x, 'models concat'))
  return p.concat(nodes, Math.max(0, (nodes[0]?.dimensions.length ?? 1) - 1))
}

/** A sample's elements in row-major order under another shape. @throws TapeloomError `models.shape` */
export function reshape(x: Tensor, shape: readonly number[]): Tensor {
  const node = nodeOf(x, 'models reshape')
  return p.reshape(node, node.batched ? [-1, ...shape] : shape)
}

/** A sample's elements as one vector. */
export function flatten(x: Tensor): Tensor {
  return reshape(x, [nodeOf(x, 'models flatten').shape.reduce((product, size) => product * size, 1)])
}

/** Elements `start` ≤ i < `end` of one axis of a sample, every `step`-th. @throws TapeloomError `models.shape` */
export function slice(x: Tensor, axis: number, start: number, end: number, step = 1): Tensor {
  const node = nodeOf(x, 'models slice')
  return p.slice(node, axisOf(node, axis, 'models slice'), start, end, step)
}

/** `before` and `after` zeros around the elements of one axis of a sample. @throws TapeloomError `models.shape` */
export function pad(x: Tensor, axis: number, before: number, after: number): Tensor {
  const node = nodeOf(x, 'models pad')
  return p.pad(node, axisOf(node, axis, 'models pad'), before, after)
}

/**
 * A sample's axes in another order: axis i of the result is axis `axes[i]` of x; absent: the last two exchanged.
 * @throws TapeloomError `models.shape`
 */
export function transpose(x: Tensor, axes?: readonly number[]): Tensor {
  const node = nodeOf(x, 'models transpose')
  if (!axes) {
    axisOf(node, 1, 'models transpose')
    return p.swapLastAxes(node)
  }
  const order = axes.map((axis) => axisOf(node, axis, 'models transpose'))
  if (new Set(order).size !== node.shape.length || order.length !== node.shape.length) {
    throw new TapeloomError(
      'models.shape',
      `[models transpose] axes [${axes.join(', ')}] are no order of ${node.shape.length} axes. Name each once.`,
    )
  }
  return p.transpose(node, node.batched ? [0, ...order] : order)
}
