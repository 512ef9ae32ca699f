import { TapeloomError } from '@tapeloom/core'
import * as n from '../graph/node.ts'
import type { Tensor } from '../graph/tensor.ts'

export interface ParameterSpec {
  /** First values: uniform in ± √(6 / last size) (`he`) or ± √(6 / (first + last size)) (`glorot`, default), or a number. */
  readonly initialise?: 'he' | 'glorot' | number
}

/** A learnt tensor that all samples share, without a batch axis. @throws TapeloomError `models.shape` */
export function parameter(shape: readonly number[], { initialise = 'glorot' }: ParameterSpec = {}): Tensor {
  requireShape('parameter', shape, shape.reduce((product, size) => product * size, 1))
  const [first = 1, last = 1] = [shape[0], shape.at(-1)]
  const initialiser: n.Initialiser =
    typeof initialise === 'number'
      ? { kind: 'constant', value: initialise }
      : { kind: initialise, fanIn: initialise === 'he' ? last : first, fanOut: last }
  return n.parameter('parameter', 'value', shape, initialiser)
}

/** A fixed tensor that all samples share; values in row-major order. @throws TapeloomError `models.shape` */
export function constant(values: readonly number[], shape: readonly number[] = [values.length]): Tensor {
  requireShape('constant', shape, values.length)
  return n.constant(values, shape)
}

function requireShape(where: string, shape: readonly number[], count: number): void {
  const size = shape.reduce((product, length) => product * length, 1)
  if (shape.every((length) => Number.isInteger(length) && length > 0) && size === count) return
  throw new TapeloomError(
    'models.shape',
    `[models ${where}] shape [${shape.join(', ')}] does not hold ${count} numbers. Use whole sizes of at least 1.`,
  )
}

/**
 * In training, 0 for each element with probability `rate`, else x / (1 − rate); in inference x itself. The masks
 * depend on the trainer's seed and step alone, so that a resumed training drops the same elements.
 * @source Srivastava et al. (2014), Dropout, section 4, scaled in training
 * @throws TapeloomError `models.dropout` when rate is not in [0, 1)
 */
export function dropout(x: Tensor, rate: number): Tensor {
  const node = n.nodeOf(x, 'models dropout')
  if (!(rate >= 0 && rate < 1)) {
    throw new TapeloomError('models.dropout', `[models dropout] rate is ${rate}. Use a number from 0 to below 1.`)
  }
  if (rate === 0) return node
  return new n.Node({ op: 'Dropout', inputs: [node, n.dropoutMask(node.dimensions, rate)], dimensions: node.dimensions })
}
