import { TapeloomError } from '@tapeloom/core'
import { attention } from '../graph/attention.ts'
import { constant, nodeOf } from '../graph/node.ts'
import * as p from '../graph/primitives.ts'
import type { Tensor } from '../graph/tensor.ts'
import { dense } from './layer.ts'

export interface AttentionSpec {
  /** Heads that attend on their own; must divide the columns. */
  readonly heads: number
  /** `[rows]` of 0 and 1: rows of 0 are attended to by none. */
  readonly mask?: Tensor
}

/**
 * Each row as a mixture of all rows, by learnt queries, keys and values: `[rows, columns]` → `[rows, columns]`.
 * Softmax(QKᵀ / √(columns / heads)) V for each head, then one dense layer over the joined heads.
 * @source Vaswani et al. (2017), Attention Is All You Need, section 3.2
 * @throws TapeloomError `models.shape` when x is no matrix or heads does not divide its columns
 */
export function selfAttention(x: Tensor, { heads, mask }: AttentionSpec): Tensor {
  const node = nodeOf(x, 'models selfAttention')
  const [rows, columns, ...rest] = node.shape
  if (rows === undefined || columns === undefined || rest.length > 0 || !(heads >= 1) || columns % heads !== 0) {
    throw new TapeloomError(
      'models.shape',
      `[models selfAttention] ${heads} heads do not divide shape [${node.shape.join(', ')}]. Pass [rows, columns].`,
    )
  }
  const size = columns / heads
  const split = () => {
    const projected = nodeOf(dense(node, columns, { initialise: 'glorot' }), 'models selfAttention')
    return p.transpose(p.reshape(projected, [-1, rows, heads, size]), [0, 2, 1, 3])
  }
  const seen = mask && p.reshape(nodeOf(mask, 'models selfAttention'), [-1, 1, 1, rows])
  const [query, key, value] = [split(), split(), split()]
  const attended = attention(p.mul(query, constant(1 / Math.sqrt(size))), key, value, seen)
  const mixed = p.transpose(attended, [0, 2, 1, 3])
  return dense(p.reshape(mixed, [-1, rows, columns]), columns, { initialise: 'glorot' })
}
