import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodePlain, defineSource, encodePlain, TapeloomError, type DataFeed, type MarketInput, type Plain, type Store } from '@tapeloom/core'
import { afterAll, describe, expect, test } from 'vitest'
import { memoryStore } from '../store/memory-store.ts'
import { BTC, drive, ETH, minute, opened, recording, trade } from '../testing/drive.ts'
import { RecordedHost } from '../testing/recorded-host.ts'
import { DataProvider } from './data-provider.ts'

const root = mkdtempSync(join(tmpdir(), 'tapeloom-feed-'))
let folders = 0
const newFolder = () => join(root, String(++folders))
afterAll(() => rmSync(root, { recursive: true }))

/** A tape with trades, books, gaps, rejects and duplicates of two symbols, seeded. */
function tape(count: number, seed = 1): MarketInput[] {
  let state = seed
  const random = (below: number) => (state = (state * 48_271) % 2_147_483_647) % below
  let ts = 0
  return Array.from({ length: count }, (_, i): MarketInput => {
    ts += random(400_000) + (random(40) === 0 ? 3_000_000 : 0)
    const base = { symbol: random(3) === 0 ? 'ETH/USDT' as const : 'BTC/USDT' as const, tsEvent: Math.max(0, ts - random(50_000)), tsInit: ts }
    const price = 100 + random(300) / 100
    const kind = random(30)
    if (kind === 0) return { ...base, kind: 'gap', reason: 'test' }
    if (kind === 1) return { ...base, kind: 'trade', price: NaN, quantity: 1, aggressor: 'buy' }
    if (kind === 2) return { ...base, kind: 'reject', code: 'test.raw', raw: `line ${i}` }
    if (kind < 6) return { ...base, kind: 'book', update: 'snapshot', bids: [[price, 1], [price - 0.01, 2]], asks: [[price + 0.02, 3]] }
    if (kind < 12) return { ...base, kind: 'book', update: 'delta', bids: [[90 + random(100) / 100, random(3)]], asks: [] }
    return { ...base, kind: 'trade', price, quantity: (1 + random(5000)) / 1000, aggressor: random(2) ? 'buy' : 'sell', id: String(random(8) === 0 ? Math.max(0, i - random(1500)) : i) }
  })
}

