import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fingerprint, type MarketSymbol, type Store, type StoreRows } from '@tapeloom/core'
import { memoryStore, storeTable } from '@tapeloom/data'
import { openDuckDB } from '@tapeloom/store-duckdb'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { InferenceFrameReference } from '../reference/inference-frame-reference.ts'
import { bar, build, minutes, walker } from '../market.fixture.ts'
import { training } from '../training.ts'
import { inParts } from '../reference/reference-pages.ts'
import { verifyReferences } from './verify-references.ts'

const MINUTE_US = 60e6
const candles = { 'BTC/USDT': minutes(200), 'ETH/USDT': minutes(200, 1) } as const
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'training-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Runs into a store and closes everything; all references. */
async function runInto(store: Store): Promise<readonly InferenceFrameReference[]> {
  const { orchestrator } = build({ modules: [bar, walker(), training], candles, store })
  await orchestrator.run()
  const references = await orchestrator.participant(training).references()
  await orchestrator.stop()
  return references
}

/** Writes one number of a row anew, as if it had always been so. */
async function change(store: Store, table: string, symbol: MarketSymbol, key: string, time: number, column: string): Promise<void> {
  const layout = await store.read({ table: 'layouts', columns: ['column'] })
  const extra = table.startsWith('features_') ? (layout.columns['column'] as readonly string[]) : []
  const names = [...Object.keys(storeTable(table).columns), ...extra]
  const rows = await store.read({ table, columns: names, equals: { symbol }, key, from: time, to: time + 1 })
  expect(rows.length).toBe(1)
  const values = rows.columns[names.find((name) => name.startsWith(column))!] as Float64Array
  values[0]! += 0.1
  await store.write({ through: 0, rows: [rows] })
}

test('every reference of a closed database resolves to what was served, without the run', async () => {
  const path = join(folder, 'whole.duckdb')
  const references = await runInto(await openDuckDB(path))
  const store = await openDuckDB(path, { readOnly: true })
  await store.open()
  const told: number[] = []
  const found = await verifyReferences(store, { onProgress: (done) => void told.push(done.references) })
  await store.close()
  const { length } = references
  expect(length).toBeGreaterThan(200)
  expect(found).toEqual({ references: length, verified: length, mismatched: 0, expired: 0, foreign: 0, mismatches: [] })
  expect(told.at(-1)).toBe(length)
})

test('a changed feature row is named, and the one reference that saw it', async () => {
  const store = memoryStore()
  const references = await runInto(store)
  const { id, asOf, lanes } = references.filter(({ symbol }) => symbol === 'ETH/USDT')[70]!
  await change(store, lanes[0]!.series.replace(/^.*:features:/, 'features_'), 'ETH/USDT', 'ts', asOf, 'bar.body')
  const found = await verifyReferences(store)
  expect(found).toMatchObject({ references: references.length, mismatched: 1, verified: references.length - 1 })
  expect(found.mismatches).toEqual([{ id, series: lanes[0]!.series, openTime: asOf }])
})

test('a changed candle is named by each reference that saw it, in a fine lane or a coarse one', async () => {
  for (const [timeframe, minute] of [['1m', 120], ['5m', 130]] as const) {
    const store = memoryStore()
    const references = await runInto(store)
    const openTime = minute * MINUTE_US
    await change(store, `ohlcv_${timeframe}`, 'BTC/USDT', 'open_time', openTime, 'close')
    const series = `local:BTC/USDT:candle:${timeframe}`
    const saw = references.filter(({ lanes }) =>
      lanes.some((lane) => lane.series === series && lane.start <= openTime && openTime <= lane.end))
    expect(saw.length).toBeGreaterThan(10)
    const found = await verifyReferences(store)
    expect(found.mismatched).toBe(saw.length)
    expect(found.mismatches).toEqual(saw.map(({ id }) => ({ id, series, openTime })))
  }
})

test('a later version of a row does not change what a reference resolves to', async () => {
  const store = memoryStore()
  const references = await runInto(store)
  const names = Object.keys(storeTable('ohlcv_1m').columns)
  const rows = await store.read({ table: 'ohlcv_1m', columns: names })
  const later = { ...rows.columns, close: (rows.columns['close'] as Float64Array).map((close) => close + 1), known: new Float64Array(rows.length).fill(1e9) }
  await store.write({ through: 0, rows: [{ ...rows, columns: later }] })
  expect(await verifyReferences(store)).toMatchObject({ verified: references.length, mismatched: 0 })
})

