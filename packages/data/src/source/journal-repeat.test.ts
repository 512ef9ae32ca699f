import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { defineModule, defineSource, instrument, Orchestrator, type MarketInput, type Network, type Source, type Usable } from '@tapeloom/core'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { KIND, MarketRecord } from '../ingest/market-record.ts'
import { JournalReader } from '../journal/journal-reader.ts'
import { DataProvider } from '../provider/data-provider.ts'
import { BTC, trade } from '../testing/drive.ts'
import { journalSource } from './journal-source.ts'

const root = mkdtempSync(join(tmpdir(), 'tapeloom-repeat-'))
let folders = 0
const newDatabase = () => join(root, String(++folders))
afterAll(() => rmSync(root, { recursive: true }))
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

/** Where the runs begin, µs: later than the clock of this machine, so that no tick is told unless a test moves the clock. */
const FROM = 4e15
const identity = { version: '1.0.0', core: '^1.0.0' }
const price = { rev: 1, unit: 'price', range: [0, 1e9], description: 'A price.' } as const
const trades = (count: number): readonly MarketInput[] =>
  Array.from({ length: count }, (_, i) => trade(FROM + (i + 1) * 500e3, 100 + (i % 7), 1, { tsInit: FROM + (i + 1) * 500e3, sourceSequence: i + 1 }))

/** A live source that stays open. */
const live = (inputs: readonly MarketInput[]): Source => defineSource({
  name: 'tape', instruments: [BTC], live: true,
  async *events({ after = 0, signal }) {
    yield inputs.filter(({ sourceSequence = 0 }) => sourceSequence > after)
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
  },
})

/** A clock that only moves when a handler says that it took time. */
function clock() {
  let ms = 0
  vi.spyOn(performance, 'now').mockImplementation(() => ms)
  return (more: number) => void (ms += more)
}

/** Takes 60 ms at the trades of these numbers, and predicts from what it remembers. */
const slow = (take: (ms: number) => void, at: readonly number[]) => defineModule({
  name: 'slow', ...identity, features: { price }, state: () => ({ n: 0, before: 0 }),
  on: {
    trade({ price, tsEvent }, { features, state }) {
      features.price = price + ++state.n / 1000
      if (at.includes((tsEvent - FROM) / 500e3)) take(60)
    },
  },
  predict({ features, state }) {
    const up = features.price > state.before
    state.before = features.price
    return { horizon: '2s', probabilities: up ? { buy: 0.7, hold: 0.2, sell: 0.1 } : { buy: 0.1, hold: 0.2, sell: 0.7 } }
  },
})

interface Ended { readonly journalHash: string; readonly sequence: number }
const provider = (source: Source, journal?: string) => new DataProvider({ sources: [source], ...(journal !== undefined && { journal }) })
const folderOf = (database: string) => `${database}.journal/local`

/** Runs live through `until`, from where an earlier run of the database ended. */
async function runLive(
  database: string, source: Source, modules: readonly Usable[],
  { until, before }: { readonly until: number; readonly before?: (orchestrator: Orchestrator) => Promise<void> },
): Promise<Ended> {
  const orchestrator = new Orchestrator({ data: provider(source, folderOf(database)), modules, watchdog: false })
  await orchestrator.initialize()
  await before?.(orchestrator)
  const { journalHash } = await orchestrator.run({ until })
  const { sequence } = orchestrator.status()
  await orchestrator.stop()
  return { journalHash, sequence }
}

/** Runs what a journal holds, as a recording, with stops at `until`; with a journal of its own, each time by a new orchestrator. */
async function replay(database: string, modules: readonly Usable[], { journal, until = [] }: { readonly journal?: string; readonly until?: readonly number[] } = {}) {
  const faults: string[] = []
  const start = () => {
    const orchestrator = new Orchestrator({ data: provider(journalSource(database), journal), modules, watchdog: false })
    orchestrator.on('module:fault', ({ module, code }) => void faults.push(`${module} ${code}`))
    return orchestrator
  }
  let orchestrator = start()
  for (const at of until) {
    await orchestrator.run({ until: at })
    if (journal !== undefined) orchestrator = start() // the one before ends as a killed process does
  }
  const { journalHash } = await orchestrator.run()
  const { sequence } = orchestrator.status()
  await orchestrator.stop()
  return { journalHash, sequence, faults }
}

