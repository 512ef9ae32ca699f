import { existsSync } from 'node:fs'
import { Orchestrator, type Source } from '@tapeloom/core'
import { DataProvider, parquetSource } from '@tapeloom/data'
import { describe, expect, test } from 'vitest'
import { captureSource } from './capture-source.ts'

const folder = process.env['TAPELOOM_DATA'] ?? '../shared/data'
const absent = !existsSync(folder)
if (absent) console.warn(`Skipped: ${folder} is absent. Set TAPELOOM_DATA to the folder of recorded data.`)

const MINUTE_US = 60e6
const FIRST = Date.parse('2024-08-08T23:55:00Z') * 1000

/** Runs a source to its end and returns its minutes 23:55 to 23:59, a row each. */
async function minutes(source: Source, symbol: 'BTC/USDT' | 'ETH/USDT') {
  const data = new DataProvider({ sources: [source], timeframes: ['1m'] })
  const { events } = await new Orchestrator({ data, modules: [] }).run()
  const { length, openTime, open, high, low, close, volume } = await data.getHistoricalData(symbol, '1m', {
    start: FIRST, end: FIRST + 5 * MINUTE_US,
  })
  const rows = Array.from({ length }, (_, i) => [openTime[i], open[i], high[i], low[i], close[i], volume[i]])
  return { events, rows }
}

describe.skipIf(absent)('a recorded capture', () => {
  test.each([
    ['BTC/USDT', 9757, 3449],
    ['ETH/USDT', 6106, 3433],
  ] as const)('%s: its trades build the candles that the venue published, exactly', async (symbol, trades, books) => {
    const name = symbol.replace('/', '')
    const capture = captureSource(`${folder}/l2/binance-spot_${name.toLowerCase()}_20240808.txt.gz`)
    const built = await minutes(capture, symbol)
    expect(built.events).toMatchObject({ trade: trades, book: books })
    const published = await minutes(parquetSource(`${folder}/candles/binance-spot_${name}_1m_2024-07-26_2024-08-08.parquet`), symbol)
    expect(published.rows.map(([openTime]) => openTime)).toEqual(Array.from({ length: 5 }, (_, i) => FIRST + i * MINUTE_US))
    expect(built.rows).toEqual(published.rows)
  }, 60_000)
})
