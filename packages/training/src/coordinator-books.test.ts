import { CLASS, use, type Orchestrator } from '@tapeloom/core'
import { pivot } from '@tapeloom/module-pivot'
import { afterEach, expect, test } from 'vitest'
import type { InferenceTrainingCoordinator } from './inference-training-coordinator.ts'
import { bar, build, minutes, walker } from './market.fixture.ts'
import type { TrainingEventSubscriber } from './outcome/training-event-subscriber.ts'
import { training } from './training.ts'

const MINUTE_US = 60e6
type Walker = ReturnType<typeof walker>
const open: Orchestrator[] = []
afterEach(async () => {
  for (const orchestrator of open.splice(0)) await orchestrator.stop()
})
function start(spec: Parameters<typeof build>[0]) {
  const { orchestrator } = build(spec)
  open.push(orchestrator)
  return { orchestrator, coordinator: orchestrator.participant(training) }
}

/** Each reference counts once, in the state that it has; those trained were matched before. */
async function expectBooks(coordinator: InferenceTrainingCoordinator): Promise<void> {
  const all = await coordinator.references()
  const inState = (state: string): number => all.filter((reference) => reference.state === state).length
  const { registered, matched, trained, expired, failed, open: waiting } = coordinator.counts()
  expect({ registered, trained, expired, failed, waiting }).toEqual({
    registered: all.length, trained: inState('trained'), expired: inState('expired'), failed: inState('failed'), waiting: inState('open'),
  })
  expect(matched).toBeGreaterThanOrEqual(trained + inState('matched'))
}

const failing = (name: string): TrainingEventSubscriber<Walker> => ({
  name, model: 'walker', onCandleCompletion: () => { throw new Error(`${name} knows nothing`) },
})
const answering: TrainingEventSubscriber<Walker> = {
  name: 'answering', model: 'walker', onCandleCompletion: (_, reference) => ({ reference, targets: { direction: CLASS.hold } }),
}

test('a reference that two subscribers fail counts as failed once', async () => {
  const { orchestrator, coordinator } = start({ modules: [bar, walker(), use(training, { adapter: 'none' })] })
  for (const name of ['one', 'two']) coordinator.subscribe(failing(name))
  const { references } = await orchestrator.run()
  expect(references.failed).toBe(references.matched)
  await expectBooks(coordinator)
})

test.each([['before', 0], ['after', 1]] as const)('a subscriber that fails %s another answers does not keep a reference from being trained', async (_, at) => {
  const { orchestrator, coordinator } = start({ modules: [bar, walker(), use(training, { adapter: 'none' })] })
  for (const subscriber of [answering].toSpliced(at, 0, failing('failing'))) coordinator.subscribe(subscriber)
  const { references } = await orchestrator.run()
  expect(references.trained).toBeGreaterThan(100)
  expect(references.failed).toBe(0)
  await expectBooks(coordinator)
})

test('a reference whose target goes missing while a late answer about it is awaited is trained, and counts once', async () => {
  const list = minutes(300).filter((_, i) => i < 150 || i > 152)
  const { orchestrator, coordinator } = start({
    modules: [use(pivot, { levels: 2 }), bar, walker({ ahead: 30 }), use(training, { adapter: 'none', window: '40m', trainLatency: '60m', taintWeight: 1 })],
    candles: { 'BTC/USDT': list },
  })
  coordinator.subscribe<Walker>({
    name: 'late', model: 'walker', pivots: { phase: 'anticipation' },
    onPivotEvent: async (_, references) => references.map((reference) => ({ reference, targets: { direction: CLASS.sell } })),
  })
  await orchestrator.run({ until: 299 * MINUTE_US })
  expect(coordinator.counts().trained).toBeGreaterThan(8)
  await expectBooks(coordinator)
})

test('samples that wait or are under way when their model is unloaded expire their references', async () => {
  const { orchestrator, coordinator } = start({ modules: [bar, walker(), use(training, { batch: 7, trainLatency: '10m' })] })
  await orchestrator.run({ until: 104 * MINUTE_US })
  expect(coordinator.models()[0]?.waiting).toBeGreaterThan(7)
  await orchestrator.unload('walker')
  await orchestrator.run({ until: 150 * MINUTE_US })
  const { registered, trained, expired } = coordinator.counts()
  expect(registered - trained).toBe(expired)
  const reasons = (await coordinator.references({ state: 'expired' })).map(({ reason }) => reason)
  expect(new Set(reasons)).toEqual(new Set(['model-gone']))
  await expectBooks(coordinator)
})
