import { TapeloomError } from '@tapeloom/core'
import { constant, nodeOf, type Node } from '../graph/node.ts'
import { geluOf } from '../graph/composites.ts'
import * as p from '../graph/primitives.ts'
import type { Tensor } from '../graph/tensor.ts'

/** A tensor or a number that applies to every element. */
export type Operand = Tensor | number
/** The node behind an operand. */
export const operand = (x: Operand, where: string): Node => (typeof x === 'number' ? constant(x) : nodeOf(x, where))
const tensor = (node: Node): Tensor => node

/** Sum of tensors, element by element; sizes of 1 are repeated. @throws TapeloomError `models.shape` */
export function add(...xs: readonly Operand[]): Tensor {
  const [first, ...others] = xs.map((x) => operand(x, 'models add'))
  if (!first) throw new TapeloomError('models.shape', '[models add] there is nothing to add. Pass at least one tensor.')
  return others.reduce(p.add, first)
}
/** a − b, element by element; sizes of 1 are repeated. @throws TapeloomError `models.shape` */
export const sub = (a: Operand, b: Operand): Tensor => tensor(p.sub(operand(a, 'models sub'), operand(b, 'models sub')))
/** a · b, element by element; sizes of 1 are repeated. @throws TapeloomError `models.shape` */
export const mul = (a: Operand, b: Operand): Tensor => tensor(p.mul(operand(a, 'models mul'), operand(b, 'models mul')))
/** a / b, element by element; sizes of 1 are repeated. @throws TapeloomError `models.shape` */
export const div = (a: Operand, b: Operand): Tensor => tensor(p.div(operand(a, 'models div'), operand(b, 'models div')))
/** The greater of a and b, element by element; on a tie the gradient goes to a. @throws TapeloomError `models.shape` */
export const maximum = (a: Operand, b: Operand): Tensor =>
  tensor(p.max(operand(a, 'models maximum'), operand(b, 'models maximum')))
/** The smaller of a and b, element by element; on a tie the gradient goes to a. @throws TapeloomError `models.shape` */
export const minimum = (a: Operand, b: Operand): Tensor =>
  tensor(p.neg(p.max(p.neg(operand(a, 'models minimum')), p.neg(operand(b, 'models minimum')))))
/** 1 where a = b, else 0; no gradient passes. @throws TapeloomError `models.shape` */
export const equal = (a: Operand, b: Operand): Tensor =>
  tensor(p.equal(operand(a, 'models equal'), operand(b, 'models equal')))
/** 1 where a > b, else 0; no gradient passes. @throws TapeloomError `models.shape` */
export const greater = (a: Operand, b: Operand): Tensor =>
  tensor(p.greater(operand(a, 'models greater'), operand(b, 'models greater')))
/** 1 where a < b, else 0; no gradient passes. @throws TapeloomError `models.shape` */
export const less = (a: Operand, b: Operand): Tensor => greater(b, a)
/** 1 where an element is NaN, which says that it is missing, else 0; no gradient passes. */
export const isMissing = (x: Tensor): Tensor => tensor(p.isNaN(nodeOf(x, 'models isMissing')))
/** The same values; no gradient passes. */
export const stopGradient = (x: Tensor): Tensor => tensor(p.detached(nodeOf(x, 'models stopGradient')))
/** e to the power of each element. */
export const exp = (x: Tensor): Tensor => tensor(p.exp(nodeOf(x, 'models exp')))
/** Natural logarithm of each element. */
export const log = (x: Tensor): Tensor => tensor(p.log(nodeOf(x, 'models log')))
/** Square root of each element. */
export const sqrt = (x: Tensor): Tensor => tensor(p.sqrt(nodeOf(x, 'models sqrt')))
/** Absolute value of each element; the gradient at 0 is 0. */
export const abs = (x: Tensor): Tensor => tensor(p.abs(nodeOf(x, 'models abs')))
/** Each element limited to [low, high]; the gradient passes where it is not limited. */
export const clip = (x: Tensor, low: number, high: number): Tensor =>
  tensor(p.clip(nodeOf(x, 'models clip'), low, high))
/** max(x, 0); the gradient at 0 is 0. */
export const relu = (x: Tensor): Tensor => tensor(p.relu(nodeOf(x, 'models relu')))
/** Hyperbolic tangent. */
export const tanh = (x: Tensor): Tensor => tensor(p.tanh(nodeOf(x, 'models tanh')))
/** 1 / (1 + e^−x). */
export const sigmoid = (x: Tensor): Tensor => tensor(p.sigmoid(nodeOf(x, 'models sigmoid')))
/**
 * Gaussian error linear unit in its tanh form, 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))), within 5e-4 of
 * the exact one.
 * @source Hendrycks, Gimpel (2016), Gaussian Error Linear Units, section 2
 */
export function gelu(x: Tensor): Tensor {
  return geluOf(nodeOf(x, 'models gelu'))
}
/** Exponentials along the last axis, scaled to sum to 1. */
export const softmax = (x: Tensor): Tensor => tensor(p.softmax(nodeOf(x, 'models softmax')))
/** Logarithm of the softmax along the last axis, without underflow. */
export const logSoftmax = (x: Tensor): Tensor => tensor(p.logSoftmax(nodeOf(x, 'models logSoftmax')))
