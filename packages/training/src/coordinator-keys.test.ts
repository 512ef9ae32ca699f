import { CLASS, defineModule, use, type EventOf, type Orchestrator, type Trainer } from '@tapeloom/core'
import { afterEach, expect, test } from 'vitest'
import { bar, build, minutes, network, walker } from './market.fixture.ts'
import { training } from './training.ts'

const MINUTE_US = 60e6
type Walker = ReturnType<typeof walker>
const open: Orchestrator[] = []
afterEach(async () => {
  for (const orchestrator of open.splice(0)) await orchestrator.stop()
})

/** Confirms the same pivot at minute 60 and again at minute 62. */
const stutter = defineModule({
  name: 'pivot', version: '1.0.0', core: '^1.0.0', candles: ['1m'],
  on: {
    'candle:close'({ openTime, closeTime }, ctx) {
      const minute = openTime / MINUTE_US
      if (minute !== 60 && minute !== 62) return
      ctx.emit('pivot:confirm', {
        id: 'BTC/USDT|1m|L1H|3480000000', timeframe: '1m', level: 1, side: 'high', price: 1, pivotTime: 58 * MINUTE_US,
        confirmedAt: closeTime, lagBars: 2, strength: 1, volume: 1,
      })
    },
  },
})

test('a pivot that is confirmed twice is asked about once for each reference, event and subscriber', async () => {
  const { orchestrator, store } = build({ modules: [stutter, bar, walker(), use(training, { adapter: 'none', window: '4m' })], candles: { 'BTC/USDT': minutes(120) } })
  open.push(orchestrator)
  const coordinator = orchestrator.participant(training)
  const asked: string[] = []
  for (const phase of ['tradable', 'anticipation'] as const) {
    coordinator.subscribe<Walker>({
      name: phase, model: 'walker', pivots: { phase },
      onPivotEvent: (event, references) => references.map((reference) => {
        asked.push(`${reference.id} ${event.id} ${phase}`)
        return { reference, targets: { direction: CLASS.buy } }
      }),
    })
  }
  const events: EventOf<'pivot:confirm'>[] = []
  orchestrator.on('pivot:confirm', (event) => void events.push(event))
  await orchestrator.run({ until: 63.5 * MINUTE_US })
  const restored = build({ modules: [stutter, bar, walker(), use(training, { adapter: 'none', window: '4m' })], candles: { 'BTC/USDT': minutes(120) } })
  expect(await orchestrator.snapshot()).toBeInstanceOf(Uint8Array)
  open.push(restored.orchestrator)
  await orchestrator.run()
  expect(events).toHaveLength(2)
  expect(asked.length).toBeGreaterThan(8)
  expect(new Set(asked).size).toBe(asked.length)
  const { columns } = await store.read({ table: 'training_outcomes', columns: ['ref_id', 'event_id', 'subscriber'] })
  const [ids, subscribers] = [columns['ref_id'] as readonly string[], columns['subscriber'] as readonly string[]]
  expect(new Set(ids.map((id, i) => `${id} ${subscribers[i]}`)).size).toBe(ids.length)
})

test('a model that is unloaded and loaded again with a step under way starts anew', async () => {
  const { orchestrator } = build({ modules: [bar, walker(), use(training, { trainLatency: '3m' })], candles: { 'BTC/USDT': minutes(260) } })
  open.push(orchestrator)
  const coordinator = orchestrator.participant(training)
  const steps: number[] = []
  orchestrator.on('training:step', ({ step }) => void steps.push(step))
  let minute = 60
  while (!hasFullBatch(coordinator)) await orchestrator.run({ until: ++minute * MINUTE_US })
  const done = steps.length
  await orchestrator.unload('walker')
  await orchestrator.load(walker())
  await orchestrator.run({ until: (minute + 3.5) * MINUTE_US })
  expect(coordinator.models().every(({ waiting }) => waiting >= 0)).toBe(true)
  expect(steps.length).toBe(done) // what was under way teaches nobody
  await orchestrator.run()
  expect(steps.slice(done)[0]).toBe(1)
  const [progress] = coordinator.models()
  expect(progress?.steps).toBe(steps.length - done)
  const { open: left, registered, trained, expired, failed } = coordinator.counts()
  expect(registered).toBeGreaterThan(trained + expired + failed)
  expect(left).toBeLessThan(10)
})
const hasFullBatch = (coordinator: { models(): readonly { readonly waiting: number }[] }): boolean =>
  coordinator.models().some(({ waiting }) => waiting >= 8)

