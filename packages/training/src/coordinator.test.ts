import { CLASS, use, type Orchestrator, type Store } from '@tapeloom/core'
import { afterEach, expect, test } from 'vitest'
import { bar, build, direction, minutes, walker } from './market.fixture.ts'
import type { TrainingEventSubscriber } from './outcome/training-event-subscriber.ts'
import { training } from './training.ts'

const MINUTE_US = 60e6
type Walker = ReturnType<typeof walker>
const open: Orchestrator[] = []
afterEach(async () => {
  for (const orchestrator of open.splice(0)) await orchestrator.stop()
})
function start(spec: Parameters<typeof build>[0]) {
  const built = build(spec)
  open.push(built.orchestrator)
  return { ...built, coordinator: built.orchestrator.participant(training) }
}
async function column(store: Store, table: string, name: string): Promise<readonly unknown[]> {
  return Array.from((await store.read({ table, columns: [name] })).columns[name] as ArrayLike<unknown>)
}

test('each inference leaves a reference that is matched at its candle, trained once, and resolves to its bytes', async () => {
  const { orchestrator, coordinator, store } = start({ modules: [bar, walker(), training] })
  const { references } = await orchestrator.run()
  expect(references).toEqual(coordinator.counts())
  const { registered, matched, trained, open: waiting, expired, failed } = references
  expect(registered).toBeGreaterThan(100)
  expect([waiting, expired, failed, registered - matched]).toEqual([1, 0, 0, 1])
  expect(trained).toBe(8 * Math.floor(matched / 8))

  const all = await coordinator.references()
  expect(all).toHaveLength(registered)
  for (const reference of all) {
    const { tensors, contentHash } = await coordinator.resolve(reference)
    expect(contentHash).toBe(reference.contentHash)
    expect(Object.keys(tensors)).toEqual(['last', 'lastMask', 'candles', 'candlesMask', 'slow', 'position', 'positionMask'])
    expect(tensors['lastMask']?.[1]).toBe((reference.asOf / MINUTE_US - 1) % 3 === 0 ? 0 : 1)
  }
  const keys = await Promise.all(['ref_id', 'event_id', 'subscriber'].map((name) => column(store, 'training_outcomes', name)))
  expect(keys[0]).toHaveLength(trained)
  expect(new Set(keys[0]?.map((_, i) => keys.map((list) => list[i]).join(' '))).size).toBe(trained)
})

test('a step serves new weights: later inferences are of its version, and the loss falls', async () => {
  const steps: { step: number; loss: number; samples: number }[] = []
  const { orchestrator, coordinator } = start({ modules: [bar, walker(), training], candles: { 'BTC/USDT': minutes(600) } })
  orchestrator.on('training:step', ({ step, loss, samples }) => void steps.push({ step, loss, samples }))
  await orchestrator.run()
  expect(steps.map(({ step }) => step)).toEqual(steps.map((_, i) => i + 1))
  expect(new Set(steps.map(({ samples }) => samples))).toEqual(new Set([8]))
  const versions = (await coordinator.references()).map(({ modelVersion }) => Number(modelVersion))
  expect(versions).toEqual(versions.toSorted((a, b) => a - b))
  expect(Math.max(...versions)).toBe(steps.length)
  const [progress] = coordinator.models()
  expect(progress).toEqual({ model: 'walker', steps: steps.length, loss: [steps[0]?.loss, steps.at(-1)?.loss], waiting: expect.any(Number), dropped: 0, samples: 8 * steps.length, parameters: expect.any(Number) })
  const mean = (list: typeof steps): number => list.reduce((sum, { loss }) => sum + loss, 0) / list.length
  expect(mean(steps.slice(-20))).toBeLessThan(0.8 * mean(steps.slice(0, 20)))
})

test('a label sees the entry known at the inference, the target and the candles between', async () => {
  const seen: number[][] = []
  const labels = {
    candle: ({ entry, target, path, prediction }: Parameters<typeof direction>[0]) => {
      seen.push([prediction.asOf, entry.closeTime, target.openTime, path.length, path[0]!.openTime, path.at(-1)!.openTime])
      return { direction: CLASS.hold }
    },
  }
  const { orchestrator, coordinator } = start({ modules: [bar, walker({ ahead: 3, labels }), training] })
  await orchestrator.run()
  expect(seen.length).toBe(coordinator.counts().matched)
  for (const [asOf = NaN, entryClose, targetOpen, length, first, last] of seen) {
    expect([entryClose, targetOpen, length, first, last]).toEqual([asOf, asOf + 2 * MINUTE_US, 3, asOf, asOf + 2 * MINUTE_US])
  }
})

