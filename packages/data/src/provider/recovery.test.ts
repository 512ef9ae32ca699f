import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { defineModule, defineSource, Orchestrator, type Host, type InferenceRuntime, type MarketInput, type Network, type Participant, type Store } from '@tapeloom/core'
import { afterAll, describe, expect, test } from 'vitest'
import { memoryStore } from '../store/memory-store.ts'
import { BTC, drive, opened, recording, trade } from '../testing/drive.ts'
import { RecordedHost } from '../testing/recorded-host.ts'
import { DataProvider } from './data-provider.ts'

const root = mkdtempSync(join(tmpdir(), 'tapeloom-recovery-'))
let folders = 0
const newFolder = () => join(root, String(++folders))
afterAll(() => rmSync(root, { recursive: true }))

const identity = { version: '1.0.0', core: '^1.0.0' }
const price = { rev: 1, unit: 'price', range: [0, 1e9], description: 'A price.' } as const
const trades = (count: number, from = 0): MarketInput[] =>
  Array.from({ length: count }, (_, i) => trade(from + (i + 1) * 500e3, 100 + (i % 7), 1, { tsInit: from + (i + 1) * 500e3, sourceSequence: i + 1 }))

const leader = defineModule({
  name: 'leader', ...identity,
  features: { price },
  state: () => ({ before: 0 }),
  on: { trade({ price }, { features }) { features.price = price } },
  predict({ features, state }) {
    const up = features.price > state.before
    state.before = features.price
    return { horizon: '2s', probabilities: up ? { buy: 0.7, hold: 0.2, sell: 0.1 } : { buy: 0.1, hold: 0.2, sell: 0.7 } }
  },
})

/** Counts what it is told of statuses. */
const counting = defineModule({
  name: 'counting', ...identity,
  features: { told: { rev: 1, unit: 'count', range: [0, 1e6], description: 'Changes of status heard.' } },
  state: () => ({ n: 0 }),
  on: {
    'module:status': (_, { state }) => void state.n++,
    trade: (_, { state, features }) => void (features.told = state.n),
  },
})
const readSequence = (journal: string) => Number.parseInt(readdirSync(join(journal, 'snapshots')).sort().at(-1)!, 10)

describe('a journal that is run again', () => {
  test('takes a command given before the run behind its tail', async () => {
    const journal = newFolder()
    const start = () => new Orchestrator({ data: new DataProvider({ sources: [recording(trades(120))], journal }), modules: [leader] })
    await start().run({ until: 20e6 })
    const resumed = start()
    await resumed.initialize()
    await resumed.command({ kind: 'weight', model: 'leader', weight: 0 })
    expect(resumed.models()[0]?.weight).toBe(0)
    const { journalHash, events } = await resumed.run()
    expect(events.trade).toBe(120)
    const again = await start().run()
    expect(again.journalHash).toBe(journalHash)
    const whole = new Orchestrator({ data: new DataProvider({ sources: [recording(trades(120))] }), modules: [leader] })
    await whole.run({ until: 20e6 })
    await whole.command({ kind: 'weight', model: 'leader', weight: 0 })
    expect((await whole.run()).journalHash).toBe(journalHash)
  })

  test('in a live run takes an answer that its snapshot holds from its record', async () => {
    const journal = newFolder()
    const from = 4e15 // later than the clock, so that no tick is told
    const source = (inputs: readonly MarketInput[]) => defineSource({
      name: 'tape', instruments: [BTC], live: true,
      async *events({ after = 0 }) {
        for (const input of inputs.slice(after)) {
          yield input
          await nextTurn()
        }
      },
    })
    const start = (count: number) => new Orchestrator({
      data: new DataProvider({ sources: [source(trades(count, from))], journal }), modules: [leader, thinker], snapshotEvery: 1,
    })
    const until = async (orchestrator: ReturnType<typeof start>, count: number) => {
      const stop = new AbortController()
      orchestrator.on('trade', () => { if (orchestrator.report().events.trade === count) setImmediate(() => stop.abort()) })
      return orchestrator.run({ signal: stop.signal })
    }
    const first = await until(start(40), 40)
    const snapshots = join(journal, 'snapshots')
    rmSync(join(snapshots, readdirSync(snapshots).sort().at(-1)!))
    const resumed = await until(start(60), 60)
    expect(first.decisions).toBeGreaterThan(20)
    expect(resumed.events.trade).toBe(60)
  })
})