test('rows that are gone mismatch, unless retention let them go', async () => {
  const source = memoryStore()
  const references = await runInto(source)
  const gone = references.filter(({ symbol, asOf }) => symbol === 'BTC/USDT' && asOf < 100 * MINUTE_US)
  const released = gone.slice(0, 5)
  const store = await copyOf(source, (table, row) =>
    !(table.startsWith('features_') && row['symbol'] === 'BTC/USDT' && Number(row['ts']) < 100 * MINUTE_US))
  const states = {
    ref_id: released.map(({ id }) => id), state: released.map(() => 'expired'), reason: released.map(() => 'retention'),
    known: new Float64Array(released.length).fill(1e9),
  }
  await store.write({ through: 0, rows: [{ table: 'reference_states', length: released.length, columns: states }] })
  const found = await verifyReferences(store)
  expect(found).toMatchObject({ expired: 5, mismatched: gone.length - 5, verified: references.length - gone.length })
  expect(found.mismatches.every(({ series }) => series.includes(':features:'))).toBe(true)
})

test('a reference whose own row is damaged mismatches, and the others are verified all the same', async () => {
  const source = memoryStore()
  const references = await runInto(source)
  const damaged = new Map<string, readonly [string, string]>([
    [references[10]!.id, ['lanes', '[{"input":']], [references[20]!.id, ['lanes', '[]']], [references[30]!.id, ['prediction', '']],
    [references[40]!.id, ['inputs', '[]']], [references[50]!.id, ['lanes', 'null']],
  ])
  const store = await copyOf(source, (table, row) => {
    const [name, text] = (table === 'inference_frames' && damaged.get(String(row['id']))) || []
    if (name !== undefined) row[name] = text
    return true
  })
  const found = await verifyReferences(store)
  expect(found).toMatchObject({ references: references.length, verified: references.length - 5, mismatched: 5, expired: 0 })
  expect(found.mismatches.map(({ id }) => id)).toEqual([...damaged.keys()])
})

test('references are rebuilt in parts of bounded memory', () => {
  const frame = (size: number) => ({ reference: { inputs: [{ name: 'x', shape: [size], kind: 'extras' }] } as unknown as InferenceFrameReference, fingerprint: null })
  const sizes = (most: number) => [...inParts([3, 3, 3, 9, 1, 1, 1, 1].map(frame), most)].map((part) => part.map(({ reference }) => reference.inputs[0]!.shape[0]))
  expect(sizes(6)).toEqual([[3, 3], [3], [9], [1, 1, 1, 1]])
  expect(sizes(2)).toEqual([[3], [3], [3], [9], [1, 1], [1, 1]])
  expect(sizes(1e9)).toEqual([[3, 3, 3, 9, 1, 1, 1, 1]])
  expect([...inParts([], 1)]).toEqual([])
})

test('other bytes on another machine are foreign, not mismatched', async () => {
  const source = memoryStore()
  const references = await runInto(source)
  const store = await copyOf(source, (table, row) => {
    if (table === 'inference_frames' && row['symbol'] === 'ETH/USDT') row['fingerprint'] = `${fingerprint}-other`
    return true
  })
  const last = references.findLast(({ symbol }) => symbol === 'ETH/USDT')!
  await change(store, 'ohlcv_1m', 'ETH/USDT', 'open_time', last.lanes[1]!.end, 'close')
  expect(await verifyReferences(store)).toMatchObject({ foreign: 1, mismatched: 0, verified: references.length - 1, mismatches: [] })
})

/** Copies what references need from one store to another, rows that `keep` keeps. */
async function copyOf(source: Store, keep: (table: string, row: Record<string, unknown>) => boolean): Promise<Store> {
  const store = memoryStore()
  const layouts = await source.read({ table: 'layouts', columns: ['layout', 'column'] })
  const features = `features_${(layouts.columns['layout'] as readonly string[])[0]}`
  for (const table of ['layouts', features, 'ohlcv_1m', 'ohlcv_5m', 'inference_frames', 'reference_states']) {
    const extra = table === features ? (layouts.columns['column'] as readonly string[]) : []
    const columns = [...Object.keys(storeTable(table).columns), ...extra]
    const read = await source.read({ table, columns })
    const rows = Array.from({ length: read.length }, (_, i) => Object.fromEntries(columns.map((name) => [name, read.columns[name]![i]])))
    const kept = rows.filter((row) => keep(table, row))
    const values = columns.map((name) => {
      const list = kept.map((row) => row[name])
      return [name, read.columns[name] instanceof Float64Array ? Float64Array.from(list as number[]) : list]
    })
    await store.write({ through: 0, rows: [{ table, length: kept.length, columns: Object.fromEntries(values) as StoreRows['columns'] }] })
  }
  return store
}
