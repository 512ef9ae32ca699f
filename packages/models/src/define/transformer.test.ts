import { createRandom, type TrainingBatch } from '@tapeloom/core'
import { expect, test } from 'vitest'
import {
  adamW, add, concat, crossEntropy, defineModel, dense, dropout, embedding, gather, gelu, isMissing, layerNorm, matmul, mean, meanPool,
  mse, mul, parameter, pick, reshape, selfAttention, slice, softmax, sub, transpose, where, type Tensor,
} from '../index.ts'

const [ROWS, WIDTH, HEADS] = [12, 8, 2]

/** Multi-head attention as an author writes it out of single operations. */
function attention(x: Tensor, mask: Tensor): Tensor {
  const split = (tensor: Tensor) => transpose(reshape(tensor, [ROWS, HEADS, WIDTH / HEADS]), [1, 0, 2])
  const project = () => split(dense(x, WIDTH, { initialise: 'glorot' }))
  const scores = matmul(mul(project(), 1 / Math.sqrt(WIDTH / HEADS)), transpose(project()))
  const weights = softmax(where(reshape(mask, [1, 1, ROWS]), scores, -1e9))
  return dense(reshape(transpose(matmul(weights, project()), [1, 0, 2]), [ROWS, WIDTH]), WIDTH, { initialise: 'glorot' })
}
/** Pre-norm blocks over rows with learnt positions and a mask of padding. */
const transformer = (name: string, attend: (x: Tensor, mask: Tensor) => Tensor, rate = 0) =>
  defineModel({
    name,
    inputs: { rows: [ROWS, 5], rowsMask: [ROWS] },
    targets: { direction: 'class' },
    batch: 8,
    optimizer: adamW({ learningRate: 0.005 }),
    forward({ rows, rowsMask }) {
      let x = add(dense(rows, WIDTH), parameter([ROWS, WIDTH]))
      for (let block = 0; block < 2; block++) {
        x = add(x, dropout(attend(layerNorm(x), rowsMask), rate))
        x = add(x, dropout(dense(gelu(dense(layerNorm(x), 4 * WIDTH)), WIDTH), rate))
      }
      return { direction: dense(meanPool(layerNorm(x), rowsMask), 3) }
    },
    loss: (output, target) => crossEntropy(output.direction, target.direction),
  })

/** The class is the sign of the mean of the first column over the rows that are not masked. */
function batchOf(seed: number): TrainingBatch {
  const random = createRandom(seed, 'rows')
  const rows = Float32Array.from({ length: 8 * ROWS * 5 }, () => random.normal())
  const rowsMask = Float32Array.from({ length: 8 * ROWS }, (_, i) => (i % ROWS >= (i / ROWS) % 5 ? 1 : 0))
  const direction = Float32Array.from({ length: 8 }, (_, i) => {
    let sum = 0
    for (let row = i * ROWS; row < (i + 1) * ROWS; row++) sum += rowsMask[row]! * rows[row * 5]!
    return sum > 0 ? 0 : 2
  })
  return { samples: 8, inputs: { rows, rowsMask }, targets: { direction }, weights: new Float32Array(8).fill(1) }
}

test('attention written out of single operations equals selfAttention', async () => {
  const answers: Float32Array[] = []
  for (const attend of [attention, (x: Tensor, mask: Tensor) => selfAttention(x, { heads: HEADS, mask })]) {
    const runtime = await transformer('same', attend).open({ seed: 3 })
    const { rows, rowsMask } = batchOf(1).inputs
    answers.push((await runtime.infer({ rows: rows!.slice(0, ROWS * 5), rowsMask: rowsMask!.slice(0, ROWS) })).direction!)
    await runtime.close()
  }
  answers[0]!.forEach((value, i) => expect(value).toBeCloseTo(answers[1]![i]!, 5))
})

test('what a masked row holds changes nothing', async () => {
  const runtime = await transformer('masked', attention).open({ seed: 3 })
  const rows = batchOf(1).inputs['rows']!.slice(0, ROWS * 5)
  const rowsMask = Float32Array.from({ length: ROWS }, (_, i) => (i < 4 ? 0 : 1))
  const before = await runtime.infer({ rows, rowsMask })
  expect(await runtime.infer({ rows: rows.fill(7, 0, 4 * 5), rowsMask })).toEqual(before)
  expect(await runtime.infer({ rows: rows.fill(7, 4 * 5, 5 * 5), rowsMask })).not.toEqual(before)
  await runtime.close()
})

