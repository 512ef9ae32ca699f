import { TapeloomError } from '@tapeloom/core'
import { constant, nodeOf, type Node } from '../graph/node.ts'
import * as p from '../graph/primitives.ts'
import type { Tensor } from '../graph/tensor.ts'

/** Mean over the elements of each sample: shape `[]`. */
function perSample(node: Node): Node {
  const count = node.shape.reduce((product, size) => product * size, 1)
  const summed = p.reduceSum(
    node,
    node.shape.map((_, axis) => axis + (node.batched ? 1 : 0)),
  )
  return count === 1 ? summed : p.mul(summed, constant(1 / count))
}

function difference(loss: string, x: Tensor, target: Tensor): Node {
  const [left, right] = [nodeOf(x, `models ${loss}`), nodeOf(target, `models ${loss}`)]
  if (left.shape.join() !== right.shape.join()) {
    throw new TapeloomError(
      'models.shape',
      `[models ${loss}] output [${left.shape.join(', ')}] and target [${right.shape.join(', ')}] differ. ` +
        "Give the output the target's shape.",
    )
  }
  return p.sub(left, right)
}

function oneHot(loss: string, scores: Node, classes: Tensor): Node {
  const target = nodeOf(classes, `models ${loss}`)
  if (scores.shape.length !== 1 || target.shape.join() !== '1') {
    throw new TapeloomError(
      'models.shape',
      `[models ${loss}] output [${scores.shape.join(', ')}], target [${target.shape.join(', ')}]. ` +
        "Pass one score a class and a 'class' target.",
    )
  }
  return p.equal(target, constant([...Array(scores.shape[0]).keys()]))
}

/** −log of the probability that softmax of `logits` `[classes]` gives to the class; ≥ 0, nats. One a sample. */
export function crossEntropy(logits: Tensor, classes: Tensor): Tensor {
  const scores = nodeOf(logits, 'models crossEntropy')
  return p.neg(p.reduceSum(p.mul(oneHot('crossEntropy', scores, classes), p.logSoftmax(scores)), [1]))
}

/**
 * Sum over the classes of (softmax(logits) − 1[class])², in [0, 2]. One a sample.
 * @source Brier (1950), equation 2
 */
export function brier(logits: Tensor, classes: Tensor): Tensor {
  const scores = nodeOf(logits, 'models brier')
  const error = p.sub(p.softmax(scores), oneHot('brier', scores, classes))
  return p.reduceSum(p.mul(error, error), [1])
}

/** Mean of (x − target)² over a sample's elements. One a sample. @throws TapeloomError `models.shape` */
export function mse(x: Tensor, target: Tensor): Tensor {
  const error = difference('mse', x, target)
  return perSample(p.mul(error, error))
}

/**
 * Mean over a sample's elements of ½e² where |e| ≤ delta, else delta·(|e| − ½delta), e = x − target.
 * @source Huber (1964), Robust Estimation of a Location Parameter
 */
export function huber(x: Tensor, target: Tensor, delta = 1): Tensor {
  const error = difference('huber', x, target)
  const limited = p.clip(error, -delta, delta)
  return perSample(p.mul(limited, p.sub(error, p.mul(limited, constant(0.5)))))
}

/**
 * Mean over a sample's elements of max(q·e, (q − 1)·e), e = target − x: least where x is the
 * q-quantile. One a sample.
 * @source Koenker, Bassett (1978), Regression Quantiles
 */
export function quantile(x: Tensor, target: Tensor, q: number): Tensor {
  if (!(q > 0 && q < 1))
    throw new TapeloomError('models.quantile', `[models quantile] q is ${q}. Use a number between 0 and 1.`)
  const error = p.neg(difference('quantile', x, target))
  return perSample(p.max(p.mul(error, constant(q)), p.mul(error, constant(q - 1))))
}
