import { createRandom } from '@tapeloom/core'
import { expect, test } from 'vitest'
import { add, concat, conv1d, crossEntropy, defineModel, dense, meanPool, mse, mul, relu, sgd, tanh } from '../index.ts'

test('a network of convolution, mask and heads of two targets learns, with momentum', async () => {
  const network = defineModel({
    name: 'scout',
    inputs: { book: [2], bookMask: [2], candles: [20, 5], candlesMask: [20] },
    targets: { direction: 'class', move: [2] },
    batch: 16,
    optimizer: sgd({ learningRate: 0.05, clipNorm: 1 }),
    forward({ book, bookMask, candles, candlesMask }) {
      const past = meanPool(relu(conv1d(candles, 8, { kernel: 5 })), candlesMask)
      const hidden = tanh(dense(concat(past, book, bookMask), 16, { initialise: 'glorot' }))
      return { direction: dense(hidden, 3), move: dense(hidden, 2) }
    },
    loss: (output, target) =>
      add(crossEntropy(output.direction, target.direction), mul(mse(output.move, target.move), 0.5)),
  })
  const trainer = await network.train({ seed: 1 })
  const random = createRandom(3)
  const losses: number[] = []
  for (let i = 0; i < 150; i++) {
    const direction = Float32Array.from({ length: 16 }, () => random.integer(3))
    const candles = Float32Array.from(
      { length: 16 * 100 },
      (_, j) => 0.3 * random.normal() + direction[Math.floor(j / 100)]! - 1,
    )
    const ones = (length: number) => new Float32Array(length).fill(1)
    const { loss } = await trainer.step({
      samples: 16,
      weights: ones(16),
      targets: { direction, move: ones(32) },
      inputs: { book: ones(32), bookMask: ones(32), candles, candlesMask: ones(320) },
    })
    losses.push(loss)
  }
  await trainer.close()
  const average = (part: readonly number[]) => part.reduce((a, b) => a + b, 0) / part.length
  expect(average(losses.slice(-10))).toBeLessThan(0.1 * average(losses.slice(0, 10)))
})
