import { nodeOf } from '../graph/node.ts'
import * as s from '../graph/selection.ts'
import type { Tensor } from '../graph/tensor.ts'
import { axisOf } from './arrange.ts'
import { operand, type Operand } from './elementwise.ts'
import { parameter } from './leaf.ts'

/**
 * a where the condition is not 0, else b, element by element; sizes of 1 are repeated. What is not chosen gets no
 * gradient, so that a missing target, NaN, can be left out: `where(isMissing(t), 0, mul(sub(y, t), sub(y, t)))`
 * passes NaN; `sub(y, where(isMissing(t), y, t))` does not.
 * @throws TapeloomError `models.shape`
 */
export const where = (condition: Tensor, a: Operand, b: Operand): Tensor =>
  s.where(nodeOf(condition, 'models where'), operand(a, 'models where'), operand(b, 'models where'))

/**
 * Elements of one axis of x by fixed indices, or rows of a `parameter` `[n, …]` by a tensor of indices `[…]`
 * → `[indices…, …]`. An index out of range fails the run.
 * @throws TapeloomError `models.shape`
 */
export function gather(x: Tensor, indices: readonly number[] | Tensor, axis = 0): Tensor {
  const node = nodeOf(x, 'models gather')
  if (!('shape' in indices)) return s.take(node, indices, axisOf(node, axis, 'models gather'))
  return s.gatherRows(node, nodeOf(indices, 'models gather'))
}

/**
 * Elements of the last axis, each row by its own indices: `[…, n]` and `[…, k]` → `[…, k]`, such as the value of the
 * action taken. @throws TapeloomError `models.shape`
 */
export const pick = (x: Tensor, indices: Tensor): Tensor =>
  s.gatherElements(nodeOf(x, 'models pick'), nodeOf(indices, 'models pick'))

/** A learnt vector of `size` numbers for each of `count` indices: `[…]` → `[…, size]`. */
export const embedding = (indices: Tensor, count: number, size: number): Tensor =>
  gather(parameter([count, size]), indices)