test('an answer that comes after its target closed is matched all the same', async () => {
  const { orchestrator, coordinator } = start({ modules: [bar, walker({ latency: '90s' }), training] })
  await orchestrator.run()
  const { registered, matched, expired } = coordinator.counts()
  expect([registered > 100, registered - matched <= 2, expired]).toEqual([true, true, 0])
})

test('without an adapter references are matched and teach nothing', async () => {
  const { orchestrator, coordinator } = start({ modules: [bar, walker(), use(training, { adapter: 'none' })] })
  const { references } = await orchestrator.run()
  expect([references.matched > 100, references.trained, coordinator.models()[0]?.steps]).toEqual([true, 0, 0])
  expect(coordinator.models()[0]?.loss).toEqual([null, null])
})

test('a target that never comes expires its reference, and windows over the gap are doubtful', async () => {
  const list = minutes(200).filter((_, i) => i < 100 || i > 103)
  const { orchestrator, coordinator } = start({ modules: [bar, walker(), training], candles: { 'BTC/USDT': list } })
  const { references } = await orchestrator.run()
  const expired = await coordinator.references({ state: 'expired' })
  expect(expired.length).toBe(references.expired)
  expect(expired[0]).toMatchObject({ reason: 'gap', target: { openTime: 100 * MINUTE_US } })
  expect(new Set(expired.slice(1).map(({ reason }) => reason))).toEqual(new Set(['tainted']))
  for (const { reason, taint } of expired.slice(1)) expect([reason, taint.length > 0]).toEqual(['tainted', true])
})

test('doubtful samples are trained with the weight they are given', async () => {
  const list = minutes(200).filter((_, i) => i < 100 || i > 103)
  const { orchestrator, store } = start({ modules: [bar, walker(), use(training, { taintWeight: 0.25 })], candles: { 'BTC/USDT': list } })
  const { references } = await orchestrator.run()
  expect(references.expired).toBe(1)
  const weights = await column(store, 'training_outcomes', 'weight')
  expect(new Set(weights)).toEqual(new Set([1, 0.25]))
})

test('a subscriber that throws is tried three times, then its references fail with the text', async () => {
  let calls = 0
  const shaky: TrainingEventSubscriber<Walker> = {
    name: 'shaky',
    model: 'walker',
    onCandleCompletion(_, reference) {
      if (++calls % 4 !== 0 && reference.sequence % 2 === 1) throw new Error(`no label for ${reference.sequence}`)
      return { reference, targets: { direction: CLASS.hold } }
    },
  }
  const { orchestrator, coordinator } = start({ modules: [bar, walker(), use(training, { adapter: 'none' })] })
  coordinator.subscribe(shaky)
  const { references } = await orchestrator.run()
  const failed = await coordinator.references({ state: 'failed' })
  expect(failed.length).toBe(references.failed)
  expect(references.failed).toBeGreaterThan(0)
  expect(calls).toBeGreaterThan(references.matched)
  for (const { reason, sequence } of failed) expect(reason).toBe(`no label for ${sequence}`)
})

const answers: readonly (readonly [string, unknown, RegExp])[] = [
  ['another target', { targets: { up: 0 } }, /gave target 'up'.*Give direction/],
  ['no class', { targets: { direction: 0.5 } }, /gave 0.5 for target 'direction'/],
  ['a missing target', { targets: {} }, /gave undefined for target/],
  ['a negative weight', { targets: { direction: 0 }, weight: -1 }, /gave weight -1/],
  ['a foreign reference', { reference: { id: 'x', schemaHash: 'y' }, targets: { direction: 0 } }, /another model or schema: 'x'/],
]
test.each(answers)('an answer with %s fails its references', async (_, answer, text) => {
  const { orchestrator, coordinator } = start({ modules: [bar, walker(), use(training, { adapter: 'none' })] })
  coordinator.subscribe({
    name: 'wrong', model: 'walker', onCandleCompletion: (__, reference) => ({ reference, ...(answer as object) }) as never,
  })
  const { references } = await orchestrator.run()
  expect(references.failed).toBe(references.matched)
  expect((await coordinator.references({ limit: 2 }))[0]?.reason).toMatch(text)
})

test('a class that the network has not fails its own reference, and none of its batch', async () => {
  const { orchestrator, coordinator } = start({ modules: [bar, walker(), use(training, { adapter: 'none' })] })
  coordinator.subscribe<Walker>({
    name: 'odd', model: 'walker', onCandleCompletion: (_, reference) => ({ reference, targets: { direction: reference.sequence % 10 === 0 ? 3 : 2 } }),
  })
  const { references } = await orchestrator.run()
  const failed = await coordinator.references({ state: 'failed' })
  expect(failed.length).toBeGreaterThan(5)
  expect(failed.every(({ sequence, reason }) => sequence % 10 === 0 && /gave 3 for target 'direction'.*0\.\.2/.test(reason))).toBe(true)
  expect(references.trained).toBeGreaterThan(80)
})

