import { TapeloomError, type Shapes, type TargetSet } from '@tapeloom/core'
import type { Node } from '../graph/node.ts'
import { topologicalOrder } from '../graph/topological-order.ts'
import type { Optimizer } from '../optimize/optimizer.ts'

/** Where one parameter stands in the flat weights. */
export interface ParameterSlot {
  /** `<layer><n>.<role>`, such as `dense1.weight`. */
  readonly name: string
  readonly node: Node
  /** First element and number of elements. */
  readonly offset: number
  readonly size: number
}

/** A mask of dropout as the training graph asks for it. */
export interface DropoutSlot {
  readonly name: string
  readonly node: Node
  readonly rate: number
}

/** A model as graphs: what `defineModel` builds once and sessions are made from. */
export interface CompiledModel {
  readonly name: string
  readonly inputShapes: Shapes
  readonly inputs: ReadonlyMap<string, Node>
  readonly targetSet: TargetSet
  readonly targets: ReadonlyMap<string, Node>
  /** Number of classes of each `class` target that a loss compares with scores. */
  readonly classes: ReadonlyMap<string, number>
  readonly outputs: ReadonlyMap<string, Node>
  /** Weighted mean over the batch of the loss per sample. */
  readonly loss: Node
  readonly sampleWeights: Node
  /** Masks of dropout, in the order of use. */
  readonly dropouts: readonly DropoutSlot[]
  readonly batch: number
  readonly optimizer: Optimizer
  readonly parameters: readonly ParameterSlot[]
  /** Number of all weights. */
  readonly size: number
  /** Names and shapes of all parameters as a text: weights fit where it is equal. */
  readonly layout: string
}

/** Lays the parameters that outputs and loss reach out one behind the other, in the order of first use. */
export function layOut(roots: readonly Node[]): readonly ParameterSlot[] {
  const layers = new Map<string, number>()
  const roles = new Map<string, Set<string>>()
  let offset = 0
  return topologicalOrder(roots).flatMap((node) => {
    if (node.leaf?.kind !== 'parameter') return []
    const { layer, role } = node.leaf
    // A role that the current layer of this kind already has begins the next layer.
    if (roles.get(layer)?.has(role) !== false) {
      layers.set(layer, (layers.get(layer) ?? 0) + 1)
      roles.set(layer, new Set())
    }
    roles.get(layer)!.add(role)
    const size = node.dimensions.reduce((product, length) => product * length, 1)
    const slot = { name: `${layer}${layers.get(layer)}.${role}`, node, offset, size }
    offset += size
    return [slot]
  })
}

/** The masks of dropout that the loss reaches. */
export function dropoutsOf(loss: Node): readonly DropoutSlot[] {
  const found = topologicalOrder([loss]).flatMap((node) =>
    node.leaf?.kind === 'dropout' ? [{ node, rate: node.leaf.rate }] : [],
  )
  return found.map((slot, i) => ({ ...slot, name: `dropout.${i + 1}` }))
}

/** @throws TapeloomError `models.weights` when their number is not the model's */
export function requireWeights(model: CompiledModel, weights: Float32Array): void {
  if (weights.length === model.size) return
  throw new TapeloomError(
    'models.weights',
    `[models ${model.name}] ${weights.length} weights were given, the model has ${model.size}. ` +
      'Pass the weights of this model.',
  )
}

/** The weights as one view a parameter. */
export function sliceWeights(model: CompiledModel, weights: Float32Array): Map<Node, Float32Array> {
  requireWeights(model, weights)
  return new Map(model.parameters.map(({ node, offset, size }) => [node, weights.subarray(offset, offset + size)]))
}

/** Finds how many classes each target is compared with. */
export function countClasses(loss: Node, targets: ReadonlyMap<string, Node>): Map<string, number> {
  const names = new Map([...targets].map(([name, node]) => [node, name]))
  return new Map(
    topologicalOrder([loss]).flatMap((node): [string, number][] => {
      const name = node.op === 'Equal' ? names.get(node.inputs[0]!) : undefined
      const other = node.inputs[1]?.leaf
      // All classes in their order: any other comparison is the model's own.
      const isAll = other?.kind === 'constant' && other.values.length > 1 && other.values.every((value, i) => value === i)
      return name !== undefined && isAll ? [[name, other.values.length]] : []
    }),
  )
}
