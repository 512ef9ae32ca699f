import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Store, StoreBatch, StoreRange } from '@tapeloom/core'
import { memoryStore } from '@tapeloom/data'
import { FileStore } from './file-store.ts'
import { sameThread } from './same-thread.ts'

const folder = mkdtempSync(join(tmpdir(), 'tapeloom-equivalence-'))
const duckdb = new FileStore(join(folder, 'store.duckdb'), {}, sameThread)
const memory = memoryStore()
const both: readonly Store[] = [memory, duckdb]
beforeAll(() => duckdb.open())
afterAll(async () => {
  await duckdb.close()
  rmSync(folder, { recursive: true, force: true })
})

let through = 0
/** Each case writes to tables of its own, so that both stores stay open. */
let cases = 0

const symbol = fc.constantFrom('BTC/USDT', 'ETH/USDT', 'BTC/USDT:USDT')
const venue = fc.constantFrom('binance', 'a venue of a longer name')
const value = fc.oneof(fc.double(), fc.constantFrom(NaN, -0, 0))
const text = fc.option(fc.string({ unit: 'binary', maxLength: 20 }))
const time = fc.integer({ min: 0, max: 12 })
const candle = fc.record({ symbol, venue, open_time: time, close: value, flags: fc.constantFrom(NaN, 0, 1, -7), taint: text })
type Candle = typeof candle extends fc.Arbitrary<infer T> ? T : never

const bound = fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, time, fc.double({ min: -1, max: 13, noNaN: true }), fc.constantFrom(-Infinity, Infinity))
const candleRange = fc.record({
  columns: fc.uniqueArray(fc.constantFrom('symbol', 'venue', 'open_time', 'close', 'flags', 'taint', 'known', 'volume'), { minLength: 1 }),
  equals: fc.oneof(
    { weight: 3, arbitrary: fc.record({ symbol, venue }) },
    { weight: 1, arbitrary: fc.constant({}) },
    { weight: 1, arbitrary: fc.record({ symbol, venue, flags: fc.constantFrom(0, 1), open_time: time, taint: fc.constant('') }, { requiredKeys: [] }) },
  ),
  key: fc.constantFrom('open_time', 'open_time', 'open_time', 'known', 'flags', 'close'),
  from: bound,
  to: bound,
  knownBack: fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined }),
  limit: fc.option(fc.oneof({ weight: 7, arbitrary: fc.integer({ min: 0, max: 6 }) }, fc.constantFrom(Infinity, -1)), { nil: undefined }),
})

const defined = <T extends object>(value: T) => Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as T

function batchOf(table: string, rows: readonly Candle[]): StoreBatch {
  through++
  const numbers = (name: 'open_time' | 'close' | 'flags') => Float64Array.from(rows, (row) => row[name])
  const texts = (name: 'symbol' | 'venue' | 'taint') => rows.map((row) => row[name])
  const columns = {
    symbol: texts('symbol'), venue: texts('venue'), open_time: numbers('open_time'), close: numbers('close'), flags: numbers('flags'),
    taint: texts('taint'), known: new Float64Array(rows.length).fill(through),
  }
  return { through, rows: [{ table, length: rows.length, columns }] }
}

async function expectEqualReads(range: StoreRange): Promise<number> {
  const [expected, found] = await Promise.all([memory.read(range), duckdb.read(range)])
  expect({ range, ...found }).toEqual({ range, ...expected })
  return found.length
}

test('any range of any batches reads the same from DuckDB as from memory', async () => {
  let found = 0
  await fc.assert(fc.asyncProperty(
    fc.array(fc.array(candle, { minLength: 5, maxLength: 40, size: 'max' }), { minLength: 1, maxLength: 6, size: 'max' }), fc.array(candleRange, { minLength: 3, maxLength: 8, size: 'max' }),
    async (batches, ranges) => {
      const table = `ohlcv_${++cases}m`
      for (const rows of batches) {
        const batch = batchOf(table, rows)
        for (const store of both) await store.write(batch)
      }
      for (const { knownBack, ...range } of ranges) {
        found += await expectEqualReads(defined({ table, ...range, knownBy: knownBack === undefined ? undefined : through - knownBack }) as StoreRange)
      }
    },
  ), { numRuns: 60, seed: 20_251, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: true })
  expect(found).toBeGreaterThan(300)
}, 120_000)

test('without a key, series come as they first came, each in its order', async () => {
  await fc.assert(fc.asyncProperty(
    fc.array(fc.array(candle, { maxLength: 25, size: 'max' }), { minLength: 1, maxLength: 4, size: 'max' }), fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined }),
    fc.record({ symbol, venue }, { requiredKeys: [] }),
    async (batches, limit, equals) => {
      const table = `ohlcv_${++cases}m`
      for (const rows of batches) {
        const batch = batchOf(table, rows)
        for (const store of both) await store.write(batch)
      }
      await expectEqualReads(defined({ table, columns: ['symbol', 'venue', 'open_time', 'close', 'known'], equals, limit }) as StoreRange)
    },
  ), { numRuns: 30, seed: 20_251, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: true })
}, 120_000)

test('tables keyed by text, and feature columns that come and go, read the same', async () => {
  const state = fc.record({ ref: fc.constantFrom('r1', 'r2', 'a reference with a long name'), state: fc.constantFrom('open', 'matched', 'trained') })
  const feature = fc.record({ symbol, ts: time, a: value, b: value })
  await fc.assert(fc.asyncProperty(fc.array(state, { minLength: 1, maxLength: 5 }), fc.array(feature, { minLength: 1, maxLength: 10 }), fc.boolean(), async (states, features, both2) => {
    const layout = `features_${++cases}`
    for (const one of states) {
      through++
      const known = Float64Array.of(through)
      const batch: StoreBatch = { through, rows: [
        { table: 'reference_states', length: 1, columns: { ref_id: [one.ref], state: [one.state], known } },
        { table: 'models', length: 1, columns: { model: [one.state], version: [one.ref], known } },
        {
          table: layout, length: features.length,
          columns: {
            symbol: features.map((row) => row.symbol), ts: Float64Array.from(features, (row) => row.ts), known: new Float64Array(features.length).fill(through),
            'cob.a#1@ff': Float64Array.from(features, (row) => row.a), ...(both2 && { b: Float64Array.from(features, (row) => row.b) }),
          },
        },
      ] }
      for (const store of both) await store.write(batch)
    }
    for (const range of [
      { table: 'reference_states', columns: ['ref_id', 'state', 'known'], equals: { state: 'open' } },
      { table: 'reference_states', columns: ['state', 'known'], equals: { ref_id: 'r1' }, key: 'known' },
      { table: 'reference_states', columns: ['state', 'reason'], key: 'known', limit: 3 },
      { table: 'models', columns: ['model', 'version', 'known'] },
      { table: 'models', columns: ['version', 'metrics'], equals: { model: 'open' } },
      { table: layout, columns: ['ts', 'cob.a#1@ff', 'b'], equals: { symbol: 'BTC/USDT' }, key: 'ts' },
    ]) await expectEqualReads(range)
  }), { numRuns: 25, seed: 20_251, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: true })
}, 120_000)
