import type { Network } from '@tapeloom/core'
import {
  adamW, add, conv1d, crossEntropy, defineModel, dense, gelu, layerNorm, meanPool, parameter, relu, reshape, selfAttention, sgd,
  type Optimizer,
} from '../index.ts'

// The models of goldens/loss_curves.py, and its formulas.
export const BATCH = 8

/** Numbers in [−0.5, 0.5): a multiplicative hash of the indices start, start + 1, … */
export const spread = (start: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => (Math.imul(start + i, 2654435761) >>> 0) / 4294967296 - 0.5)

const mlp = (name: string, optimizer: Optimizer) =>
  defineModel({
    name, inputs: { x: [20] }, targets: { y: 'class' }, batch: BATCH, optimizer,
    forward: ({ x }) => ({ y: dense(relu(dense(relu(dense(x, 16)), 16)), 3) }),
    loss: (output, target) => crossEntropy(output.y, target.y),
  })

const cnn = defineModel({
  name: 'cnn', inputs: { x: [24, 4] }, targets: { y: 'class' }, batch: BATCH, optimizer: adamW({ learningRate: 0.01 }),
  forward({ x }) {
    const first = relu(conv1d(x, 8, { kernel: 5 }))
    const third = relu(conv1d(relu(conv1d(first, 8, { kernel: 5, stride: 2 })), 6, { kernel: 5, stride: 2 }))
    return { y: dense(meanPool(third), 3) }
  },
  loss: (output, target) => crossEntropy(output.y, target.y),
})

const transformer = defineModel({
  name: 'transformer', inputs: { x: [60], mask: [12] }, targets: { y: 'class' }, batch: BATCH, optimizer: adamW({ learningRate: 0.01 }),
  forward(inputs) {
    const { mask } = inputs
    let x = add(dense(reshape(inputs.x, [12, 5]), 8), parameter([12, 8]))
    for (let block = 0; block < 2; block++) {
      x = add(x, selfAttention(layerNorm(x), { heads: 2, mask }))
      x = add(x, dense(gelu(dense(layerNorm(x), 32)), 8))
    }
    return { y: dense(meanPool(layerNorm(x), mask), 3) }
  },
  loss: (output, target) => crossEntropy(output.y, target.y),
})

/** Networks by the name of their golden. */
export const networks: Readonly<Record<string, Network>> = {
  mlp: mlp('mlp', adamW({ learningRate: 0.01 })),
  'mlp-sgd': mlp('mlp-sgd', sgd({ learningRate: 0.05, momentum: 0.9 })),
  cnn,
  transformer,
}

/** First values of a parameter by its role, in the flat weights from `offset` on. */
export function firstValues(name: string, offset: number, size: number): number[] {
  const [scale, center] = name.endsWith('.weight') ? [0.5, 0]
    : name.endsWith('.gain') ? [0.125, 1] : name.endsWith('.bias') ? [0.125, 0] : [0.25, 0]
  return spread(offset, size).map((value) => center + scale * value)
}

/** The tensors of a step by their names in the training graph. */
export function tensorsOf(network: Network, step: number): Record<string, number[]> {
  const width = (network.inputs as { x: readonly number[] }).x.reduce((product, size) => product * size, 1)
  return {
    x: spread(1000003 * (step + 1), BATCH * width).map((value) => 4 * value),
    'target.y': spread(7919 * (step + 1), BATCH).map((value) => Math.floor(3 * (value + 0.5))),
    'sample.weight': [1, 0.5, 1, 0, 2, 1, 0.25, 1],
    ...('mask' in (network.inputs as object) && {
      mask: Array.from({ length: BATCH * 12 }, (_, i) => (i % 12 >= Math.floor(i / 12) % 5 ? 1 : 0)),
    }),
  }
}
