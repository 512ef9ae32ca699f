import { createRandom, type Plain, type Trainer, type TrainingBatch } from '@tapeloom/core'
import { afterEach, describe, expect, test } from 'vitest'
import { compiledOf } from '../define/define-model.ts'
import { adamW, add, crossEntropy, defineModel, dense, log, mse, mul, relu, slice } from '../index.ts'
import { initialWeights } from '../define/initial-weights.ts'
import { trainingGraph } from '../define/model-graphs.ts'
import { planTraining } from './network-trainer.ts'
import { TrainingSession } from './training-session.ts'

const BATCH = 32
/** Two classes inside and outside of a ring, and a third to the right: not separable by lines. */
const rings = defineModel({
  name: 'rings',
  inputs: { x: [2] },
  targets: { kind: 'class' },
  batch: BATCH,
  optimizer: adamW({ learningRate: 0.01 }),
  forward: ({ x }) => ({ logits: dense(relu(dense(relu(dense(x, 32)), 32)), 3) }),
  loss: (output, target) => crossEntropy(output.logits, target.kind),
})
const kindOf = (x: number, y: number): number => (x > 1 ? 2 : x * x + y * y < 0.8 ? 0 : 1)
function ringBatch(seed: number, samples = BATCH): TrainingBatch {
  const random = createRandom(seed, 'rings')
  const x = Float32Array.from({ length: 2 * samples }, () => 3 * random.next() - 1.5)
  const kind = Float32Array.from({ length: samples }, (_, i) => kindOf(x[2 * i]!, x[2 * i + 1]!))
  return { samples, inputs: { x }, targets: { kind }, weights: new Float32Array(samples).fill(1) }
}

const open = new Set<Trainer>()
const trainerOf = async (network = rings as Parameters<typeof compiledOf>[0], seed = 1) => {
  const trainer = await network.train({ seed })
  open.add(trainer)
  return trainer
}
afterEach(async () => {
  for (const trainer of open) await trainer.close()
  open.clear()
})
async function train(trainer: Trainer, from: number, to: number) {
  const losses: number[] = []
  let weights = new Float32Array()
  for (let i = from; i < to; i++) {
    const result = await trainer.step(ringBatch(i))
    losses.push(result.loss)
    weights = Float32Array.from(result.weights)
  }
  return { losses, weights }
}

test('a dense network learns a task that no line separates, held-out accuracy above 93 %', async () => {
  const trainer = await trainerOf()
  const { losses, weights } = await train(trainer, 0, 600)
  expect(losses.at(-1)).toBeLessThan(0.5 * losses[0]!)
  const runtime = await rings.open({ seed: 1 })
  const accuracy = async () => {
    const {
      inputs: { x },
      targets: { kind },
    } = ringBatch(1e6, 1000)
    let right = 0
    for (let i = 0; i < 1000; i++) {
      const logits = (await runtime.infer({ x: x!.slice(2 * i, 2 * i + 2) }))['logits']!
      if (logits.indexOf(Math.max(...logits)) === kind![i]) right++
    }
    return right / 1000
  }
  const before = await accuracy()
  runtime.swap(weights, '600')
  expect(before).toBeLessThan(0.75)
  expect(await accuracy()).toBeGreaterThan(0.93)
  await runtime.close()
})

test('200 steps are bit-identical twice, and across a snapshot restored in a fresh worker', async () => {
  const first = await trainerOf()
  const whole = await train(first, 0, 200)
  await first.close()
  const second = await trainerOf()
  const half = await train(second, 0, 90)
  const snapshot = await second.snapshot()
  const rest = await train(second, 90, 200)
  await second.close()
  const third = await trainerOf(rings, 999)
  await third.restore(snapshot)
  const resumed = await train(third, 90, 200)
  expect([...half.losses, ...rest.losses]).toEqual(whole.losses)
  expect(rest.weights).toEqual(whole.weights)
  expect(resumed.losses).toEqual(rest.losses)
  expect(resumed.weights).toEqual(whole.weights)
  expect((await third.step(ringBatch(200))).step).toBe(201)
})

test('another seed starts elsewhere, and the trainer starts where the served network does', async () => {
  const [a, b] = [await trainerOf(rings, 1), await trainerOf(rings, 2)]
  const [lossA, lossB] = [(await a.step(ringBatch(0))).loss, (await b.step(ringBatch(0))).loss]
  expect(lossA).not.toBe(lossB)
  const snapshot = (await (await trainerOf(rings, 1)).snapshot()) as { readonly weights: Float32Array }
  expect(snapshot.weights).toEqual(initialWeights(compiledOf(rings), 1))
})

