import { TapeloomError } from '@tapeloom/core'
import type { Tensor } from './tensor.ts'

/** `float` is float32 in served and trained graphs and float64 where gradients are checked. */
export type ElementType = 'float' | 'bool' | 'int64'
/**
 * Sizes of all axes, batch included. A negative size −k means k times the batch: `[-1, 3]` is a batch of 3-vectors,
 * `[-60, 5]` a batch of 60 × 5 matrices with the first two axes merged.
 */
export type Dimensions = readonly number[]
export type Attributes = Readonly<Record<string, number | string | readonly number[]>>
/** How a parameter's first values are drawn: uniform in ± sqrt(6 / (in [+ out])), or a constant. */
export type Initialiser =
  | { readonly kind: 'he' | 'glorot'; readonly fanIn: number; readonly fanOut: number }
  | { readonly kind: 'constant'; readonly value: number }
/** What a node without inputs stands for. */
export type Leaf =
  | { readonly kind: 'input'; readonly name: string }
  | { readonly kind: 'parameter'; readonly layer: string; readonly role: string; readonly initialiser: Initialiser }
  | { readonly kind: 'constant'; readonly values: readonly number[] }
  /** Fed in training only: 0 for what is dropped, 1 / (1 − rate) for what stays. */
  | { readonly kind: 'dropout'; readonly rate: number }

interface NodeParts {
  readonly op: string
  readonly inputs?: readonly Node[]
  readonly dimensions: Dimensions
  readonly type?: ElementType
  readonly attributes?: Attributes
  readonly leaf?: Leaf
  readonly expansion?: Node
  readonly fused?: Node
}

/**
 * One operation of a graph: `op` is the ONNX operator, or `Leaf`, or that of a composite, which is written as its
 * `expansion` and differentiated by a rule of its own; `fused` is one operator that answers the same, for graphs without
 * gradients. Immutable; a graph is what its outputs reach.
 */
export class Node implements Tensor {
  readonly op: string
  readonly inputs: readonly Node[]
  readonly dimensions: Dimensions
  readonly type: ElementType
  readonly attributes: Attributes
  readonly leaf: Leaf | undefined
  readonly expansion: Node | undefined
  readonly fused: Node | undefined
  constructor(parts: NodeParts) {
    this.op = parts.op
    this.inputs = parts.inputs ?? []
    this.dimensions = parts.dimensions
    this.type = parts.type ?? 'float'
    this.attributes = parts.attributes ?? {}
    this.leaf = parts.leaf
    this.expansion = parts.expansion
    this.fused = parts.fused
  }

  /** Whether the first axis is the batch. */
  get batched(): boolean {
    return (this.dimensions[0] ?? 0) < 0
  }

  get shape(): readonly number[] {
    return this.batched ? this.dimensions.slice(1) : this.dimensions
  }
}

/**
 * Gradients of a node's inputs, given the gradient of its output: the vector-Jacobian product. `wants(i)` says whether
 * input i needs one; what is not wanted is best left undefined.
 */
export type GradientRule = (node: Node, gradient: Node, wants: (input: number) => boolean) => (Node | undefined)[]

/** `expansion`, made of `inputs`, as one operation: its gradient is the rule of `op`. */
export const composite = (op: string, inputs: readonly Node[], expansion: Node, attributes: Attributes = {}, fused?: Node): Node =>
  new Node({ op, inputs, dimensions: expansion.dimensions, attributes, expansion, ...(fused && { fused }) })

/** What is written for a node; the one operator in place of a composite where that is `fused`. */
export function written(node: Node, fused = false): Node {
  let found = node
  while (found.expansion) found = (fused ? found.fused : undefined) ?? found.expansion
  return found
}

/** The node behind a tensor. @throws TapeloomError `models.tensor` when it was not made by this package's operations */
export function nodeOf(tensor: Tensor, where: string): Node {
  if (tensor instanceof Node) return tensor
  throw new TapeloomError(
    'models.tensor',
    `[${where}] ${JSON.stringify(tensor)} is not a tensor of this package. ` +
      'Pass what forward received or an operation returned.',
  )
}

export const input = (name: string, dimensions: Dimensions): Node =>
  new Node({ op: 'Leaf', dimensions, leaf: { kind: 'input', name } })

export const parameter = (layer: string, role: string, dimensions: Dimensions, initialiser: Initialiser): Node =>
  new Node({ op: 'Leaf', dimensions, leaf: { kind: 'parameter', layer, role, initialiser } })

export const dropoutMask = (dimensions: Dimensions, rate: number): Node =>
  new Node({ op: 'Leaf', dimensions, leaf: { kind: 'dropout', rate } })

/** A constant tensor; `values` in row-major order, a number for a scalar. */
export function constant(
  values: number | readonly number[],
  dimensions?: Dimensions,
  type: ElementType = 'float',
): Node {
  const list = typeof values === 'number' ? [values] : values
  const shape = dimensions ?? (typeof values === 'number' ? [] : [list.length])
  return new Node({ op: 'Leaf', dimensions: shape, type, leaf: { kind: 'constant', values: list } })
}

export const integers = (values: readonly number[]): Node => constant(values, [values.length], 'int64')
