import { describe, expect, test } from 'vitest'
import { defineModel, dense, div, mse, mul } from '../index.ts'

describe('samples of weight 0 have no say', () => {
  const ratio = defineModel({
    name: 'ratio', inputs: { x: [1] }, targets: { y: 'value' }, batch: 4,
    forward: ({ x }) => ({ y: dense(x, 1) }),
    loss: (output, target) => mse(div(output.y, target.y), mul(target.y, 0)), // of 0: not a number
  })
  const step = async (x: readonly number[], y: readonly number[], weights: readonly number[]) => {
    const trainer = await ratio.train({ seed: 1 })
    const inputs = { x: Float32Array.from(x) }
    const result = await trainer.step({
      samples: x.length, inputs, targets: { y: Float32Array.from(y) }, weights: Float32Array.from(weights),
    })
    await trainer.close()
    return result
  }
  test('where a loss does not take the zeros that fill a short batch up', async () => {
    const [short, full] = [await step([1, 2], [3, 4], [1, 1]), await step([1, 2, 1, 2], [3, 4, 3, 4], [1, 1, 1, 1])]
    expect(short.dropped).toBe(false)
    expect(short.loss).toBeCloseTo(full.loss, 6)
  })
  test('where they hold NaN', async () => {
    const tainted = await step([NaN, 2, 1], [3, 4, NaN], [0, 1, 0])
    expect(tainted.dropped).toBe(false)
    expect(tainted).toEqual(await step([2], [4], [1]))
  })
})