test('steps of one trainer run in the order of the calls, and two trainers do not disturb each other', async () => {
  const alone = await train(await trainerOf(), 0, 20)
  const [one, two] = [await trainerOf(), await trainerOf(rings, 2)]
  const steps = Array.from({ length: 20 }, (_, i) => [one.step(ringBatch(i)), two.step(ringBatch(i + 500))] as const)
  const results = await Promise.all(steps.map(([step]) => step))
  await Promise.all(steps.map(([, step]) => step))
  expect(results.map(({ step }) => step)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
  expect(results.map(({ loss }) => loss)).toEqual(alone.losses)
})

test('samples of weight 0 and missing samples teach nothing, and weights scale samples', async () => {
  const short = { ...ringBatch(0, 5) }
  const padded = { ...ringBatch(1), weights: Float32Array.from({ length: BATCH }, (_, i) => (i < 5 ? 1 : 0)) }
  padded.inputs['x']!.set(short.inputs['x']!)
  padded.targets['kind']!.set(short.targets['kind']!)
  const stepOf = async (batch: TrainingBatch) => (await trainerOf()).step(batch)
  const [a, b, c] = [
    await stepOf(short),
    await stepOf(padded),
    await stepOf({ ...short, weights: new Float32Array(5).fill(3) }),
  ]
  expect(b.loss).toBe(a.loss)
  expect(b.weights).toEqual(a.weights)
  expect(c.loss).toBeCloseTo(a.loss, 6)
  const only = await stepOf({ ...short, weights: Float32Array.of(0, 0, 2, 0, 0) })
  const third = await stepOf({
    samples: 1,
    inputs: { x: short.inputs['x']!.slice(4, 6) },
    targets: { kind: short.targets['kind']!.slice(2, 3) },
    weights: Float32Array.of(1),
  })
  expect(only.loss).toBeCloseTo(third.loss, 6)
})

test('a step whose loss is not finite is dropped and changes nothing', async () => {
  const trainer = await trainerOf()
  await trainer.step(ringBatch(0))
  const before = await trainer.snapshot()
  const bad = ringBatch(1)
  bad.inputs['x']![3] = NaN
  const result = await trainer.step(bad)
  expect(result).toMatchObject({ dropped: true, loss: NaN, step: 1 })
  expect(await trainer.snapshot()).toEqual(before)
  const next = await trainer.step(ringBatch(2))
  expect(next).toMatchObject({ dropped: false, step: 2 })
})

test('a step whose gradient is not finite is dropped although its loss is', async () => {
  const network = defineModel({
    name: 'steep',
    inputs: { x: [1] },
    targets: { y: 'value' },
    batch: 1,
    forward: ({ x }) => ({ y: dense(x, 1, { bias: false }) }),
    loss: (output, target) => mul(mse(output.y, target.y), 1e10),
  })
  const session = await TrainingSession.open(planTraining(compiledOf(network), new Float32Array(1)))
  const step = (x: number, y: number) =>
    session.step({ x: Float32Array.of(x), 'target.y': Float32Array.of(y), 'sample.weight': Float32Array.of(1) })
  expect(await step(1e30, 1e8)).toMatchObject({ dropped: true, step: 0 })
  expect(Number.isFinite((await step(1e30, 1e8)).loss)).toBe(true)
  expect(await step(1, 1)).toMatchObject({ dropped: false, step: 1 })
  await session.close()
})

test('a step whose loss is not finite is dropped although its gradient is', async () => {
  const network = defineModel({
    name: 'cliff',
    inputs: { x: [1] },
    targets: { y: 'value' },
    batch: 1,
    forward: ({ x }) => ({ y: dense(x, 1), offset: log(slice(x, 0, 0, 1)) }),
    loss: (output, target) => add(mse(output.y, target.y), mse(output.offset, target.y)),
  })
  const trainer = await trainerOf(network)
  const step = (x: number) =>
    trainer.step({
      samples: 1,
      inputs: { x: Float32Array.of(x) },
      targets: { y: Float32Array.of(1) },
      weights: Float32Array.of(1),
    })
  expect(await step(0)).toMatchObject({ dropped: true, loss: Infinity, step: 0 })
  expect(await step(1)).toMatchObject({ dropped: false, step: 1 })
})

test('what a dropped batch left behind does not reach a shorter one', async () => {
  const [tainted, clean] = [await trainerOf(), await trainerOf()]
  const bad = ringBatch(1)
  bad.inputs['x']!.fill(NaN)
  expect((await tainted.step(bad)).dropped).toBe(true)
  expect(await tainted.step(ringBatch(0, 5))).toEqual(await clean.step(ringBatch(0, 5)))
})

describe('bad batches are refused before anything is trained', () => {
  const good = () => ringBatch(0, 4)
  const cases: Record<string, readonly [() => TrainingBatch, string, RegExp]> = {
    'too many samples': [() => ringBatch(0, BATCH + 1), 'models.batch', /33 samples does not fit\. Pass 1\.\.32/],
    'no samples': [() => ({ ...good(), samples: 0 }), 'models.batch', /0 samples/],
    'a tensor of the wrong length': [
      () => ({ ...good(), inputs: { x: new Float32Array(7) } }),
      'models.input',
      /'x' has 7 numbers\. Pass 8/,
    ],
    'an unknown target': [
      () => ({ ...good(), targets: { ...good().targets, knid: new Float32Array(4) } }),
      'models.target',
      /no target 'knid'\. Did you mean 'kind'\?/,
    ],
    'a missing target': [() => ({ ...good(), targets: {} }), 'models.target', /'kind' is missing/],
    'half a class': [
      () => ({ ...good(), targets: { kind: Float32Array.of(0, 1, 0.5, 0) } }),
      'models.target',
      /'kind' is 0\.5/,
    ],
    'a class that has no score': [
      () => ({ ...good(), targets: { kind: Float32Array.of(0, 1, 3, 0) } }),
      'models.target',
      /'kind' is 3\. Use a whole number 0\.\.2/,
    ],
    'a class of NaN': [
      () => ({ ...good(), targets: { kind: Float32Array.of(0, NaN, 1, 0) } }),
      'models.target',
      /'kind' is NaN/,
    ],
    'weights of another number': [
      () => ({ ...good(), weights: new Float32Array(3) }),
      'models.batch',
      /3 weights for 4 samples/,
    ],
    'a negative weight': [() => ({ ...good(), weights: Float32Array.of(1, -1, 1, 1) }), 'models.batch', /weighs -1/],
    'weights of 0': [() => ({ ...good(), weights: new Float32Array(4) }), 'models.batch', /every sample weighs 0/],
  }
  test.each(Object.keys(cases))('%s', async (name) => {
    const trainer = await trainerOf()
    const [batch, code, message] = cases[name]!
    const error: unknown = await trainer.step(batch()).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) as unknown })
    expect((await trainer.snapshot()) as unknown).toMatchObject({ step: 0 })
  })
})

