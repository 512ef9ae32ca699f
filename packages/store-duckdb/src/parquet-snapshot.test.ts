import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { StoreBatch } from '@tapeloom/core'
import { FileStore } from './file-store.ts'
import type { DuckDBStore } from './index.ts'
import { sameThread } from './same-thread.ts'

const folder = mkdtempSync(join(tmpdir(), 'tapeloom-snapshot-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let files = 0
const fresh = (ending = '') => join(folder, `${files++}${ending}`)

async function withStore<T>(work: (store: DuckDBStore) => Promise<T>, path = fresh('.duckdb')): Promise<T> {
  const store = new FileStore(path, {}, sameThread)
  await store.open()
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}
const candles = (through: number, times: readonly number[], closes: readonly number[], symbol = 'BTC/USDT'): StoreBatch => ({
  through,
  rows: [{
    table: 'ohlcv_1m', length: times.length,
    columns: {
      symbol: times.map(() => symbol), venue: times.map(() => 'x'), open_time: Float64Array.from(times), close: Float64Array.from(closes),
      taint: times.map((_, i) => (i % 2 === 0 ? null : '["gap"]')), known: new Float64Array(times.length).fill(through),
    },
  }],
})
/** Candles, a late one, a newer version, two feature columns of which one comes later, and a text of any script. */
async function written(store: DuckDBStore): Promise<void> {
  await store.write(candles(1, [0, 60e6, 120e6, 240e6], [1, -0, NaN, 0.1 + 0.2]))
  await store.write(candles(2, [180e6, 60e6], [7, Number.MIN_VALUE]))
  await store.write(candles(3, [60e6, 0], [5, 6], 'ETH/USDT'))
  const feature = (ts: number, columns: Record<string, number>) => ({
    table: 'features_L', length: 1,
    columns: {
      symbol: ['BTC/USDT'], ts: Float64Array.of(ts), known: Float64Array.of(4), origin: ['größer'],
      ...Object.fromEntries(Object.entries(columns).map(([name, value]) => [name, Float64Array.of(value)])),
    },
  })
  await store.write({ through: 4, rows: [feature(1, { 'a.x#1@0': 0.5 }), feature(2, { 'b.y#1@0': -3 })] })
}
/** All that reads can see, by one and many series, now and as of earlier. */
async function seen(store: DuckDBStore) {
  const range = { table: 'ohlcv_1m', columns: ['symbol', 'open_time', 'close', 'taint', 'known', 'sma_10'] }
  const equals = { symbol: 'BTC/USDT', venue: 'x' }
  return [
    await store.query('select applied_through from store_state', { columns: { applied_through: 'number' } }),
    await store.read(range),
    await store.read({ ...range, key: 'open_time' }),
    await store.read({ ...range, equals, key: 'open_time' }),
    await store.read({ ...range, equals, key: 'open_time', knownBy: 1 }),
    await store.read({ ...range, equals, key: 'open_time', limit: 2 }),
    await store.read({ table: 'features_L', columns: ['ts', 'origin', 'a.x#1@0', 'b.y#1@0', 'known'], key: 'ts' }),
    await store.query('select count(*) as n from candles', { columns: { n: 'number' } }),
  ]
}

test('a database filled from a snapshot reads as the one it was taken of, and goes on', async () => {
  const out = fresh()
  const before = await withStore(async (store) => {
    await written(store)
    const { appliedThrough, rows } = await store.snapshot(out)
    expect([appliedThrough, rows['ohlcv_1m'], rows['features_L'], rows['gaps']]).toEqual([4, 8, 2, 0])
    return seen(store)
  })
  expect(readdirSync(out)).toEqual(expect.arrayContaining(['snapshot.json', 'ohlcv_1m.parquet', 'features_L.parquet']))
  const path = fresh('.duckdb')
  await withStore(async (store) => {
    expect((await store.fill(out)).rows['ohlcv_1m']).toBe(8)
    expect(await seen(store)).toEqual(before)
    await expect(store.fill(out)).rejects.toMatchObject({ code: 'store.not-empty' })
  }, path)
  await withStore(async (store) => {
    expect(await seen(store)).toEqual(before)
    await expect(store.write(candles(3, [0], [1]))).rejects.toMatchObject({ code: 'store.order' })
  }, path)
})

test('a snapshot taken beside a running ingest holds whole batches only', () => withStore(async (store) => {
  const times = Array.from({ length: 500 }, (_, i) => i)
  const writes = Array.from({ length: 20 }, (_, i) => store.write(candles(i + 1, times, times)))
  await writes[2]
  const out = fresh()
  const { appliedThrough, rows } = await store.snapshot(out)
  expect(rows['ohlcv_1m']).toBe(500 * appliedThrough)
  expect(appliedThrough).toBeGreaterThanOrEqual(3)
  await Promise.all(writes)
}))

describe('refused', () => {
  test('a folder that is there, or whose parent is not', () => withStore(async (store) => {
    await expect(store.snapshot(folder)).rejects.toMatchObject({ code: 'store.file' })
    await expect(store.snapshot(join(folder, 'absent/new'))).rejects.toMatchObject({ code: 'store.directory' })
  }))
  test('a folder that holds no snapshot, one of another release, or a part of one', () => withStore(async (store) => {
    const [empty, other, part] = [fresh(), fresh(), fresh()]
    for (const one of [empty, other]) mkdirSync(one)
    writeFileSync(join(other, 'snapshot.json'), '{"format":"tapeloom-snapshot-0"}')
    await expect(store.fill(empty)).rejects.toMatchObject({ code: 'store.snapshot' })
    await expect(store.fill(other)).rejects.toThrow('was written by another release')
    await withStore(async (from) => {
      await written(from)
      await from.snapshot(part)
    })
    const manifest = join(part, 'snapshot.json')
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('"ohlcv_1m": 8', '"ohlcv_1m": 9'))
    await expect(store.fill(part)).rejects.toThrow("has 8 rows of 'ohlcv_1m', not 9")
    await expect(store.write(candles(9, [0], [1]))).rejects.toMatchObject({ code: 'store.stopped' })
  }))
})

describe('compaction', () => {
  test('puts late rows in the order of time, and no read changes', () => withStore(async (store) => {
    await written(store)
    const order = async () => (await store.query('select open_time from ohlcv_1m order by rowid', { columns: { open_time: 'number' } })).open_time
    const before = await seen(store)
    expect(await store.compact()).toEqual({ ohlcv_1m: 4 })
    expect([...(await order())]).toEqual([0, 0, 60e6, 60e6, 60e6, 120e6, 180e6, 240e6])
    expect(await seen(store)).toEqual(before)
    expect(await store.compact()).toEqual({})
    await store.write(candles(5, [300e6], [9]))
    expect((await order()).at(-1)).toBe(300e6)
  }))
})