/** A network of one number that answers some turns later. */
const network: Network = {
  name: 'one', inputs: { x: [1] }, outputs: ['logits'], targets: { logits: 'class' }, batch: 1,
  open: async () => ({
    version: '0', weights: () => new Float32Array(1), swap() {}, close: async () => {},
    async infer({ x }) {
      for (let turn = 0; turn < 3; turn++) await nextTurn()
      return { logits: Float32Array.of((x?.[0] ?? 0) / 1000, 0, 0) }
    },
  }),
  train: () => Promise.reject(new Error('is not trained')),
}
const thinker = defineModule({
  name: 'thinker', ...identity, features: { price },
  on: { trade({ price }, { features }) { features.price = price } },
  model: {
    network, inputs: { x: ['thinker.price'] }, target: { timeframe: '1m', ahead: 1 },
    decode: ({ logits }) => ({ probabilities: { buy: 0.4 + (logits?.[0] ?? 0), hold: 0.3, sell: 0.3 - (logits?.[0] ?? 0) } }), labels: {},
  },
})
const quick = slow(() => {}, [])

/** A live source that is told its inputs, on a clock that the test moves. */
function told() {
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'], now: FROM / 1000 })
  const waiting: MarketInput[] = []
  let wake = () => {}
  let number = 0
  const source = defineSource({
    name: 'tape', instruments: [BTC], live: true,
    async *events({ signal }) {
      for (; !signal.aborted; await new Promise<void>((resolve) => { wake = resolve; signal.addEventListener('abort', () => resolve()) })) yield waiting.splice(0)
    },
  })
  const say = (price: number) => {
    waiting.push(trade(Date.now() * 1000, price, 1, { sourceSequence: ++number }))
    wake()
  }
  return { source, say }
}

/** Runs live what `script` says, then ends as Ctrl-C does. */
async function scripted(database: string, source: Source, script: (wait: (done: (sequence: number) => boolean) => Promise<void>) => Promise<void>): Promise<Ended> {
  const stop = new AbortController()
  const orchestrator = new Orchestrator({ data: provider(source, folderOf(database)), modules: [quick], watchdog: false })
  await orchestrator.initialize()
  const running = orchestrator.run({ signal: stop.signal })
  await script(async (done) => { while (!done(orchestrator.status().sequence)) await vi.advanceTimersByTimeAsync(100) })
  stop.abort()
  const { journalHash } = await running
  const { sequence } = orchestrator.status()
  await orchestrator.stop()
  return { journalHash, sequence }
}

/** The reasons of the gaps and the number of ticks that a journal holds. */
function ownOf(database: string) {
  const [reader, record, found] = [new JournalReader(folderOf(database), 0), new MarketRecord(), { gaps: [] as string[], ticks: 0 }]
  while (reader.next(record)) {
    if (record.kind === KIND.gap) found.gaps.push(record.text)
    if (record.kind === KIND.tick) found.ticks++
  }
  reader.close()
  return found
}

