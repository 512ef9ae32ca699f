import {
  CLASS, defineModule, Orchestrator, use, type DataFeed, type DataPort, type DeferredWork, type Host, type WorkHandler,
} from '@tapeloom/core'
import { candleSource, DataProvider } from '@tapeloom/data'
import { pivot } from '@tapeloom/module-pivot'
import { afterEach, expect, test, vi } from 'vitest'
import { InferenceTrainingCoordinator } from './inference-training-coordinator.ts'
import { bar, build, minutes, network, walker } from './market.fixture.ts'
import { ReferenceTable } from './reference/reference-table.ts'
import { training } from './training.ts'

const MINUTE_US = 60e6
type Walker = ReturnType<typeof walker>
const open: Orchestrator[] = []
afterEach(async () => {
  for (const orchestrator of open.splice(0)) await orchestrator.stop()
})

/** The same object with some properties replaced; methods stay bound to the original. */
function replaced<T extends object>(of: T, parts: Partial<Record<keyof T, () => unknown>>): T {
  return new Proxy(of, {
    get(target, key) {
      const part = parts[key as keyof T]
      if (part) return part()
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}

/** Market data of which some rows have changed when they are read again, as on a damaged disk. */
function damaged(damage: (feed: DataFeed) => DataFeed['lanes']): DataPort {
  const data = new DataProvider({ sources: [candleSource('BTC/USDT', '1m', minutes(200))] })
  const attach: DataPort['attach'] = (host) => {
    const feed = data.attach(host)
    return replaced(feed, { lanes: () => damage(feed) })
  }
  return replaced(data as DataPort, { attach: () => attach })
}

test('a reference that resolves to other bytes fails, and is never trained; resolving it throws', async () => {
  const broken = 120 * MINUTE_US
  const data = damaged((feed) => replaced(feed.lanes, {
    rebuild: () => async (requests: Parameters<DataFeed['lanes']['rebuild']>[0]) => {
      await feed.lanes.rebuild(requests)
      for (const { frame, tensor } of requests) if (frame.start === broken) tensor[0]! += 1e-6
    },
  }))
  const orchestrator = new Orchestrator({ data, modules: [bar, walker(), training] })
  open.push(orchestrator)
  const coordinator = orchestrator.participant(training)
  const steps: number[] = []
  orchestrator.on('training:step', ({ samples }) => void steps.push(samples))
  await orchestrator.run()
  const failed = await coordinator.references({ state: 'failed' })
  // its own feature row at that time, and the windows that begin there
  expect(failed.map(({ reason }) => reason)).toEqual(failed.map(() => 'hash'))
  expect(failed.every(({ lanes }) => lanes.some(({ start }) => start === broken))).toBe(true)
  expect(failed.length).toBe(coordinator.counts().failed)
  expect(failed.length).toBeGreaterThan(1)
  expect(steps.filter((samples) => samples < 8).length).toBeGreaterThan(0)
  const { columns } = await data.store.read({ table: 'training_outcomes', columns: ['state', 'ref_id'], equals: { state: 'failed' } })
  expect(columns['ref_id']).toHaveLength(failed.length)
  await expect(coordinator.resolve(failed[0]!)).rejects.toThrow(/resolves to [0-9a-f]{32}, not to/)
})

test('a reference whose rows are gone expires, and its batch is trained without it', async () => {
  const data = damaged((feed) => replaced(feed.lanes, {
    rebuild: () => async (requests: Parameters<DataFeed['lanes']['rebuild']>[0]) => {
      const shifted = requests.map((request) =>
        request.frame.start === 120 * MINUTE_US ? { ...request, frame: { ...request.frame, count: request.frame.count + 1 } } : request)
      await feed.lanes.rebuild(shifted.map((request) => (Array.isArray(request.binding) ? requests[shifted.indexOf(request)]! : request)))
    },
  }))
  const orchestrator = new Orchestrator({ data, modules: [bar, walker(), training] })
  open.push(orchestrator)
  const coordinator = orchestrator.participant(training)
  await orchestrator.run()
  const expired = await coordinator.references({ state: 'expired' })
  expect(expired.length).toBeGreaterThan(0)
  expect(new Set(expired.map(({ reason }) => reason))).toEqual(new Set(['retention']))
  const { trained, failed } = coordinator.counts()
  expect([trained > 80, failed]).toEqual([true, 0])
})

test('the oldest references expire when more are kept than allowed', async () => {
  const { orchestrator } = build({ modules: [bar, walker({ ahead: 50 }), use(training, { mostReferences: 20 })] })
  open.push(orchestrator)
  const coordinator = orchestrator.participant(training)
  const { references } = await orchestrator.run()
  expect(references.matched).toBe(0)
  expect(references.open).toBe(21) // and the one after the last boundary
  expect(references.registered - references.expired).toBe(references.open)
  const expired = await coordinator.references({ state: 'expired' })
  expect(new Set(expired.map(({ reason }) => reason))).toEqual(new Set(['overflow']))
})

test('a close looks at as many references when 100 are open as when one is', async () => {
  const looks: number[] = []
  for (const [ahead, least] of [[1, 0], [100, 70]] as const) {
    const spy = vi.spyOn(ReferenceTable.prototype, 'targetOpen')
    const { orchestrator } = build({ modules: [bar, walker({ ahead }), training], candles: { 'BTC/USDT': minutes(300) } })
    open.push(orchestrator)
    const { references } = await orchestrator.run({ until: 250 * MINUTE_US })
    expect(references.open).toBeGreaterThanOrEqual(least)
    looks.push(spy.mock.calls.length / 250)
    spy.mockRestore()
  }
  expect(Math.max(...looks)).toBeLessThan(6)
})

test('samples beyond 10,000 that wait are dropped and counted', async () => {
  const { orchestrator } = build({
    modules: [use(pivot, { levels: 3 }), bar, walker(), use(training, { adapter: 'none', window: '2000m', trainLatency: '10000h' })],
    candles: { 'BTC/USDT': minutes(700) },
  })
  open.push(orchestrator)
  const coordinator = orchestrator.participant(training)
  let given = 0
  coordinator.subscribe<Walker>({
    name: 'all', model: 'walker', pivots: { phase: 'anticipation' },
    onPivotEvent(_, references) {
      given += references.length
      return references.map((reference) => ({ reference, targets: { direction: CLASS.sell } }))
    },
  })
  await orchestrator.run({ until: 699 * MINUTE_US })
  const [progress] = coordinator.models()
  expect(given).toBeGreaterThan(10_000)
  expect(progress).toMatchObject({ waiting: 10_000, dropped: given - 10_000, steps: 0 })
})

/** Training whose host is watched or altered. */
const trainingWith = (parts: (host: Host) => Partial<Record<keyof Host, () => unknown>>, adapter: 'perCandle' | 'none' = 'perCandle') =>
  defineModule({
    name: 'training', version: '1.0.0', core: '^1.0.0',
    participant() {
      const coordinator = new InferenceTrainingCoordinator({ adapter })
      const attach = coordinator.attach.bind(coordinator)
      coordinator.attach = (host) => attach(replaced(host, parts(host)))
      return coordinator
    },
  })

test('a late answer that is lost is asked for again; one that fails, three times', async () => {
  const begin = async () => {
    const handlers = new Map<string, WorkHandler>()
    const asked: DeferredWork[] = []
    const module = trainingWith((host) => ({
      work: () => (name: string, handler: WorkHandler) => (handlers.set(name, handler), host.work(name, handler)),
      defer: () => (work: DeferredWork) => (asked.push(work), host.defer(work)),
    }), 'none')
    const { orchestrator } = build({ modules: [bar, walker(), module] })
    open.push(orchestrator)
    let calls = 0
    orchestrator.participant(module).subscribe<Walker>({
      name: 'slow', model: 'walker',
      async onCandleCompletion(_, reference) {
        if (++calls % 3 !== 0) throw new Error('not yet')
        return { reference, targets: { direction: CLASS.buy } }
      },
    })
    await orchestrator.initialize()
    const compute = (work: DeferredWork): Promise<unknown> => handlers.get('label')!.compute(work.payload)
    return { orchestrator, asked, compute, calls: () => calls, coordinator: orchestrator.participant(module) }
  }
  const first = await begin()
  await first.orchestrator.run({ until: 122 * MINUTE_US + 500_000 }) // half-way to the answer
  expect(first.calls()).toBe(3 * first.coordinator.counts().matched)
  expect(first.coordinator.counts().failed).toBe(0)
  const last = first.asked.findLast(({ handler }) => handler === 'label')!
  const second = await begin()
  await second.orchestrator.restore(await first.orchestrator.snapshot())
  expect(second.calls()).toBe(0)
  expect(await second.compute(last)).toMatchObject({ samples: [{ targets: { direction: CLASS.buy }, weight: 1 }] })
  expect(second.calls()).toBe(3)
  expect(await second.compute({ ...last, payload: { ...(last.payload as object), subscriber: 'gone' } as never })).toEqual({ error: expect.stringMatching(/is gone. Subscribe it/) })
})

test.each([['model-gone', undefined], ['schema', { schemaHash: 'other' }]] as const)(
  'references of a model that is replaced expire: %s',
  async (reason, change) => {
    let changed = false
    const module = trainingWith((host) => ({
      models() {
        const served = host.models.get('walker')
        if (!changed || !served) return host.models
        return new Map(change ? [['walker', { ...served, ...change }]] : [])
      },
    }))
    const { orchestrator } = build({ modules: [bar, walker({ ahead: 10 }), module] })
    open.push(orchestrator)
    const coordinator = orchestrator.participant(module)
    const { references: before } = await orchestrator.run({ until: 150 * MINUTE_US })
    expect([before.trained > 30, before.open > 5]).toEqual([true, true])
    changed = true
    await orchestrator.run({ until: 152 * MINUTE_US })
    expect(coordinator.counts().expired).toBeGreaterThanOrEqual(before.open)
    const expired = await coordinator.references({ state: 'expired' })
    expect(new Set(expired.map((reference) => reference.reason))).toEqual(new Set([reason]))
  },
)

test('a snapshot is refused when it is of another version, or its model is fed otherwise', async () => {
  const { orchestrator } = build({ modules: [bar, walker(), training] })
  open.push(orchestrator)
  const coordinator = orchestrator.participant(training)
  await orchestrator.run({ until: 100 * MINUTE_US })
  const state = (await coordinator.snapshot()) as { readonly models: readonly object[] }
  expect(() => coordinator.restore({ ...state, version: 1 } as never)).toThrow(/has version 1, not 2/)
  const other = { ...state, models: state.models.map((model) => ({ ...model, schemaHash: 'other' })) }
  expect(() => coordinator.restore(other as never)).toThrow(/was trained with schema 'other', and now has/)
})

test('while its training switch is off a model is referred to and matched, and not trained', async () => {
  const { orchestrator } = build({ modules: [bar, walker(), training] })
  open.push(orchestrator)
  const { references: before } = await orchestrator.run({ until: 100 * MINUTE_US })
  await orchestrator.command({ kind: 'training', model: 'walker', enabled: false })
  const { references: off } = await orchestrator.run({ until: 150 * MINUTE_US })
  expect(off.trained - before.trained).toBeLessThanOrEqual(8) // what waited for its batch
  expect(off.matched - before.matched).toBe(50)
  await orchestrator.command({ kind: 'training', model: 'walker', enabled: true })
  const { references: on } = await orchestrator.run({ until: 190 * MINUTE_US })
  expect(on.trained - off.trained).toBeGreaterThanOrEqual(24)
})

test('references of a module that is unloaded expire', async () => {
  const { orchestrator } = build({ modules: [bar, walker({ ahead: 10 }), training] })
  open.push(orchestrator)
  const { references: before } = await orchestrator.run({ until: 150 * MINUTE_US })
  const [{ waiting = NaN } = {}] = orchestrator.participant(training).models()
  await (orchestrator as Orchestrator).unload('walker')
  const { references: after } = await orchestrator.run({ until: 152 * MINUTE_US })
  expect(after).toMatchObject({ registered: before.registered, open: 0, expired: before.open + waiting })
})

test('a trainer that cannot be opened fails its samples; snapshots, later steps and the end of the run do not', async () => {
  let tries = 0
  const train = (spec: { readonly seed: number }) => (++tries <= 2 ? Promise.reject(new Error('no room for gradients')) : network.train(spec))
  const { orchestrator } = build({ modules: [bar, walker({ train }), training] })
  open.push(orchestrator)
  const coordinator = orchestrator.participant(training)
  await orchestrator.run({ until: 45.5 * MINUTE_US })
  expect(tries).toBe(1)
  await orchestrator.snapshot()
  const { references } = await orchestrator.run()
  expect(references).toMatchObject({ failed: 16, trained: 8 * (coordinator.models()[0]?.steps ?? NaN) })
  expect(references.trained).toBeGreaterThan(80)
  const failed = await coordinator.references({ state: 'failed' })
  expect(new Set(failed.map(({ reason }) => reason))).toEqual(new Set(['no room for gradients']))
  await orchestrator.stop()
})