test('late answers take their place in the order, whenever they come, and see the bytes', async () => {
  const runs = await Promise.all([0, 1].map(async (seed) => {
    const slow: TrainingEventSubscriber<Walker> = {
      name: 'slow',
      model: 'walker',
      async onCandleCompletion(candle, reference, ctx) {
        for (let i = 0; i < (reference.sequence * (1 + seed)) % 7; i++) await new Promise(setImmediate)
        const { tensors } = await ctx.resolve(reference)
        if (reference.sequence % 5 === 0) throw new Error(`not ${reference.sequence}`)
        return { reference, targets: direction({ entry: { close: candle.open }, target: candle } as never)!, weight: tensors['candlesMask']![0]! }
      },
    }
    const { orchestrator, coordinator } = start({ modules: [bar, walker(), use(training, { adapter: 'none' })] })
    coordinator.subscribe(slow)
    return orchestrator.run()
  }))
  expect(runs[0]?.journalHash).toBe(runs[1]?.journalHash)
  expect(runs[0]?.references.trained).toBeGreaterThan(80)
  expect(runs[0]?.references.failed).toBeGreaterThan(20)
})

test('late answers that a restart lost are asked for again, and come out the same', async () => {
  const begin = () => {
    const started = start({ modules: [bar, walker(), use(training, { adapter: 'none' })] })
    started.coordinator.subscribe<Walker>({
      name: 'slow', model: 'walker',
      onCandleCompletion: async (_, reference) => ({ reference, targets: { direction: reference.sequence % 3 } }),
    })
    return started.orchestrator
  }
  const straight = await begin().run()
  const first = begin()
  await first.run({ until: 122 * MINUTE_US + 500_000 }) // an answer is under way
  const second = begin()
  await second.restore(await first.snapshot())
  expect((await second.run()).journalHash).toBe(straight.journalHash)
})

test('a reference named twice, or of no weight, is trained once or not at all', async () => {
  const { orchestrator, coordinator, store } = start({ modules: [bar, walker(), use(training, { adapter: 'none' })] })
  coordinator.subscribe<Walker>({
    name: 'twice',
    model: 'walker',
    candles: { timeframes: ['1m'] },
    onCandleCompletion(_, reference) {
      const sample = { reference, targets: { direction: CLASS.buy } }
      return [sample, sample]
    },
  })
  coordinator.subscribe<Walker>({
    name: 'weightless', model: 'walker', onCandleCompletion: (_, reference) => ({ reference, targets: { direction: 0 }, weight: 0 }),
  })
  const stop = coordinator.subscribe<Walker>({ name: 'gone', model: 'walker', onCandleCompletion: () => { throw new Error('heard') } })
  expect(() => coordinator.subscribe<Walker>({ name: 'twice', model: 'walker' })).toThrow(/has a subscriber 'twice' already/)
  stop()
  const { references } = await orchestrator.run()
  const ids = await column(store, 'training_outcomes', 'ref_id')
  expect([ids.length, references.failed]).toEqual([new Set(ids).size, 0])
  expect(references.trained).toBe(ids.length)
})

test('references are found by id, model, symbol and state, in memory and in the store, newest last', async () => {
  const candles = { 'BTC/USDT': minutes(150), 'ETH/USDT': minutes(150, 1) } as const
  const { orchestrator, coordinator } = start({ modules: [bar, walker(), training], candles })
  await orchestrator.run({ until: 100 * MINUTE_US + 500_000 })
  const [eth] = await coordinator.references({ symbol: 'ETH/USDT', state: 'open' })
  expect(await coordinator.reference(eth!.id)).toEqual(eth)
  await orchestrator.run()
  const later = await coordinator.reference(eth!.id)
  expect(later).toEqual({ ...eth, state: 'trained' })
  const newest = await coordinator.references({ model: 'walker', limit: 3 })
  const all = await coordinator.references()
  expect(newest).toEqual(all.slice(-3))
  expect(await coordinator.references({ model: 'other' })).toEqual([])
  for (const id of ['x', 'local|walker@0|BTC/USDT|1', `${eth!.id}0`]) expect(await coordinator.reference(id)).toBeUndefined()
})

test('a coordinator without an orchestrator says so', async () => {
  const { InferenceTrainingCoordinator } = await import('./inference-training-coordinator.ts')
  expect(() => new InferenceTrainingCoordinator().counts()).toThrow(/has no orchestrator yet/)
})