describe('a journal of a live run, run as a source', () => {
  test('repeats the faults of a handler that took too long, at their places', async () => {
    const [take, database] = [clock(), newDatabase()]
    const ran = await runLive(database, live(trades(120)), [slow(take, [10, 20, 70, 80])], { until: FROM + 55e6 })
    const again = await replay(database, [quick])
    expect(again).toEqual({ ...ran, faults: ['slow module.budget', 'slow module.budget'] })
    expect((await replay(database, [slow(take, [30, 75, 90])])).journalHash).toBe(ran.journalHash)
  })

  test('repeats them through stops, and where its own run is killed and gone on with', async () => {
    const [take, database] = [clock(), newDatabase()]
    const ran = await runLive(database, live(trades(120)), [slow(take, [10, 20, 70, 80])], { until: FROM + 55e6 })
    const until = [12e6, 35.5e6, 36e6, 45e6].map((time) => FROM + time)
    expect(await replay(database, [quick], { until })).toMatchObject(ran)
    const journal = newDatabase()
    expect(await replay(database, [quick], { until, journal })).toMatchObject(ran)
  })

  test('repeats commands, and the answers of networks where they came', async () => {
    const database = newDatabase()
    const before = (orchestrator: Orchestrator) => orchestrator.command({ kind: 'weight', model: 'slow', weight: 0.25 })
    const first = await runLive(database, live(trades(120)), [quick, thinker], { until: FROM + 20e6, before })
    expect(await replay(database, [quick, thinker])).toMatchObject(first)
    const gone = await runLive(database, live(trades(120)), [quick, thinker], { until: FROM + 55e6 })
    expect(ownOf(database).gaps).toEqual(['restart'])
    expect(await replay(database, [quick, thinker])).toMatchObject(gone)
    expect(await replay(database, [quick, thinker], { until: [FROM + 3.25e6, FROM + 30e6] })).toMatchObject(gone)
  })

  test('tells the silence behind its last input', async () => {
    const [database, { source, say }] = [newDatabase(), told()]
    const ran = await scripted(database, source, async (wait) => {
      for (const price of [100, 101, 99]) {
        say(price)
        await wait((sequence) => sequence >= 1)
      }
      vi.setSystemTime(Date.now() + 15_000)
      await wait((sequence) => sequence >= 15)
    })
    expect(ownOf(database).ticks).toBeGreaterThan(11)
    expect(await replay(database, [quick])).toEqual({ ...ran, faults: [] })
  })

  test('tells a silence of more than an hour as the live run did', async () => {
    const [database, { source, say }] = [newDatabase(), told()]
    const ran = await scripted(database, source, async (wait) => {
      say(100)
      await wait((sequence) => sequence >= 1)
      for (const seconds of [1900, 3800]) {
        vi.setSystemTime(Date.now() + 1900e3)
        await wait((sequence) => sequence >= seconds)
      }
      say(101)
      await wait((sequence) => sequence >= 3804)
    })
    expect(ownOf(database).gaps).toEqual([])
    expect(ownOf(database).ticks).toBeGreaterThan(3790)
    expect(await replay(database, [quick])).toEqual({ ...ran, faults: [] })
  })

  test('tells a time in which the machine slept as one gap, as the live run did', async () => {
    const [database, { source, say }] = [newDatabase(), told()]
    const ran = await scripted(database, source, async (wait) => {
      say(100)
      await wait((sequence) => sequence >= 1)
      vi.setSystemTime(Date.now() + 7200e3)
      await wait((sequence) => sequence >= 2)
      say(102)
      await wait((sequence) => sequence >= 6)
    })
    expect(ownOf(database).gaps).toEqual(['silence'])
    expect(await replay(database, [quick])).toEqual({ ...ran, faults: [] })
  })

  test('closes candles where the live run did, though venues are received with delays of their own', async () => {
    const database = newDatabase()
    const source = (name: string, symbol: 'BTC/USDT' | 'ETH/USDT', lateUs: number) => defineSource({
      name, instruments: [instrument(symbol, { venue: name, tickSize: '0.01', lotSize: '0.001' })], live: true,
      async *events({ signal }) {
        for (let i = 0; i < 1500; i++) {
          const tsEvent = FROM + (i + Math.floor(i / 40) * 100) * 50e3 // 40 trades in 2 s, then 5 s without
          yield [{ kind: 'trade' as const, symbol, tsEvent, tsInit: tsEvent + lateUs, price: 100 + (i % 7), quantity: 1, aggressor: 'buy' as const, sourceSequence: i + 1 }]
        }
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
      },
    })
    const sources = [source('near', 'BTC/USDT', 0), source('far', 'ETH/USDT', 1.7e6)]
    const orchestrator = new Orchestrator({ data: new DataProvider({ sources, journal: folderOf(database) }), modules: [quick], watchdog: false })
    const { journalHash } = await orchestrator.run({ until: FROM + 255e6 })
    const { sequence } = orchestrator.status()
    await orchestrator.stop()
    expect(sequence).toBeGreaterThan(2500)
    expect(await replay(database, [quick])).toEqual({ journalHash, sequence, faults: [] })
  })

  test('gives other modules its market and its time alone', async () => {
    const [take, database] = [clock(), newDatabase()]
    await runLive(database, live(trades(120)), [slow(take, [10, 20, 70, 80])], { until: FROM + 55e6 })
    const market = await replay(database, [quick, thinker])
    const alone = new Orchestrator({ data: new DataProvider({ sources: [journalSource(database)], repeat: false }), modules: [quick, thinker] })
    expect((await alone.run()).journalHash).toBe(market.journalHash)
    const same = new Orchestrator({ data: new DataProvider({ sources: [journalSource(database)], repeat: false }), modules: [quick] })
    expect((await same.run()).events.trade).toBe(109)
    expect(same.status().modules[0]).toMatchObject({ name: 'slow', faults: 0 })
    expect(market.faults).toEqual([])
    const tape: Source = { name: 'tape', live: false, instruments: [BTC], async *events() { yield trades(109) } }
    const orchestrator = new Orchestrator({ data: provider(tape), modules: [quick, thinker] })
    expect(market.journalHash).toBe((await orchestrator.run()).journalHash)
  })
})
