import { createRandom, type Network } from '@tapeloom/core'
import {
  add, conv1d, crossEntropy, defineModel, dense, gelu, layerNorm, meanPool, parameter, relu, selfAttention,
} from '../src/index.ts'

/** A network to measure, and how many steps one round of it takes. */
export interface Contest {
  readonly name: 'mlp200' | 'mlp3000' | 'cnn' | 'transformer'
  readonly what: string
  readonly network: Network
  readonly steps: number
  /** Multiplications and additions of one step: forward, and backward twice that but for the first layer's input. */
  readonly flops: number
}

const mlp = (inputs: number, hidden: number, steps: number): Contest => ({
  name: inputs === 200 ? 'mlp200' : 'mlp3000',
  what: `MLP ${inputs}-${hidden}-${hidden}-3 (64)`,
  steps,
  flops: 2 * 64 * (2 * inputs * hidden + 3 * hidden * hidden + 3 * hidden * 3),
  network: defineModel({
    name: `mlp${inputs}`, inputs: { x: [inputs] }, targets: { y: 'class' }, batch: 64,
    forward: ({ x }) => ({ logits: dense(relu(dense(relu(dense(x, hidden)), hidden)), 3) }),
    loss: (output, target) => crossEntropy(output.logits, target.y),
  }),
})

const cnn: Contest = {
  name: 'cnn',
  what: 'CNN 8×600, 32/64/64 (32)',
  steps: 4,
  flops: 2 * 32 * 5 * (2 * 600 * 8 * 32 + 3 * 300 * 32 * 64 + 3 * 150 * 64 * 64),
  network: defineModel({
    name: 'cnn', inputs: { x: [600, 8] }, targets: { y: 'class' }, batch: 32,
    forward({ x }) {
      const first = relu(conv1d(x, 32, { kernel: 5 }))
      const third = relu(conv1d(relu(conv1d(first, 64, { kernel: 5, stride: 2 })), 64, { kernel: 5, stride: 2 }))
      return { logits: dense(meanPool(third), 3) }
    },
    loss: (output, target) => crossEntropy(output.logits, target.y),
  }),
}

const transformer: Contest = {
  name: 'transformer',
  what: 'transformer L128 d64 ×2 (16)',
  steps: 4,
  flops: 2 * 16 * 128 * (2 * 5 * 64 + 3 * 2 * (12 * 64 * 64 + 2 * 128 * 64)),
  network: defineModel({
    name: 'transformer', inputs: { x: [128, 5], mask: [128] }, targets: { y: 'class' }, batch: 16,
    forward(inputs) {
      const { mask } = inputs
      let x = add(dense(inputs.x, 64), parameter([128, 64]))
      for (let block = 0; block < 2; block++) {
        x = add(x, selfAttention(layerNorm(x), { heads: 4, mask }))
        x = add(x, dense(gelu(dense(layerNorm(x), 256)), 64))
      }
      return { logits: dense(meanPool(layerNorm(x), mask), 3) }
    },
    loss: (output, target) => crossEntropy(output.logits, target.y),
  }),
}

export const contests: readonly Contest[] = [mlp(200, 64, 200), mlp(3000, 256, 20), cnn, transformer]

/** One batch of random numbers by their names in the training graph; the first rows of a sequence are masked. */
export function randomBatch({ inputs, batch }: Network): Record<string, Float32Array> {
  const random = createRandom(1, 'batch')
  const shapes = inputs as Readonly<Record<string, readonly number[]>>
  const sizeOf = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1)
  return {
    ...Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [
      name,
      Float32Array.from({ length: batch * sizeOf(shape) }, (_, i) =>
        name === 'mask' ? (i % sizeOf(shape) >= 16 ? 1 : 0) : random.normal()),
    ])),
    'target.y': Float32Array.from({ length: batch }, () => random.integer(3)),
    'sample.weight': new Float32Array(batch).fill(1),
  }
}
