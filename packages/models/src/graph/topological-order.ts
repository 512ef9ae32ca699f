import type { Node } from './node.ts'

/**
 * Every node that `outputs` reach, each as `resolve` gives it, inputs before users, in a fixed order: what nothing needs is
 * not in it.
 */
export function topologicalOrder(outputs: readonly Node[], resolve: (node: Node) => Node = (node) => node): Node[] {
  const order: Node[] = []
  const seen = new Set<Node>()
  // An explicit stack: a deep network must not exhaust the call stack.
  const stack: { node: Node; next: number }[] = []
  for (const output of outputs.map(resolve)) {
    if (!seen.has(output)) stack.push({ node: output, next: 0 })
    seen.add(output)
    for (let frame = stack.at(-1); frame; frame = stack.at(-1)) {
      const next = frame.node.inputs[frame.next++]
      const child = next && resolve(next)
      if (!child) order.push(stack.pop()!.node)
      else if (!seen.has(child)) {
        seen.add(child)
        stack.push({ node: child, next: 0 })
      }
    }
  }
  return order
}
