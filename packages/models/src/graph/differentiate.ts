import { TapeloomError } from '@tapeloom/core'
import { gradientRules } from './gradient-rules.ts'
import { constant, type Node } from './node.ts'
import { add, expand } from './primitives.ts'
import { topologicalOrder } from './topological-order.ts'

/** Operators that pass no gradient on purpose: steps, conversions, and the copy that `stopGradient` makes. */
const NO_GRADIENT = new Set(['Cast', 'Sign', 'Identity'])

/**
 * Gradients of the scalar `loss` with respect to `wanted`, in their order, by reverse-mode differentiation. Only what
 * leads from `wanted` to `loss` is built: the gradient of a network's inputs never is.
 * @throws TapeloomError `models.gradient` when an operator on the way has no rule
 */
export function differentiate(loss: Node, wanted: readonly Node[]): Node[] {
  const order = topologicalOrder([loss])
  const active = new Set<Node>(wanted)
  for (const node of order) if (node.inputs.some((input) => active.has(input))) active.add(node)
  const gradients = new Map<Node, Node>([[loss, constant(1)]])
  for (const node of order.toReversed()) {
    const gradient = gradients.get(node)
    if (!gradient || node.leaf || !active.has(node)) continue
    const rule = gradientRules[node.op]
    if (!rule) {
      if (NO_GRADIENT.has(node.op)) continue
      throw new TapeloomError(
        'models.gradient',
        `[models] operator '${node.op}' has no gradient rule. Add one to gradientRules.`,
      )
    }
    const found = rule(node, gradient, (i) => active.has(node.inputs[i]!))
    node.inputs.forEach((input, i) => {
      const part = found[i]
      if (!part || !active.has(input)) return
      const sum = gradients.get(input)
      gradients.set(input, sum ? add(sum, part) : part)
    })
  }
  return wanted.map((node) => gradients.get(node) ?? expand(constant(0), node))
}
