import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Plain, TrainingBatch } from '@tapeloom/core'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  adamW, defineModel, dense, guardTrainer, loadCheckpoint, ModelStore, mse, sgd, type GuardEvent, type Optimizer,
} from '../index.ts'

let directory = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tapeloom-guard-'))
})
afterEach(() => rm(directory, { recursive: true }))
const line = (optimizer: Optimizer) =>
  defineModel({
    name: 'line', inputs: { x: [1] }, targets: { y: 'value' }, batch: 2, optimizer,
    forward: ({ x }) => ({ y: dense(x, 1) }), loss: (output, target) => mse(output.y, target.y),
  })
const batch = (x: number): TrainingBatch => ({
  samples: 2, inputs: { x: Float32Array.of(x, 1) }, targets: { y: Float32Array.of(3, 1) }, weights: Float32Array.of(1, 1),
})
const guarded = async (events: GuardEvent[], every = 2, kept = 2) => {
  const store = await ModelStore.open(join(directory, 'store'), { schemaHash: 'a' })
  const trainer = await line(adamW()).train({ seed: 1 })
  return { store, trainer: guardTrainer(trainer, { store, directory, every, kept, report: (event) => void events.push(event) }) }
}

test('a step with NaN is dropped and its batch saved; three in a row restore the newest checkpoint', async () => {
  const events: GuardEvent[] = []
  const { store, trainer } = await guarded(events)
  const results = []
  for (const x of [1, 2, 3, NaN, 4, NaN, NaN]) results.push(await trainer.step(batch(x)))
  expect(results.map(({ step, dropped }) => [step, dropped])).toEqual([
    [1, false], [2, false], [3, false], [3, true], [4, false], [4, true], [4, true],
  ])
  const good = await store.load('newest')
  expect(good.version).toBe('4')
  // A fifth step after the checkpoint, then three bad ones: back to the fourth.
  await trainer.step(batch(5))
  await trainer.step(batch(NaN))
  await trainer.step(batch(NaN))
  const restored = await trainer.step(batch(NaN))
  expect([restored.step, restored.dropped]).toEqual([4, true])
  expect(await trainer.snapshot()).toEqual(good.state)
  expect(restored.weights).toEqual((good.state as unknown as { weights: Float32Array }).weights)
  expect(events.map(({ kind }) => kind)).toEqual([
    'saved', 'dropped', 'saved', ...Array<string>(5).fill('dropped'), 'restored',
  ])
  const { state } = await loadCheckpoint(join(directory, 'dropped-0.batch'))
  expect((state as unknown as TrainingBatch).inputs['x']).toEqual(Float32Array.of(NaN, 1))
  expect((await readdir(directory)).filter((name) => name.startsWith('dropped'))).toHaveLength(2)
  await trainer.restore(good.state)
  await trainer.close()
})

test('a disk that fails is reported and stops no training; without a checkpoint nothing is restored', async () => {
  const events: GuardEvent[] = []
  const { trainer } = await guarded(events, 1)
  await rm(directory, { recursive: true })
  expect((await trainer.step(batch(1))).step).toBe(1)
  for (let i = 0; i < 3; i++) expect((await trainer.step(batch(NaN))).step).toBe(1)
  expect((await trainer.step(batch(2))).step).toBe(2)
  expect(events.map((event) => (event.kind === 'failed' ? event.error.code : event.kind))).toEqual(Array(5).fill('models.disk'))
  await trainer.close()
  await (await import('node:fs/promises')).mkdir(directory)
})

test('the served weights are the average of the trained ones where the optimiser asks for it', async () => {
  const [plain, averaged] = [line(sgd()), line(sgd({ averageDecay: 0.9 }))]
  const [one, two, three] = [await plain.train({ seed: 1 }), await averaged.train({ seed: 1 }), await averaged.train({ seed: 1 })]
  const served = await plain.open({ seed: 1 })
  const average = Float64Array.from(served.weights())
  for (let step = 1; step <= 30; step++) {
    const { weights } = await one.step(batch(step / 10))
    const decay = Math.min(0.9, (1 + step) / (10 + step))
    average.forEach((value, i) => {
      average[i] = decay * value + (1 - decay) * weights[i]!
    })
    const result = await two.step(batch(step / 10))
    average.forEach((value, i) => expect(result.weights[i]).toBeCloseTo(value, 5))
  }
  await three.restore(await two.snapshot())
  expect(await three.step(batch(9))).toEqual(await two.step(batch(9)))
  const bare = (await one.snapshot()) as unknown as { weights: Float32Array }
  await two.restore(bare as unknown as Plain) // a state without an average begins one
  expect(await two.snapshot()).toMatchObject({ average: bare.weights })
  for (const open of [one, two, three, served]) await open.close()
})
