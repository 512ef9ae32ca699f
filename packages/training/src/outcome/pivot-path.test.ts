import { CLASS, use, type EventOf, type Orchestrator, type Store } from '@tapeloom/core'
import { pivot } from '@tapeloom/module-pivot'
import { afterEach, expect, test } from 'vitest'
import type { InferenceFrameReference } from '../reference/inference-frame-reference.ts'
import { bar, build, minutes, walker, type WalkerLabels } from '../market.fixture.ts'
import type { PivotTrainingEvent, TrainingEventSubscriber } from './training-event-subscriber.ts'
import { training } from '../training.ts'

const MINUTE_US = 60e6
type Walker = ReturnType<typeof walker>
interface Delivery {
  readonly pivot: PivotTrainingEvent
  readonly references: readonly InferenceFrameReference[]
}
const open: Orchestrator[] = []
afterEach(async () => {
  for (const orchestrator of open.splice(0)) await orchestrator.stop()
})

/** Runs with listeners for both phases; all deliveries, pivots and references. */
async function watch(options: Parameters<typeof use<typeof training>>[1], pivots: TrainingEventSubscriber['pivots'] = {}) {
  const { orchestrator, warnings, store } = build({
    modules: [use(pivot, { levels: 3 }), bar, walker(), use(training, { adapter: 'none', ...options })],
    candles: { 'BTC/USDT': minutes(400), 'ETH/USDT': minutes(400, 2) },
  })
  open.push(orchestrator)
  const coordinator = orchestrator.participant(training)
  const deliveries: Delivery[] = []
  const confirmed: EventOf<'pivot:confirm'>[] = []
  orchestrator.on('pivot:confirm', (event) => void confirmed.push(event))
  for (const phase of ['tradable', 'anticipation'] as const) {
    coordinator.subscribe<Walker>({
      name: phase,
      model: 'walker',
      pivots: { ...pivots, phase },
      onPivotEvent(event, references) {
        deliveries.push({ pivot: event, references })
        return references.map((reference) => ({ reference, targets: { direction: CLASS.buy } }))
      },
    })
  }
  const report = await orchestrator.run()
  return { deliveries, confirmed, store, report, warnings, all: await coordinator.references() }
}

/** Which references belong to a pivot, by looking at all of them. */
function oracle(event: EventOf<'pivot:confirm'>, phase: string, windowUs: number, all: readonly InferenceFrameReference[]): string[] {
  return all.filter(({ symbol, sequence, asOf }) => {
    if (symbol !== event.symbol) return false
    if (phase === 'tradable') return sequence >= event.sequence && asOf <= event.confirmedAt + windowUs
    return sequence < event.sequence && Math.abs(asOf - event.pivotTime) <= windowUs
  }).map(({ id }) => id)
}

test('each pivot brings the references around it before it was known, and those after, each in its own phase', async () => {
  const { deliveries, confirmed, all, report, warnings } = await watch({ levelWindows: ['2m', '7m'] })
  expect(warnings).toEqual([])
  expect(new Set(confirmed.map(({ level }) => level))).toEqual(new Set([1, 2, 3]))
  for (const phase of ['tradable', 'anticipation'] as const) {
    const ofPhase = deliveries.filter((delivery) => delivery.pivot.phase === phase)
    expect(ofPhase.length).toBeGreaterThan(20)
    expect(new Set(ofPhase.map((delivery) => delivery.pivot.id)).size).toBe(ofPhase.length)
    for (const event of confirmed) {
      const windowUs = [2, 7, 5][event.level - 1]! * MINUTE_US
      if (phase === 'tradable' && event.confirmedAt + windowUs >= 400 * MINUTE_US) continue // still open at the end
      const delivery = ofPhase.find((other) => other.pivot.id === event.id)
      expect(delivery?.references.map(({ id }) => id) ?? []).toEqual(oracle(event, phase, windowUs, all))
    }
  }
  expect(report.references.trained).toBeGreaterThan(50)
})

test('levels narrow what is heard, and anticipation is never batched with tradable samples', async () => {
  const { deliveries, store } = await watch({}, { levels: [2] })
  expect(new Set(deliveries.map((delivery) => delivery.pivot.level))).toEqual(new Set([2]))
  const outcomes = await outcomesOf(store)
  for (const names of outcomes.values()) expect(names.size).toBe(1)
  expect(new Set([...outcomes.values()].flatMap((names) => [...names]))).toEqual(new Set(['tradable', 'anticipation']))
})

/** Which subscribers' samples each step was made of. */
async function outcomesOf(store: Store) {
  const { columns } = await store.read({ table: 'training_outcomes', columns: ['step', 'subscriber'] })
  const steps = new Map<number, Set<string>>()
  const names = columns['subscriber'] as readonly string[]
  Array.from(columns['step'] as Float64Array).forEach((step, i) => steps.set(step, (steps.get(step) ?? new Set()).add(names[i]!)))
  return steps
}

test('a model is trained on its own pivot label, and references stay for pivots that are known late', async () => {
  const seen: string[] = []
  const early: boolean[] = []
  const label = ({ pivot: { side, level, confirmedAt }, phase, entry, prediction }: Parameters<NonNullable<WalkerLabels['pivot']>>[0]) => {
    seen.push(phase)
    early.push(prediction.asOf < confirmedAt && phase === 'tradable', entry.closeTime !== prediction.asOf)
    return level > 1 ? { direction: side === 'low' ? CLASS.buy : CLASS.sell } : undefined
  }
  for (const pivotPhase of ['tradable', 'anticipation'] as const) {
    const { orchestrator } = build({
      modules: [use(pivot, { levels: 3 }), bar, walker({ labels: { pivot: label } }), use(training, { adapter: 'pivotsOnly', pivotPhase })],
      candles: { 'BTC/USDT': minutes(400) },
    })
    open.push(orchestrator)
    const { references } = await orchestrator.run()
    expect(references.trained).toBeGreaterThan(15)
    expect(references.failed).toBe(0)
  }
  expect(new Set(seen)).toEqual(new Set(['tradable', 'anticipation']))
  expect(early).not.toContain(true)
})

test('a restart in the middle of a pivot window goes on as if there had been none', async () => {
  const start = () => {
    const built = build({
      modules: [use(pivot, { levels: 3 }), bar, walker({ labels: { pivot: () => ({ direction: CLASS.hold }) } }), use(training, { adapter: 'pivotsOnly' })],
      candles: { 'BTC/USDT': minutes(300) },
    })
    open.push(built.orchestrator)
    return built.orchestrator
  }
  const straight = await start().run()
  for (const minute of [120.25, 121.25, 150.5]) {
    const before = start()
    await before.run({ until: minute * MINUTE_US })
    const after = start()
    await after.restore(await before.snapshot())
    expect((await after.run()).journalHash).toBe(straight.journalHash)
  }
})