/** A host with work of its own: every fifth boundary asks for a result, which takes its place 3 ms later. */
class WorkingHost extends RecordedHost {
  #boundaries = 0
  #now = 0
  override begin(sequence: number, tsEvent: number, tsInit: number): void {
    super.begin(sequence, tsEvent, tsInit)
    this.#now = tsInit
  }
  override boundary(symbolIndex: number, time: number): void {
    super.boundary(symbolIndex, time)
    if (++this.#boundaries % 5 === 0 && this.due === Infinity) this.due = this.#now + 3000
  }
  get state(): Float64Array {
    return Float64Array.of(this.#boundaries, this.due, this.sequence)
  }
  set state(state: Float64Array) {
    ;[this.#boundaries = 0, this.due = Infinity, this.sequence = 0] = state
  }
}

interface Run { readonly host: WorkingHost; readonly data: DataProvider; readonly feed: DataFeed }

function build(inputs: readonly MarketInput[], journal: string | undefined, store?: Store): Run {
  const host = new WorkingHost({ timeframes: ['1s', '5s', '1m'] })
  const data = new DataProvider({
    sources: [recording(inputs.filter((_, i) => i % 2 === 0), { name: 'even' }), recording(inputs.filter((_, i) => i % 2 === 1), { name: 'odd', batch: 7 })],
    ...(journal !== undefined && { journal }), ...(store && { store }),
  })
  return { host, data, feed: data.attach(host) }
}

/** Runs until the end or so many inputs, like an orchestrator: results are appended when due, or taken from the journal. */
async function work({ feed, host }: Run, until = Infinity): Promise<void> {
  const signal = new AbortController().signal
  for (;;) {
    const state = feed.advance(Infinity)
    if (state === 'recorded') {
      const { kind, sequence, payload } = feed.takeRecord()
      host.lines.push(`result ${kind} ${sequence} ${JSON.stringify(payload)}`)
      host.due = Infinity
      host.end()
    } else if (state === 'limit') {
      const payload = { after: host.sequence, values: Float64Array.of(1, NaN) }
      const sequence = feed.append('inference', payload, host.due)
      host.lines.push(`result inference ${sequence} ${JSON.stringify(payload)}`)
      host.due = Infinity
      host.end()
    } else if (state === 'starved') await feed.fill(signal)
    else if (state === 'ended') return
    if (host.sequence >= until) return
    await feed.pressure()
  }
}

const ROWS = ['ohlcv_1s', 'ohlcv_5s', 'gaps', 'instruments'] as const
async function rows(store: Store) {
  const found: unknown[] = []
  for (const table of ROWS) {
    const columns = table === 'gaps' ? ['series', 'start', 'end', 'reason', 'known'] : table === 'instruments' ? ['venue', 'tick', 'known'] : ['symbol', 'open_time', 'close', 'volume', 'sma_10', 'known']
    found.push(await store.read({ table, columns }))
  }
  return found
}

/** What was told from an input on. */
const from = (lines: readonly string[], sequence: number) => lines.slice(lines.findIndex((line) => line.startsWith(`begin ${sequence} `)))

describe('a journal', () => {
  const inputs = tape(6000)

  test('changes nothing of what the host is told', async () => {
    const [plain, kept] = [build(inputs, undefined), build(inputs, newFolder())]
    for (const run of [plain, kept]) {
      await opened(run.feed)
      await work(run)
    }
    expect(kept.host.lines).toEqual(plain.host.lines)
    expect(plain.host.lines.filter((line) => line.startsWith('result')).length).toBeGreaterThan(20)
    expect([plain.feed.journalled, kept.feed.journalled]).toEqual([false, true])
    expect(kept.data.rejected).toEqual(plain.data.rejected)
  })

  test('of a run that was cut off at any input is run again and goes on as if nothing had been', async () => {
    const whole = build(inputs, undefined)
    await opened(whole.feed)
    await work(whole)
    await whole.feed.flush()
    for (const cut of [1, 700, 2048, 4000, 1e9]) {
      const [folder, store] = [newFolder(), memoryStore()]
      const first = build(inputs, folder, store)
      await opened(first.feed)
      await work(first, cut) // and is never closed: what was not written is lost
      const second = build(inputs, folder, store)
      expect(await opened(second.feed)).toBeUndefined()
      expect(second.feed.recovering).toBe(true)
      await work(second)
      expect(second.host.lines).toEqual(whole.host.lines)
      expect(second.feed.counts).toEqual(whole.feed.counts)
      await second.feed.flush()
      expect(await rows(store)).toEqual(await rows(whole.data.store))
    }
  })

  test('and a snapshot give the same from the snapshot on', async () => {
    const whole = build(inputs, undefined)
    await opened(whole.feed)
    await work(whole)
    const folder = newFolder()
    const [store, first] = [memoryStore(), build(inputs, folder)]
    await opened(first.feed)
    await work(first, 3000)
    await first.feed.flush()
    const cut = first.host.sequence
    await first.feed.keepSnapshot(encodePlain({ feed: first.feed.snapshot(), host: first.host.state }))
    await work(first, 4200)
    const second = build(inputs, folder, store)
    const state = decodePlain((await opened(second.feed))!) as { feed: Plain; host: Float64Array }
    second.feed.restore(state.feed)
    second.host.state = state.host
    await work(second)
    expect(second.host.lines).toEqual(from(whole.host.lines, cut + 1))
    expect(second.feed.counts).toEqual(whole.feed.counts)
    expect(second.feed.lanes.candles('BTC/USDT', '5s', 0, 1e12)).toEqual(whole.feed.lanes.candles('BTC/USDT', '5s', 0, 1e12))
  })

  test('is not continued under another manifest', async () => {
    const folder = newFolder()
    const first = build(inputs.slice(0, 100), folder)
    await opened(first.feed, 1)
    await work(first)
    await first.feed.close()
    const second = build(inputs.slice(0, 100), folder)
    await expect(opened(second.feed, 2)).rejects.toThrow(/journal .* was written with manifest.seed = 1, now it is 2/)
    const third = new DataProvider({ sources: [recording([], { name: 'other' })], journal: folder }).attach(new RecordedHost())
    await expect(opened(third)).rejects.toThrow(/was written with /)
  })

  test('that is missing beside a written store is asked for', async () => {
    const written: Store = { ...memoryStoreWithPath('/data/run.db'), open: async () => ({ appliedThrough: 70 }) }
    const feed = new DataProvider({ sources: [recording([])], store: written, journal: newFolder() }).attach(new RecordedHost())
    await expect(opened(feed)).rejects.toThrow(/ends at 0, but \/data\/run.db holds rows through 70/)
  })

  test('is written before the store', async () => {
    const folder = newFolder()
    const ahead: number[] = []
    const store = memoryStore()
    const watched: Store = {
      path: undefined, open: () => store.open(), read: (range) => store.read(range), close: () => store.close(),
      async write(batch) {
        const check = build(inputs, folder)
        await opened(check.feed)
        await work(check, 1)
        ahead.push(batch.through)
        await store.write(batch)
      },
    }
    const run = build(inputs.slice(0, 200), folder, watched)
    await opened(run.feed)
    await work(run)
    await run.feed.flush()
    expect(ahead).toEqual([run.host.sequence])
  })
})

const memoryStoreWithPath = (path: string): Store => {
  const store = memoryStore()
  return { path, open: () => store.open(), read: (range) => store.read(range), write: (batch) => store.write(batch), close: () => store.close() }
}

describe('a feed', () => {
  test('takes nothing at or after a limit, ticks included', async () => {
    const host = new RecordedHost({ timeframes: ['1s'] })
    const feed = new DataProvider({ sources: [recording([trade(1e6, 10), trade(9e6, 11)])] }).attach(host)
    await opened(feed)
    await drive(feed, host, { limit: 1e6 })
    expect(host.lines).toEqual([])
    await drive(feed, host, { limit: 4e6 })
    expect(host.sequence).toBe(3)
    await drive(feed, host, { limit: 9e6 })
    await drive(feed, host)
    expect(host.lines.filter((line) => line.startsWith('trade')).length).toBe(2)
  })

  test('goes on from a snapshot without a journal, with sources where they were', async () => {
    const inputs = tape(2000)
    const whole = build(inputs, undefined)
    await opened(whole.feed)
    await work(whole)
    const first = build(inputs, undefined)
    await opened(first.feed)
    await work(first, 900)
    const state = encodePlain(first.feed.snapshot())
    const second = build(inputs, undefined)
    await opened(second.feed)
    second.feed.restore(decodePlain(state))
    second.host.state = first.host.state
    await work(second)
    expect(second.host.lines).toEqual(from(whole.host.lines, first.host.sequence + 1))
  })

  test('tells trades with both times, and knows its progress', async () => {
    const host = new RecordedHost()
    const feed = new DataProvider({ sources: [recording([trade(1e6, 10.5, 0.25, { id: 'a', tsInit: 3e6, aggressor: 'sell' })])] }).attach(host)
    expect(() => feed.symbols).toThrow(/Await prepare\(\) first/)
    await opened(feed)
    await feed.prepare()
    await drive(feed, host)
    expect(host.lines.slice(0, 2)).toEqual(['begin 1 1000000 3000000', 'trade 0 x 1 10.5 0.25 sell a'])
    expect(feed.progress).toEqual({ done: 1, total: 1 })
    expect(feed.symbols.map(({ symbol }) => symbol)).toEqual(['BTC/USDT', 'ETH/USDT'])
    await feed.keepSnapshot(new Uint8Array(1))
    expect(feed.recovering).toBe(false)
  })

  test('keeps the books of its venues, and empties one that cannot be', async () => {
    const book = (tsEvent: number, update: 'snapshot' | 'delta', bids: [number, number][], asks: [number, number][]): MarketInput =>
      ({ kind: 'book', symbol: 'BTC/USDT', tsEvent, update, bids, asks })
    const host = new RecordedHost()
    const data = new DataProvider({ sources: [recording([
      book(0, 'delta', [[9, 1]], []), book(1e5, 'snapshot', [[10, 1]], [[11, 2]]), book(2e5, 'delta', [[10.5, 3]], []),
      book(1.2e6, 'delta', [[11, 1]], []), book(1.3e6, 'snapshot', [[10, 1]], [[12, 1]]),
      { kind: 'gap', symbol: 'BTC/USDT', tsEvent: 1.4e6, reason: 'lost' }, book(7.9e6, 'snapshot', [[10, 1]], [[12, 1]]),
    ])] })
    const feed = data.attach(host)
    await opened(feed)
    expect([feed.books[0]?.status, feed.books[0]?.bestBid, feed.books[0]?.bestAskQuantity]).toEqual(['empty', NaN, NaN])
    await drive(feed, host)
    expect(host.lines.filter((line) => line.startsWith('book')).map((line) => line.split(' ').slice(3).join(' '))).toEqual([
      'reset syncing NaN NaN 0', 'snapshot live 10 11 2', 'delta live 10.5 11 1', 'reset gap NaN NaN 0', 'snapshot live 10 12 2', 'reset gap NaN NaN 0', 'snapshot live 10 12 2',
    ])
    expect(host.lines.find((line) => line.startsWith('reject'))).toContain('book.crossed')
    const [reader] = feed.books
    expect([reader?.bestBid, reader?.bestAsk, reader?.midPrice, reader?.bestBidQuantity, reader?.depth('bid', 1, new Float64Array(1), new Float64Array(1))]).toEqual([10, 12, 11, 1, 1])
    expect(host.lines.filter((line) => line.startsWith('boundary')).length).toBe(8)
  })

  test('gives a book up as stale when nothing is heard for five seconds', async () => {
    const host = new RecordedHost()
    const feed = new DataProvider({ sources: [recording([
      { kind: 'book', symbol: 'BTC/USDT', tsEvent: 0, update: 'snapshot', bids: [[10, 1]], asks: [[11, 1]] }, trade(9e6, 10, 1, { symbol: 'ETH/USDT' }),
    ])] }).attach(host)
    await opened(feed)
    await drive(feed, host, { limit: 5e6 })
    expect(feed.books[0]?.status).toBe('live')
    await drive(feed, host)
    expect(feed.books[0]?.status).toBe('stale')
  })

  test('tells each change of a status: a book goes stale in silence, and a trade of its market brings it back', async () => {
    const host = new RecordedHost()
    const feed = new DataProvider({ sources: [recording([
      { kind: 'book', symbol: 'BTC/USDT', tsEvent: 0, update: 'snapshot', bids: [[10, 1]], asks: [[11, 1]] },
      trade(9e6, 10, 1, { symbol: 'ETH/USDT' }), trade(9.5e6, 10, 1),
    ])] }).attach(host)
    await opened(feed)
    await drive(feed, host)
    expect(host.lines.filter((line) => line.startsWith('book')).map((line) => line.split(' ').slice(3).join(' '))).toEqual([
      'snapshot live 10 11 2', 'delta stale 10 11 0', 'delta live 10 11 0',
    ])
  })

  test('keeps candles of another venue without telling them as the symbol\'s', async () => {
    const other = { ...BTC, venue: 'y' }
    const host = new RecordedHost({ timeframes: ['1m'] })
    const data = new DataProvider({
      sources: [recording([minute(0, 100), minute(1, 101)], { name: 'x', instruments: [BTC] }), recording([minute(0, 200)], { name: 'y', instruments: [other] })],
      priceVenue: { 'BTC/USDT': 'x' },
    })
    const feed = data.attach(host)
    await opened(feed)
    await drive(feed, host)
    expect(host.candles.map(({ venue, close }) => `${venue} ${close}`)).toEqual(['x 100', 'x 101'])
    await feed.flush()
    expect((await data.store.read({ table: 'ohlcv_1m', columns: ['close'], equals: { venue: 'y' } })).columns['close']).toEqual(Float64Array.of(200))
  })

  test('of a live source stamps the time of receipt, and ticks in silence', async () => {
    const host = new RecordedHost({ mode: 'live', timeframes: ['1s'] })
    const live = defineSource({ name: 'live', instruments: [BTC, ETH], live: true, async *events({ signal }) {
      yield trade(Date.now() * 1000, 10)
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    } })
    const feed = new DataProvider({ sources: [live] }).attach(host)
    await opened(feed)
    const before = Date.now() * 1000
    while (host.sequence < 2) if (feed.advance(Infinity) === 'starved') await feed.fill(new AbortController().signal)
    const [first, second] = host.lines.filter((line) => line.startsWith('begin')).map((line) => Number(line.split(' ')[3]))
    expect(first).toBeGreaterThanOrEqual(before)
    expect(second! - first!).toBe(1e6) // as in a replay of the journal
    await feed.close()
  })
})

test('events of the host become rows, a prediction once more when it is resolved', async () => {
  const host = new RecordedHost()
  const data = new DataProvider({ sources: [recording([minute(0, 100), minute(1, 101)])] })
  const feed = data.attach(host)
  await opened(feed)
  feed.layout('abc', ['m.x#1@0', 'm.y#1@0'])
  await drive(feed, host, { inputs: 1 })
  const stamp = { symbol: 'BTC/USDT', origin: 'm', sequence: host.sequence, tsEvent: 0, tsInit: 0 } as const
  const probabilities = { buy: 0.5, hold: 0.3, sell: 0.2 }
  const prediction = { id: 'p1', module: 'm', horizon: '1m', probabilities, confidence: 0.5, asOf: 60e6, ...stamp } as const
  host.emit('prediction:made', prediction)
  host.emit('prediction:resolved', { prediction: 'p1', module: 'm', horizon: '1m', realised: 'buy', bps: 12, ...stamp })
  host.emit('prediction:resolved', { prediction: 'p0', module: 'm', horizon: '1m', realised: 'buy', bps: 12, ...stamp })
  host.emit('decision', {
    id: 'd1', action: 'hold', reason: 'below-threshold', margin: 0.1, probabilities, price: 100, asOf: 60e6, predictions: [prediction],
    gates: [{ name: 'book', passed: true }], references: [], degraded: false, ...stamp,
  })
  host.emit('position:close', {
    id: 'c1', side: 'long', quantity: 1, entryPrice: 1, exitPrice: 2, openedAt: 0, closedAt: 60e6, netBps: 3, ...stamp,
  })
  feed.freeze(0, 60e6, 'abc', Float64Array.of(1, NaN), ['late'])
  feed.project('training_outcomes', { ref_id: 'r', event_id: 'e', subscriber: 's', label: 'buy' })
  await feed.flush()
  const read = async (table: string, columns: readonly string[]) => (await data.store.read({ table, columns })).columns
  expect(await read('predictions', ['id', 'buy', 'realised', 'bps'])).toEqual({ id: ['p1'], buy: Float64Array.of(0.5), realised: ['buy'], bps: Float64Array.of(12) })
  expect(await read('decisions', ['id', 'predictions', 'gates', 'degraded'])).toEqual(
    { id: ['d1'], predictions: ['["p1"]'], gates: ['[{"name":"book","passed":true}]'], degraded: Float64Array.of(0) })
  expect(await read('positions', ['id', 'net_bps'])).toEqual({ id: ['c1'], net_bps: Float64Array.of(3) })
  expect(await read('features_abc', ['ts', 'taint', 'origin', 'm.x#1@0', 'm.y#1@0'])).toEqual(
    { ts: Float64Array.of(60e6), taint: ['["late"]'], origin: ['cold'], 'm.x#1@0': Float64Array.of(1), 'm.y#1@0': Float64Array.of(NaN) })
  expect(await read('layouts', ['layout', 'column', 'known'])).toEqual({ layout: ['abc', 'abc'], column: ['m.x#1@0', 'm.y#1@0'], known: Float64Array.of(1, 1) })
  expect((await read('training_outcomes', ['label']))['label']).toEqual(['buy'])
})

test('a second orchestrator is refused', () => {
  const data = new DataProvider()
  data.attach(new RecordedHost())
  expect(() => data.attach(new RecordedHost())).toThrow(TapeloomError)
})
