import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineModule, Orchestrator, type InferenceRuntime, type MarketInput, type Network, type Usable } from '@tapeloom/core'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { recording, trade } from '../testing/drive.ts'
import { DataProvider } from './data-provider.ts'

const root = mkdtempSync(join(tmpdir(), 'tapeloom-budgets-'))
let folders = 0
const newFolder = () => join(root, String(++folders))
afterAll(() => rmSync(root, { recursive: true }))
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

const identity = { version: '1.0.0', core: '^1.0.0' }
const price = { rev: 1, unit: 'price', range: [0, 1e9], description: 'A price.' } as const
const trades = (count: number): MarketInput[] =>
  Array.from({ length: count }, (_, i) => trade((i + 1) * 500e3, 100 + (i % 7), 1, { sourceSequence: i + 1 }))

/** A live run goes on for ever; by then it is told 109 trades. */
const until = 55e6

/** A clock that only moves when a handler says that it took time. */
function clock() {
  let ms = 0
  vi.spyOn(performance, 'now').mockImplementation(() => ms)
  return { take: (more: number) => void (ms += more) }
}
const steady = defineModule({
  name: 'steady', ...identity, features: { price },
  on: { trade({ price }, { features }) { features.price = price } },
})
/** Takes so many ms at the trades of these ids. */
const slow = (take: (ms: number) => void, at: readonly number[], ms = 60) => defineModule({
  name: 'slow', ...identity, features: { price }, state: () => ({ n: 0 }),
  on: {
    trade({ price, sequence }, { features }) {
      features.price = price
      if (at.includes(sequence)) take(ms)
    },
  },
})
function build(modules: readonly Usable[], journal: string, mode: 'live' | 'lockstep' = 'live') {
  const orchestrator = new Orchestrator({ data: new DataProvider({ sources: [recording(trades(120))], journal }), modules, mode, watchdog: false })
  const told: string[] = []
  orchestrator.on('module:fault', ({ module, code, message, sequence }) => void told.push(`${sequence} ${module} ${code} ${message}`))
  return { orchestrator, told, status: () => orchestrator.status().modules.map(({ name, status, reason }) => `${name} ${status} ${reason}`) }
}

describe('a handler that takes longer than 50 ms in a live run', () => {
  test('is at fault right after the input, as an input of its own, once handlers are timed', async () => {
    const { take } = clock()
    const { orchestrator, told } = build([slow(take, [10, 70, 80]), steady], newFolder())
    await orchestrator.run({ until })
    // the 64th input ends the stretch in which the first was slow: from there on handlers are timed
    expect(told).toEqual([
      '71 slow module.budget a handler took 60 ms, its budget is 50 ms',
      '81 slow module.budget a handler took 60 ms, its budget is 50 ms',
    ])
    expect(orchestrator.status().modules[1]).toMatchObject({ name: 'steady', faults: 0 })
  })

  test('leaves its slice missing until it is rebuilt, and is off after three restarts in an event-hour', async () => {
    const { take } = clock()
    const { orchestrator, told, status } = build([slow(take, [10, 66, 76, 86, 96, 106])], newFolder())
    await orchestrator.run({ until })
    expect(told).toHaveLength(4)
    expect(status()).toEqual(['slow disabled faulted'])
    expect(orchestrator.getFeatures('BTC/USDT').values['slow.price' as never]).toBeNull()
  })

  test('is at fault at the same place when the journal is run again, however fast it is then', async () => {
    const { take } = clock()
    const journal = newFolder()
    const first = build([slow(take, [10, 70, 80]), steady], journal)
    const { journalHash } = await first.orchestrator.run({ until })
    const again = build([slow(() => {}, []), steady], journal)
    expect((await again.orchestrator.run({ until })).journalHash).toBe(journalHash)
    expect(again.told).toEqual(first.told)
    // slow in the replay alone: nothing is timed there
    const late = build([slow(take, [12, 70, 73, 74, 75], 1000), steady], journal)
    expect((await late.orchestrator.run({ until })).journalHash).toBe(journalHash)
    expect(late.told).toEqual(first.told)
  })

  test('costs a reading of the clock each 64 inputs while all are fast', async () => {
    const { take } = clock()
    const { orchestrator } = build([slow(take, []), steady], newFolder())
    await orchestrator.initialize()
    const before = vi.mocked(performance.now).mock.calls.length
    await orchestrator.run({ until })
    const readings = vi.mocked(performance.now).mock.calls.length - before
    expect(readings).toBeGreaterThan(2)
    expect(readings).toBeLessThan(20)
  })

  test('is not timed in lockstep', async () => {
    const { take } = clock()
    const { orchestrator, told } = build([slow(take, [10, 70, 80], 1000), steady], newFolder(), 'lockstep')
    await orchestrator.run({ until })
    expect(told).toEqual([])
  })
})

