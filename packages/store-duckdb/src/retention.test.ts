import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import type { StoreRows } from '@tapeloom/core'
import { memoryStore, storeTable, type RetainingStore, type Retention } from '@tapeloom/data'
import { FileStore } from './file-store.ts'
import { sameThread } from './same-thread.ts'

const folder = mkdtempSync(join(tmpdir(), 'tapeloom-retention-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let files = 0

const MINUTE = 60e6
const HOUR = 60 * MINUTE
const stores = {
  'a store in memory': (retention?: Retention) => memoryStore({ ...(retention && { retention }) }),
  'a store in a file': (retention?: Retention) =>
    new FileStore(join(folder, `${files++}.duckdb`), { ...(retention && { retention }) }, sameThread),
}
type Row = Readonly<Record<string, number | string | null>>

/** Rows as a writer gives them; what a row does not name is missing. */
const table = (name: string, rows: readonly Row[]): StoreRows => ({
  table: name, length: rows.length,
  columns: Object.fromEntries(Object.entries(storeTable(name).columns).map(([column, type]) => [
    column,
    type === 'text' ? rows.map((row) => (row[column] as string) ?? null) : Float64Array.from(rows, (row) => (row[column] as number) ?? NaN),
  ])),
})
const candle = (i: number, symbol = 'BTC/USDT', venue = 'x'): Row => ({ symbol, venue, open_time: i * MINUTE, close: i, known: i + 1 })
const candles = (count: number, ...of: [symbol?: string, venue?: string]) =>
  table('ohlcv_1m', Array.from({ length: count }, (_, i) => candle(i, ...of)))
/** A reference made at minute `at` on the `count` candles before it. */
const frame = (id: string, at: number, count: number, series = 'x:BTC/USDT:candle:1m'): Row => ({
  id, stream: 'local', sequence: at, model: 'm', symbol: 'BTC/USDT', as_of: at * MINUTE, known: at,
  lanes: JSON.stringify([
    { input: 'a', series, start: (at - count) * MINUTE, end: (at - 1) * MINUTE, count, norm: [] },
    { input: 'b', series, start: 0, end: 0, count: 0, norm: [] },
  ]),
})
const state = (id: string, name: string, known: number, reason = ''): Row => ({ ref_id: id, state: name, reason, known })

async function withStore(make: (retention?: Retention) => RetainingStore, retention: Retention | undefined, work: (store: RetainingStore) => Promise<void>) {
  const store = make(retention)
  await store.open()
  try {
    await work(store)
  } finally {
    await store.close()
  }
}
const minutesOf = async (store: RetainingStore, symbol = 'BTC/USDT', venue = 'x') => {
  const { columns } = await store.read({ table: 'ohlcv_1m', columns: ['open_time'], equals: { symbol, venue }, key: 'open_time' })
  return [...(columns['open_time'] as Float64Array)].map((time) => time / MINUTE)
}
const from = (first: number, end: number) => Array.from({ length: end - first }, (_, i) => first + i)

describe.each(Object.entries(stores))('%s', (_, make) => {
  test('lets rows go that are older than said, counted from the newest of their table', () => withStore(make, undefined, async (store) => {
    await store.write({ through: 600, rows: [candles(300), candles(100, 'ETH/USDT'), table('trades', [
      { symbol: 'BTC/USDT', venue: 'x', known: 1, ts_event: 0 }, { symbol: 'BTC/USDT', venue: 'x', known: 2, ts_event: HOUR },
    ])] })
    expect(await store.retain({ keep: { ohlcv: '2h', trades: '59m' } })).toEqual({ rows: { ohlcv_1m: 179 + 100, trades: 1 }, expired: [] })
    expect(await minutesOf(store)).toEqual(from(179, 300))
    expect(await minutesOf(store, 'ETH/USDT')).toEqual([])
    expect((await store.read({ table: 'trades', columns: ['known'] })).columns['known']).toEqual(Float64Array.of(2))
    expect(await store.retain({ keep: { ohlcv: '2h', trades: '59m' } })).toEqual({ rows: {}, expired: [] })
    await store.write({ through: 601, rows: [table('ohlcv_1m', [candle(300)])] })
    expect(await minutesOf(store)).toEqual(from(179, 301))
  }))

  test("a table's own name wins over its kind, and what is not named stays", () => withStore(make, undefined, async (store) => {
    await store.write({ through: 300, rows: [candles(300), table('ohlcv_1h', [candle(0), candle(300)]), table('gaps', [
      { series: 's', reason: 'gap', start: 0, known: 1 }, { series: 's', reason: 'gap', start: 900 * HOUR, known: 2 },
    ])] })
    expect((await store.retain({ keep: { ohlcv_1m: '1h', ohlcv: '100d' } })).rows).toEqual({ ohlcv_1m: 239 })
  }))

  test('holds the ranges that open and matched references need, and no others', () => withStore(make, undefined, async (store) => {
    await store.write({ through: 600, rows: [
      candles(600), candles(600, 'BTC/USDT', 'y'), candles(600, 'ETH/USDT'),
      table('inference_frames', [frame('open', 100, 30), frame('matched', 200, 10), frame('trained', 300, 10), frame('new', 590, 10)]),
      table('reference_states', [state('matched', 'matched', 500), state('trained', 'matched', 500), state('trained', 'trained', 501)]),
    ] })
    const { expired } = await store.retain({ keep: { ohlcv_1m: '1h' } })
    expect(expired).toEqual(['trained'])
    expect(await minutesOf(store)).toEqual([...from(70, 100), ...from(190, 200), ...from(539, 600)])
    expect(await minutesOf(store, 'BTC/USDT', 'y')).toEqual(from(539, 600))
    expect(await minutesOf(store, 'ETH/USDT')).toEqual(from(539, 600))
    const states = await store.read({ table: 'reference_states', columns: ['ref_id', 'known'], equals: { state: 'expired', reason: 'retention' } })
    expect(states.columns).toEqual({ ref_id: ['trained'], known: Float64Array.of(600) })
    await store.write({ through: 601, rows: [table('reference_states', [state('open', 'matched', 601), state('open', 'trained', 601)])] })
    expect(await store.retain({ keep: { ohlcv_1m: '1h' } })).toEqual({ rows: { ohlcv_1m: 30 }, expired: ['open'] })
  }))

  test('a reference that waits longer than its pin may hold expires, and holds nothing', () => withStore(make, undefined, async (store) => {
    await store.write({ through: 600, rows: [
      candles(600), table('inference_frames', [frame('late', 100, 10), frame('waits', 400, 10), frame('new', 590, 10)]),
    ] })
    expect((await store.retain({ keep: { ohlcv_1m: '1h', inference_frames: '1h' }, pinned: '4h' })).expired).toEqual(['late'])
    expect(await minutesOf(store)).toEqual([...from(390, 400), ...from(539, 600)])
    expect((await store.read({ table: 'inference_frames', columns: ['id'] })).columns['id']).toEqual(['waits', 'new'])
  }))

  test('pins of frozen rows hold them too', () => withStore(make, undefined, async (store) => {
    const rows = from(0, 200).map((i) => ({ symbol: 'BTC/USDT', ts: i * HOUR, known: i + 1 }))
    const at = { ...frame('r', 6000, 1), lanes: JSON.stringify([{ input: 'a', series: 'local:BTC/USDT:features:L', start: 10 * HOUR, end: 10 * HOUR, count: 1 }]) }
    await store.write({ through: 200, rows: [table('features_L', rows), table('inference_frames', [at])] })
    await store.retain({ keep: { features: '1d' } })
    const left = (await store.read({ table: 'features_L', columns: ['ts'], equals: { symbol: 'BTC/USDT' }, key: 'ts' })).columns['ts']
    expect([...(left as Float64Array)].map((ts) => ts / HOUR)).toEqual([10, ...from(175, 200)])
  }))

  test('with a retention of its own lets go as it is written', () => withStore(make, { keep: { ohlcv_1m: '1h' } }, async (store) => {
    for (const i of from(0, 60)) await store.write({ through: i + 1, rows: [table('ohlcv_1m', from(5 * i, 5 * i + 5).map((one) => candle(one)))] })
    const left = await minutesOf(store)
    expect(left.at(-1)).toBe(299)
    expect(left.length).toBeGreaterThan(60)
    expect(left.length).toBeLessThan(70)
  }))

  test.each([
    ['layouts', '1d', 'its rows have no time'], ['ohlcv_1m', '0d', 'is not a span of time'], ['tradess', '1d', "Did you mean 'trades'"],
    ['trades', 'soon', 'soon'],
  ])('a retention of %s for %s is refused', (name, duration, text) => withStore(make, undefined, async (store) => {
    const retention = { keep: { [name]: duration } } as unknown as Retention
    expect(() => make(retention)).toThrow(text)
    await expect(store.retain(retention)).rejects.toThrow(text)
  }))
})

test('a store for reading lets nothing go', async () => {
  const path = join(folder, 'read.duckdb')
  const writer = new FileStore(path, {}, sameThread)
  await writer.open()
  await writer.close()
  const store = new FileStore(path, { readOnly: true }, sameThread)
  await store.open()
  await expect(store.retain({ keep: { ohlcv: '1d' } })).rejects.toMatchObject({ code: 'store.read-only' })
  await store.close()
})

test('memory and file let go the same rows and references', async () => {
  const reference = fc.record({
    at: fc.integer({ min: 1, max: 300 }), count: fc.integer({ min: 1, max: 60 }), state: fc.constantFrom('open', 'matched', 'trained', 'failed', 'released'),
    series: fc.constantFrom('x:BTC/USDT:candle:1m', 'x:ETH/USDT:candle:1m', 'y:BTC/USDT:candle:1m'),
  })
  await fc.assert(fc.asyncProperty(
    fc.uniqueArray(reference, { selector: ({ at }) => at, maxLength: 8 }), fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 300 }),
    async (references, keepMinutes, pinMinutes) => {
      const retention: Retention = { keep: { ohlcv: `${keepMinutes}m`, inference_frames: `${keepMinutes}m` }, pinned: `${pinMinutes}m` }
      const left: unknown[] = []
      for (const make of Object.values(stores)) {
        await withStore(make, undefined, async (store) => {
          await store.write({ through: 900, rows: [
            candles(300), candles(300, 'ETH/USDT'), candles(250, 'BTC/USDT', 'y'),
            table('inference_frames', references.map(({ at, count, series }) => frame(`r${at}`, at, count, series))),
            table('reference_states', references.filter(({ state: name }) => name !== 'open').map(({ at, state: name }) =>
              name === 'released' ? state(`r${at}`, 'expired', 800 + at, 'retention') : state(`r${at}`, name, 800 + at))),
          ] })
          const released = await store.retain(retention)
          const frames = await store.read({ table: 'inference_frames', columns: ['id'] })
          left.push({
            released, frames: frames.columns, btc: await minutesOf(store), eth: await minutesOf(store, 'ETH/USDT'), y: await minutesOf(store, 'BTC/USDT', 'y'),
          })
        })
      }
      expect(left[1]).toEqual(left[0])
    },
  ), { numRuns: 15, seed: 20_251 })
}, 60_000)