test('a command of a participant is taken from the journal that is run again, and given once more only where it was not there', async () => {
  let commands = 0
  class Commanding implements Participant {
    readonly name = 'commanding'
    attach(host: Host): void {
      host.onOutcomes((_, time) => {
        if (time % 10e6 === 0) void host.command({ kind: 'weight', model: 'leader', weight: time / 10e6 })
      })
      host.on('decision', () => {})
      commands++
    }
    snapshot() { return null }
    restore(): void {}
  }
  const commanding = defineModule({ name: 'commanding', ...identity, participant: () => new Commanding() })
  const start = (journal?: string) => new Orchestrator({
    data: new DataProvider({ sources: [recording(trades(120))], ...(journal && { journal }) }), modules: [leader, commanding],
  })
  const whole = start()
  const { journalHash } = await whole.run()
  const journal = newFolder()
  await start(journal).run({ until: 35e6 }) // not stopped: run again from its first record
  const resumed = start(journal)
  expect((await resumed.run()).journalHash).toBe(journalHash)
  expect(resumed.status().sequence).toBe(whole.status().sequence)
  expect(commands).toBe(3)
})

describe('a snapshot', () => {
  const over = (journal: string, path: string, appliedThrough: number) => {
    const memory = memoryStore()
    const written: number[] = []
    const store: Store = {
      path, open: async () => ({ appliedThrough }), close: async () => {}, read: (range) => memory.read(range),
      write: (batch) => { written.push(...batch.rows.map(({ columns }) => (columns['known'] as Float64Array)[0] ?? NaN)); return memory.write(batch) },
    }
    return { written, orchestrator: new Orchestrator({ data: new DataProvider({ sources: [recording(trades(120))], journal, store }), modules: [leader, counting] }) }
  }

  test('that is newer than the store is passed over: what the store lost is made again', async () => {
    const journal = newFolder()
    const first = over(journal, `${journal}.db`, 0)
    const { journalHash } = await first.orchestrator.run()
    await first.orchestrator.stop()
    const second = over(journal, `${journal}.db`, 0)
    expect((await second.orchestrator.run()).journalHash).toBe(journalHash)
    await second.orchestrator.stop()
    expect(Math.min(...second.written)).toBe(1)
    const third = over(journal, `${journal}.db`, readSequence(journal))
    await third.orchestrator.initialize()
    expect(third.orchestrator.report().events.trade).toBe(120)
  })

  test('is not followed by what was told before it was restored', async () => {
    const run = async (until: readonly number[]) => {
      const journal = newFolder()
      const start = () => new Orchestrator({ data: new DataProvider({ sources: [recording(trades(120))], journal }), modules: [leader, counting] })
      let orchestrator = start()
      for (const at of until) {
        await orchestrator.run({ until: at })
        await orchestrator.stop()
        orchestrator = start()
      }
      return (await orchestrator.run()).journalHash
    }
    expect(await run([20e6])).toBe(await run([]))
  })
})

test('a live run that is gone on with makes up no candles for the time between', async () => {
  const journal = newFolder()
  const from = 4e15
  const run = async (times: readonly number[], limit: number) => {
    const inputs = times.map((time, i) => trade(from + time * 1e6, 100, 1, { tsInit: from + time * 1e6, sourceSequence: i + 1 }))
    const source = defineSource({ name: 'tape', instruments: [BTC], live: true, async *events({ after = 0 }) { yield inputs.slice(after) } })
    const host = new RecordedHost({ timeframes: ['1s'], mode: 'live' })
    const feed = new DataProvider({ sources: [source], journal }).attach(host)
    await opened(feed)
    await drive(feed, host, { limit: from + limit * 1e6 })
    await feed.close()
    return host.candles
  }
  await run([0.5, 1.5, 2.5, 100], 3)
  const candles = await run([0.5, 1.5, 2.5, 60.5, 61.5, 62.5, 100], 63)
  const seconds = candles.map(({ openTime, taint }) => `${(openTime - from) / 1e6} ${taint.join()}`)
  expect(seconds).toEqual(['0 partial', '1 ', '2 gap', '60 gap,partial', '61 '])
})