test('a training worker that dies is opened again, and no weight differs for it', async () => {
  let died = 0
  const mortal: typeof network.train = async (spec) => {
    const trainer = await network.train(spec)
    let dead = false
    const guarded = <T>(call: () => Promise<T>): Promise<T> => (dead ? Promise.reject(new Error('the training worker failed')) : call())
    return {
      step: (batch) => {
        if (died === 0 && ++calls === 5) {
          dead = true
          died++
        }
        return guarded(() => trainer.step(batch))
      },
      snapshot: () => guarded(() => trainer.snapshot()), restore: (state) => guarded(() => trainer.restore(state)), close: () => trainer.close(),
    } satisfies Trainer
  }
  let calls = 0
  const run = async (train: typeof network.train) => {
    const { orchestrator } = build({ modules: [bar, walker({ train }), training], candles: { 'BTC/USDT': minutes(200) } })
    open.push(orchestrator)
    const report = await orchestrator.run()
    return { hash: report.journalHash, references: report.references }
  }
  const straight = await run(network.train)
  expect(await run(mortal)).toEqual(straight)
  expect(died).toBe(1)
})

test('references beyond the most that are kept expire as such, for their rows are still there', async () => {
  const { orchestrator } = build({
    modules: [bar, walker({ ahead: 60, labels: {} }), use(training, { mostReferences: 10 })], candles: { 'BTC/USDT': minutes(120) },
  })
  open.push(orchestrator)
  await orchestrator.run()
  const expired = await orchestrator.participant(training).references({ state: 'expired' })
  expect(new Set(expired.map(({ reason }) => reason))).toEqual(new Set(['overflow']))
})

test('a doubtful reference that has left memory weighs no more than one that is in it', async () => {
  const holed = minutes(200).filter(({ openTime }) => openTime !== 90 * MINUTE_US)
  const { orchestrator, store } = build({ modules: [bar, walker(), use(training, { adapter: 'none', taintWeight: 0.25 })], candles: { 'BTC/USDT': holed } })
  open.push(orchestrator)
  const coordinator = orchestrator.participant(training)
  const past: Parameters<NonNullable<Parameters<typeof coordinator.subscribe<Walker>>[0]['onCandleCompletion']>>[1][] = []
  coordinator.subscribe<Walker>({
    name: 'late', model: 'walker',
    onCandleCompletion: (_, reference) => {
      past.push(reference)
      const old = past.at(-9) // its target closed eight minutes ago: it has left memory
      return old && { reference: old, targets: { direction: CLASS.hold } }
    },
  })
  await orchestrator.run()
  const doubtful = new Set(past.filter(({ taint }) => taint.length > 0).map(({ id }) => id))
  expect(doubtful.size).toBeGreaterThan(5)
  const { columns } = await store.read({ table: 'training_outcomes', columns: ['ref_id', 'weight'] })
  const weights = columns['weight'] as Float64Array
  ;(columns['ref_id'] as readonly string[]).forEach((id, i) => expect([id, weights[i]]).toEqual([id, doubtful.has(id) ? 0.25 : 1]))
})

test('a label that says it is known later than it is used is refused with a code', async () => {
  const { orchestrator } = build({ modules: [bar, walker(), use(training, { adapter: 'none' })], candles: { 'BTC/USDT': minutes(120) } })
  open.push(orchestrator)
  const coordinator = orchestrator.participant(training)
  const faults: string[] = []
  orchestrator.on('module:fault', ({ code }) => void faults.push(code))
  coordinator.subscribe<Walker>({
    name: 'prophet', model: 'walker',
    onCandleCompletion: (candle, reference) => ({ reference, targets: { direction: CLASS.buy }, knownAt: candle.closeTime + (candle.openTime % (2 * MINUTE_US) === 0 ? 1 : 0) }),
  })
  await orchestrator.run()
  const failed = await coordinator.references({ state: 'failed' })
  expect(failed.length).toBeGreaterThan(20)
  for (const { reason } of failed) expect(reason).toMatch(/^training\.leak: its label is known at/)
  expect(new Set(faults)).toEqual(new Set(['training.leak']))
  expect(coordinator.counts().trained).toBeGreaterThan(20)
})
