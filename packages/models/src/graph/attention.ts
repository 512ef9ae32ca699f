import { composite, constant, type GradientRule, type Node } from './node.ts'
import * as p from './primitives.ts'
import { where } from './selection.ts'

/** Added to the score of a masked row: its weight is 0, beside any score of a row that is seen. */
const MASKED = -1e4

/**
 * softmax(query · keyᵀ) · value over `[batch, heads, rows, size]`; `seen` `[batch, 1, 1, rows]` is 0 for rows that none
 * attends to. Where none is seen, all are.
 * @source Vaswani et al. (2017), Attention Is All You Need, equation 1
 */
export function attention(query: Node, key: Node, value: Node, seen: Node | undefined): Node {
  const scores = p.matmul(query, p.swapLastAxes(key))
  const weights = p.softmax(seen ? p.add(scores, where(seen, constant(0), constant(MASKED))) : scores)
  return composite('Attention', [query, key, value, ...(seen ? [seen] : [])], p.matmul(weights, value))
}

/**
 * The softmax's gradient needs Σ_j (g vᵀ)_j w_j for each row, which is Σ g · y over the size of a head: no pass over
 * rows × rows.
 * @source Dao et al. (2022), FlashAttention, appendix B.2
 */
export const attentionRule: GradientRule = (node, gradient, wants) => {
  const product = node.expansion!
  const [query, key, value] = [node.inputs[0]!, node.inputs[1]!, node.inputs[2]!]
  const weights = product.inputs[0]!
  const total = p.reduceSum(p.mul(gradient, product), [3], true)
  const scores = p.mul(weights, p.sub(p.matmul(gradient, p.swapLastAxes(value)), total))
  return [
    wants(0) ? p.matmul(scores, key) : undefined,
    wants(1) ? p.matmul(p.swapLastAxes(scores), query) : undefined,
    wants(2) ? p.matmul(p.swapLastAxes(weights), gradient) : undefined,
    undefined,
  ]
}