test('a snapshot of another model is refused with its code from the worker', async () => {
  const trainer = await trainerOf()
  await expect(trainer.restore({ layout: 'else' } as Plain)).rejects.toMatchObject({ code: 'models.snapshot' })
})

test('a closed trainer refuses, closing twice is harmless, and others go on', async () => {
  const [one, two] = [await trainerOf(), await trainerOf()]
  const last = one.step(ringBatch(0))
  await one.close()
  await one.close()
  expect((await last).step).toBe(1)
  await expect(one.step(ringBatch(0))).rejects.toMatchObject({ code: 'models.closed' })
  expect((await two.step(ringBatch(0))).step).toBe(1)
})

test('gradients written in parts train as packed ones do', async () => {
  const model = compiledOf(rings)
  expect(trainingGraph(model).packed).toBe(true)
  const packed = planTraining(model, initialWeights(model, 1))
  const parts = planTraining(model, initialWeights(model, 1), { pack: false })
  expect(parts.gradients).toHaveLength(6)
  const results: Float32Array[] = []
  for (const plan of [packed, parts]) {
    const session = await TrainingSession.open(plan)
    for (let i = 0; i < 5; i++) {
      const {
        inputs: { x },
        targets: { kind },
        weights,
      } = ringBatch(i)
      results[plan === packed ? 0 : 1] = (
        await session.step({ x: x!, 'target.kind': kind!, 'sample.weight': weights })
      ).weights
    }
    await session.close()
  }
  expect(results[1]).toEqual(results[0])
})