test('a transformer with dropout learns, and resumes bit for bit with the same masks', async () => {
  const network = transformer('dropped', (x, mask) => selfAttention(x, { heads: HEADS, mask }), 0.1)
  const [first, second] = [await network.train({ seed: 1 }), await network.train({ seed: 1 })]
  const losses = []
  for (let step = 0; step < 150; step++) losses.push((await first.step(batchOf(step))).loss)
  const average = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  expect(average(losses.slice(-20))).toBeLessThan(0.5 * average(losses.slice(0, 20)))
  await second.restore(await first.snapshot())
  expect(await second.step(batchOf(7))).toEqual(await first.step(batchOf(7)))
  const seeded = await network.train({ seed: 2 })
  await seeded.restore(await first.snapshot())
  expect((await seeded.step(batchOf(8))).loss).not.toBe((await first.step(batchOf(8))).loss) // other masks
  for (const trainer of [first, second, seeded]) await trainer.close()
})

test('embedding and gather read rows, pick reads one column a row', async () => {
  const network = defineModel({
    name: 'rows',
    inputs: { index: [2], x: [6] },
    targets: {},
    forward: ({ index, x }) => ({
      rows: embedding(index, 3, 2),
      taken: gather(x, [5, 0, 5]),
      picked: pick(reshape(x, [2, 3]), reshape(index, [2, 1])),
    }),
    loss: ({ rows }) => mean(rows),
  })
  const runtime = await network.open({ seed: 1 })
  const table = runtime.weights()
  const { rows, taken, picked } = await runtime.infer({ index: Float32Array.of(2, 1), x: Float32Array.of(1, 2, 3, 4, 5, 6) })
  expect([...rows!]).toEqual([4, 5, 2, 3].map((i) => table[i]))
  expect([...taken!]).toEqual([6, 1, 6])
  expect([...picked!]).toEqual([3, 5])
  const holed = await runtime.infer({ index: Float32Array.of(2, 1), x: Float32Array.of(1, NaN, 3, 4, 5, 6) })
  expect([...holed['taken']!]).toEqual([6, 1, 6]) // what is not taken has no say
  await expect(runtime.infer({ index: Float32Array.of(3, 0), x: new Float32Array(6) })).rejects.toMatchObject({ code: 'models.inference' })
  await runtime.close()
})

test('a missing target, NaN, neither counts nor stops a step', async () => {
  const network = defineModel({
    name: 'missing',
    inputs: { x: [1] },
    targets: { t: [2] },
    batch: 2,
    forward: ({ x }) => ({ y: dense(x, 2) }),
    loss: ({ y }, { t }) => mse(y, where(isMissing(t), y, t)),
  })
  const trainer = await network.train({ seed: 1 })
  const result = await trainer.step({
    samples: 2, inputs: { x: Float32Array.of(1, 1) }, targets: { t: Float32Array.of(NaN, 4, NaN, NaN) }, weights: Float32Array.of(1, 1),
  })
  expect(result.dropped).toBe(false)
  expect(result.loss).toBeGreaterThan(0)
  await trainer.close()
})

test('sizes that do not fit are refused by name', () => {
  const define = (use: (x: Tensor) => Tensor) => () =>
    defineModel({ name: 'bad', inputs: { x: [4, 3] }, targets: {}, forward: ({ x }) => ({ y: dense(use(x), 1) }), loss: ({ y }) => mean(y) })
  expect(define((x) => selfAttention(x, { heads: 2 }))).toThrow(/2 heads do not divide shape \[4, 3\]/)
  expect(define((x) => gather(x, [4]))).toThrow(/index 4 is outside of axis 1/)
  expect(define((x) => gather(x, []))).toThrow(/there are no indices/)
  expect(define((x) => gather(x, slice(x, 0, 0, 1)))).toThrow(/no table that samples share/)
  expect(define((x) => pick(x, reshape(x, [3, 4])))).toThrow(/Differ in the last axis only/)
  expect(define((x) => transpose(x, [0, 0]))).toThrow(/are no order of 2 axes/)
  expect(define((x) => dropout(x, 1))).toThrow(/rate is 1/)
  expect(define((x) => add(x, parameter([4, 0])))).toThrow(/Use whole sizes/)
  expect(define((x) => sub(x, concat(x, x)))).toThrow(/do not match/)
})
