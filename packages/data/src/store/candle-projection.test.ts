import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Sma, smaOf } from '@tapeloom/indicators'
import type { Store } from '@tapeloom/core'
import { describe, expect, test } from 'vitest'
import { DataProvider } from '../provider/data-provider.ts'
import { parquetSource } from '../source/parquet-source.ts'
import { drive, minute, opened, recording } from '../testing/drive.ts'
import { RecordedHost } from '../testing/recorded-host.ts'
import { memoryStore } from './memory-store.ts'
import { averageColumns } from './store-tables.ts'

const files = process.env['TAPELOOM_DATA'] ?? join(import.meta.dirname, '../../../../../shared/data')
const recorded = join(files, 'candles/binance-spot_BTCUSDT_1m_2025-05-20_2025-07-31.parquet')
const hasFile = existsSync(recorded)
if (!hasFile) console.warn(`no ${recorded}: averages of recorded candles are not checked`)

const COLUMNS = ['open_time', 'high', 'low', 'close', 'volume', 'known', ...averageColumns]
const rowsOf = async (store: Store, table: string) =>
  (await store.read({ table, columns: COLUMNS, key: 'open_time' })).columns as Record<string, Float64Array>
const greatestDifference = (a: Float64Array, b: Float64Array): number =>
  a.reduce((most, value, i) => Math.max(most, Object.is(value, b[i]) ? 0 : Math.abs(value - b[i]!)), 0)

describe.runIf(hasFile)('the averages of ten weeks of recorded minutes', () => {
  test('equal those of the whole series at once', { timeout: 120_000 }, async () => {
    const store = memoryStore()
    const host = new RecordedHost({ quiet: true })
    const feed = new DataProvider({ sources: [parquetSource(recorded)], store }).attach(host)
    await opened(feed)
    await drive(feed, host)
    await feed.flush()
    const rows = await rowsOf(store, 'ohlcv_1m')
    const closes = rows['close']!
    expect(closes.length).toBeGreaterThan(100_000)
    const batch: Record<string, Float64Array> = {
      sma_10: smaOf(closes, 10), sma_20: smaOf(closes, 20), sma_50: smaOf(closes, 50), sma_200: smaOf(closes, 200),
      ema_12: weightedMeans(closes, 12, rows['ema_12']!), ema_26: weightedMeans(closes, 26, rows['ema_26']!),
      ema_50: weightedMeans(closes, 50, rows['ema_50']!), vwap: dailyVwap(rows),
    }
    for (const name of averageColumns) {
      const missing = rows[name]!.findIndex((value) => !Number.isNaN(value))
      expect([name, missing]).toEqual([name, name === 'vwap' ? 0 : Number(name.split('_')[1]) - 1])
      expect(greatestDifference(rows[name]!, batch[name]!)).toBeLessThan(1e-9 * Math.max(...closes.subarray(0, 1000)))
    }
  })
})

/**
 * The exponential mean as the weighted sum that it is, at each 97th place (others as they are): what is 2,000 values back
 * has a weight below 1e-34.
 */
function weightedMeans(values: Float64Array, length: number, others: Float64Array): Float64Array {
  const alpha = 2 / (length + 1)
  return others.map((other, i) => {
    if (i + 1 < length) return NaN
    if (i > 200 && i % 97 !== 0) return other
    const start = Math.max(length, i - 2000)
    let [sum, weight] = [0, 1]
    for (let j = i; j >= start; j--, weight *= 1 - alpha) sum += alpha * weight * values[j]!
    const seed = values.subarray(start - length, start).reduce((total, value) => total + value, 0) / length
    return sum + weight * seed
  })
}

/** Σ typical · volume / Σ volume since 00:00 UTC, each day summed on its own. */
function dailyVwap({ open_time, high, low, close, volume }: Record<string, Float64Array>): Float64Array {
  let [day, value, total] = [NaN, 0, 0]
  return open_time!.map((time, i) => {
    if (Math.floor(time / 86_400e6) !== day) [day, value, total] = [Math.floor(time / 86_400e6), 0, 0]
    value += ((high![i]! + low![i]! + close![i]!) / 3) * volume![i]!
    total += volume![i]!
    return value / total
  })
}

describe('averages', () => {
  /** Ten minutes missing after the 30th, and a newer version of the 20th when the 50th has closed. */
  const inputs = [
    ...Array.from({ length: 50 }, (_, i) => minute(i < 30 ? i : i + 10, 100 + (i % 7))),
    minute(19, 500, { backfill: true, tsInit: 60 * 60e6 }),
    ...Array.from({ length: 20 }, (_, i) => minute(60 + i, 100 + (i % 5))),
  ]
  const run = async (store: Store, count: number, from?: object) => {
    const host = new RecordedHost({ timeframes: ['5m'] })
    const feed = new DataProvider({ sources: [recording(inputs.slice(0, count))], store }).attach(host)
    await opened(feed)
    if (from) {
      feed.restore(structuredClone(from) as never)
      host.sequence = (from as { newest: Float64Array }).newest[0]!
    }
    await drive(feed, host)
    await feed.flush()
    return feed
  }

  test('go on where a snapshot was taken: the same rows as without it', async () => {
    const whole = memoryStore()
    await run(whole, inputs.length)
    expect((await rowsOf(whole, 'ohlcv_5m'))['sma_10']!.some((value) => value > 0)).toBe(true)
    for (const cut of [12, 47]) {
      const store = memoryStore()
      const feed = await run(store, cut)
      await run(store, inputs.length, feed.snapshot() as object)
      for (const table of ['ohlcv_1m', 'ohlcv_5m']) expect(await rowsOf(store, table)).toEqual(await rowsOf(whole, table))
    }
  })

  test('are of the candles that closed; what a venue left out, and newer versions of old ones, are not in them', async () => {
    const store = memoryStore()
    await run(store, inputs.length)
    const rows = await rowsOf(store, 'ohlcv_1m')
    const times = [...rows['open_time']!]
    expect(times).not.toContain(35 * 60e6)
    const [old, after] = [times.indexOf(19 * 60e6), times.indexOf(45 * 60e6)]
    expect([rows['close']![old], rows['sma_10']![old]]).toEqual([500, NaN])
    const closed = rows['close']!.map((close, i) => (i === old ? 100 + (19 % 7) : close))
    const kernel = new Sma(10)
    const expected = closed.map((close) => kernel.add(close))
    expect(rows['sma_10']![after]).toBeCloseTo(expected[after]!, 9)
    expect(rows['sma_10']!.at(-1)).toBeCloseTo(expected.at(-1)!, 9)
  })
})