test('a predictor that takes too long is at fault at once', async () => {
  const { take } = clock()
  const thinking = defineModule({
    name: 'thinking', ...identity, state: () => ({ n: 0 }),
    predict({ state }) {
      if (++state.n === 5) take(51)
      return { horizon: '1s', probabilities: { buy: 0.2, hold: 0.6, sell: 0.2 } }
    },
  })
  const { orchestrator, told } = build([thinking], newFolder())
  await orchestrator.run({ until: 10e6 })
  expect(told.map((line) => line.replace(/^\d+ /, ''))).toEqual(['thinking module.budget a handler took 51 ms, its budget is 50 ms'])
})

test('an init that takes longer than 10 s is a fault, before the first market input and again in a replay', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const journal = newFolder()
  const waiting = (forever: boolean) => defineModule({
    name: 'waiting', ...identity, features: { price },
    init: () => (forever ? new Promise<void>(() => {}) : undefined),
    on: { trade({ price }, { features }) { features.price = price } },
  })
  const first = build([waiting(true)], journal, 'lockstep')
  const starting = first.orchestrator.initialize()
  for (let symbol = 0; symbol < 2; symbol++) await vi.advanceTimersByTimeAsync(10_000)
  await starting
  const { journalHash } = await first.orchestrator.run({ until })
  expect(first.told).toEqual(['1 waiting module.init init took more than 10 s', '2 waiting module.init init took more than 10 s'])
  const again = build([waiting(false)], journal, 'lockstep')
  expect((await again.orchestrator.run({ until })).journalHash).toBe(journalHash)
  expect(again.told).toEqual(first.told)
})

test('an answer of a network that takes longer than 2 s is the fault of its module, and is again in a replay', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const journal = newFolder()
  const network = (answers: boolean): Network => ({
    name: 'silent', inputs: { row: [1] }, outputs: ['move'], targets: { move: 'class' }, batch: 1,
    open: async (): Promise<InferenceRuntime> => ({
      version: '0', infer: () => (answers ? Promise.resolve({ move: Float32Array.of(0, 0, 0) }) : new Promise(() => {})), weights: () => new Float32Array(1), swap() {}, close: async () => {},
    }),
    train: () => Promise.reject(new Error('not trained')),
  })
  const silent = (answers: boolean) => defineModule({
    name: 'silent', ...identity, features: { price },
    on: { trade({ price }, { features }) { features.price = price } },
    model: {
      network: network(answers), inputs: { row: ['silent.price'] }, target: { timeframe: '1s', ahead: 1 },
      decode: () => ({ probabilities: { buy: 0.2, hold: 0.6, sell: 0.2 } }), labels: {},
    },
  })
  const first = build([silent(false)], journal)
  await first.orchestrator.initialize()
  let over = false
  const running = first.orchestrator.run({ until: 4e6 }).finally(() => (over = true))
  while (!over) await vi.advanceTimersByTimeAsync(1000)
  const { journalHash } = await running
  expect(first.told[0]).toMatch(/silent module.threw an answer took more than 2 s/)
  const again = build([silent(true)], journal)
  expect((await again.orchestrator.run({ until: 4e6 })).journalHash).toBe(journalHash)
  expect(again.told).toEqual(first.told)
})