test('a time that is none moves no clock', async () => {
  const host = new RecordedHost()
  const inputs = [trade(1e6, 10), trade(1.7e18, 11), trade(2e6, 12), trade(3e6, 13, 1, { tsInit: '9' as never }), trade(4e6, 14)]
  const feed = new DataProvider({ sources: [recording(inputs), recording([trade(2.5e6, 1)], { name: 'other' })] }).attach(host)
  await opened(feed)
  await drive(feed, host)
  const begun = host.lines.filter((line) => line.startsWith('begin')).map((line) => Number(line.split(' ')[3]))
  expect(begun.filter((time) => time > 4e6 + 4e6)).toEqual([])
  expect(host.lines.filter((line) => line.startsWith('trade')).map((line) => Number(line.split(' ')[4]))).toEqual([10, 12, 1, 14])
  expect(host.lines.filter((line) => line.includes('data.time'))).toHaveLength(2)
})

describe('a run that fails', () => {
  test('to open lets go of all that it opened, and stopping twice closes once', async () => {
    const journal = newFolder()
    let [stores, disposed] = [0, 0]
    runtimes = 0
    const start = (seed: number) => {
      const memory = memoryStore()
      const store: Store = {
        path: undefined, write: (batch) => memory.write(batch), read: (range) => memory.read(range),
        open: () => { stores++; return memory.open() }, close: async () => void stores--,
      }
      const disposing = defineModule({ name: 'disposing', ...identity, dispose: () => void disposed++ })
      return new Orchestrator({ data: new DataProvider({ sources: [recording(trades(20))], journal, store }), modules: [thinker, disposing], seed })
    }
    const first = start(1)
    await first.run()
    await Promise.all([first.stop(), first.stop()])
    expect([stores, runtimes, disposed]).toEqual([0, 0, 2]) // once a symbol
    await expect(start(2).initialize()).rejects.toThrow('was written with manifest.seed = 1, now it is 2')
    expect([stores, runtimes]).toEqual([0, 0])
  })

  test('leaves no command waiting', async () => {
    let fail = () => {}
    const failing = new Promise<never>((_, reject) => (fail = () => reject(new Error('cut off'))))
    const source = defineSource({ name: 'tape', instruments: [BTC], async *events() { yield await failing } })
    const orchestrator = new Orchestrator({ data: new DataProvider({ sources: [source] }), modules: [leader] })
    const running = orchestrator.run()
    await orchestrator.initialize()
    await nextTurn()
    const commanded = orchestrator.command({ kind: 'weight', model: 'leader', weight: 0 })
    fail()
    await expect(running).rejects.toThrow('cut off')
    await commanded
    expect(orchestrator.status().sequence).toBe(1)
  })
})

/** A network of one number that answers some turns later. */
const network: Network<{ x: readonly [1] }, 'logits', {}> = {
  name: 'one', inputs: { x: [1] }, outputs: ['logits'], targets: {}, batch: 1,
  open: async () => new OneNumber(),
  train: () => Promise.reject(new Error('is not trained')),
}
let runtimes = 0
class OneNumber implements InferenceRuntime {
  readonly version = '0'
  constructor() { runtimes++ }
  async infer({ x }: Readonly<Record<string, Float32Array>>) {
    for (let turn = 0; turn < 5; turn++) await nextTurn()
    return { logits: Float32Array.of((x?.[0] ?? 0) / 1000, 0, 0) }
  }
  weights() { return new Float32Array(1) }
  swap() {}
  async close() { runtimes-- }
}
const thinker = defineModule({
  name: 'thinker', ...identity,
  features: { price },
  on: { trade({ price }, { features }) { features.price = price } },
  model: {
    network, inputs: { x: ['thinker.price'] }, target: { timeframe: '1m', ahead: 1 },
    decode: ({ logits }) => ({ probabilities: { buy: 0.4 + (logits[0] ?? 0), hold: 0.3, sell: 0.3 - (logits[0] ?? 0) } }),
    labels: {},
  },
})
