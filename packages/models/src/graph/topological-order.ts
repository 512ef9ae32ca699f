import type { Node } from './node.ts'

/** Every node that `outputs` reach, inputs before users, in a fixed order: what nothing needs is not in it. */
export function topologicalOrder(outputs: readonly Node[]): Node[] {
  const order: Node[] = []
  const seen = new Set<Node>()
  // An explicit stack: a deep network must not exhaust the call stack.
  const stack: { node: Node; next: number }[] = []
  for (const output of outputs) {
    if (!seen.has(output)) stack.push({ node: output, next: 0 })
    seen.add(output)
    for (let frame = stack.at(-1); frame; frame = stack.at(-1)) {
      const child = frame.node.inputs[frame.next++]
      if (!child) order.push(stack.pop()!.node)
      else if (!seen.has(child)) {
        seen.add(child)
        stack.push({ node: child, next: 0 })
      }
    }
  }
  return order
}
