import { definitionOf, Orchestrator, use, type MarketInput } from '@tapeloom/core'
import { fixtures, harness, testModule } from '@tapeloom/core/testing'
import { candleSource, DataProvider } from '@tapeloom/data'
import { atrOf, bollingerBandsOf, efficiencyRatioOf, emaOf, rsiOf, slopeOf } from '@tapeloom/indicators'
import { describe, expect, test } from 'vitest'
import { multiTimeframe } from './index.ts'
import { scoreOf } from './score.ts'

type CandleInput = Extract<MarketInput, { kind: 'candle' }>

/** Whole candles of `minutes` minutes each. */
function folded(candles: readonly CandleInput[], minutes: number, timeframe: CandleInput['timeframe']): CandleInput[] {
  return Array.from({ length: Math.floor(candles.length / minutes) }, (_, i) => {
    const part = candles.slice(i * minutes, (i + 1) * minutes)
    const [first, last] = [part[0] as CandleInput, part.at(-1) as CandleInput]
    return {
      ...first,
      timeframe,
      tsEvent: last.tsEvent,
      sourceSequence: i + 1,
      high: Math.max(...part.map(({ high }) => Number(high))),
      low: Math.min(...part.map(({ low }) => Number(low))),
      close: last.close,
      volume: part.reduce((sum, { volume }) => sum + Number(volume), 0),
    }
  })
}
const minutes = Array.from(fixtures.candles('BTC/USDT', '1m', { count: 3700 })) as CandleInput[]
const cascade = (count: number) => [...minutes.slice(0, count), ...folded(minutes.slice(0, count), 5, '5m')]
const timeframes = ['1m', '5m'] as const

/** The columns of one timeframe from whole columns of candles. */
function columnsOf(candles: readonly CandleInput[]) {
  const [high, low, close] = (['high', 'low', 'close'] as const).map((key) => candles.map((one) => Number(one[key]))) as [number[], number[], number[]]
  const last = (values: ArrayLike<number>) => values[candles.length - 1] ?? NaN
  const [atr, er] = [last(atrOf(high, low, close, 14).value), last(efficiencyRatioOf(close, 20))]
  return {
    trend: Math.tanh(last(slopeOf(close, 20).value) / atr) * er,
    er,
    rsi: last(rsiOf(close, 14)),
    atrBps: (1e4 * atr) / last(close),
    emaGapBps: 1e4 * Math.log(last(emaOf(close, 12)) / last(emaOf(close, 26))),
    bollinger: last(bollingerBandsOf(close, 20, 2).zScore),
  }
}

testModule(multiTimeframe, {
  test,
  events: cascade(2000),
  options: { timeframes: [...timeframes], weights: [1, 2] },
  needs: { analysis: { regime: 1 } },
  batch(events) {
    const each = timeframes.map((timeframe) => columnsOf(events.filter((event) => event.kind === 'candle' && event.timeframe === timeframe) as CandleInput[]))
    const { score, agreement, available } = scoreOf(each.map(({ trend }) => trend), [1, 2])
    const named = each.flatMap((columns, i) => Object.entries(columns).map(([name, value]) => [`${name}${timeframes[i]}`, value] as const))
    const all: Record<string, number> = { ...Object.fromEntries(named), score, agreement, available }
    return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, Number.isNaN(value) ? null : value]))
  },
})

describe('with fixed-share', () => {
  testModule(multiTimeframe, {
    test,
    events: cascade(3700),
    options: { timeframes: [...timeframes], weighting: 'fixed-share' },
    needs: { analysis: { regime: 2 } },
  })
})

const steady = (count: number, timeframe: '1m' | '5m', step: number): CandleInput[] =>
  Array.from({ length: count }, (_, i) => {
    const lengthUs = timeframe === '1m' ? 60e6 : 300e6
    const open = 1000 + step * i
    const [high, low] = [Math.max(open, open + step) + 1, Math.min(open, open + step) - 1]
    return { kind: 'candle', symbol: 'BTC/USDT', timeframe, openTime: i * lengthUs, tsEvent: (i + 1) * lengthUs, open, high, low, close: open + step, volume: 1 }
  })
const needs = { analysis: { regime: NaN } }

test('a steady rise has a trend above 0, an efficiency of 1 and an RSI of 100; a steady fall mirrors it', () => {
  const trendOf = (step: number) => {
    const host = harness(multiTimeframe, { needs, options: { timeframes: ['1m'] } })
    host.feed(steady(60, '1m', step))
    return host.features
  }
  expect(trendOf(1)).toMatchObject({ er1m: 1, rsi1m: 100, trend1m: expect.closeTo(Math.tanh(1 / 3), 9), available: 1, agreement: 1 })
  expect(trendOf(-1)).toMatchObject({ er1m: 1, rsi1m: 0, trend1m: expect.closeTo(-Math.tanh(1 / 3), 9), score: expect.closeTo(-Math.tanh(1 / 3), 9) })
})

test('an absent timeframe leaves its weight to the others, and one that falls silent goes missing', () => {
  const host = harness(multiTimeframe, { needs, options: { timeframes: ['1m', '5m', '1h'], weights: [1, 1, 2] } })
  host.feed([...steady(100, '1m', 1), ...steady(20, '5m', -1)])
  expect(host.features.available).toBe(0.25) // 20 candles of 5m have no change of 20 yet
  const late = steady(130, '1m', 1).slice(100).map((one) => ({ ...one, sourceSequence: undefined }))
  host.feed(late as never)
  expect(host.features).toMatchObject({ rsi5m: null, trend1h: null, available: 0.25 })
  expect(host.features.score).toBe(host.features.trend1m)
})

test('timeframes pull against each other: the agreement falls below 1', () => {
  const host = harness(multiTimeframe, { needs, options: { timeframes: ['1m', '5m'] } })
  host.feed([...steady(200, '1m', 1), ...steady(40, '5m', -1)])
  expect(host.features.available).toBe(1)
  expect(host.features.agreement).toBeLessThan(0.5)
})

test('fixed-share moves the weight to the timeframe that is right, for the regime that holds', () => {
  const score = (regime: number, weighting: 'fixed' | 'fixed-share') => {
    const host = harness(multiTimeframe, { needs: { analysis: { regime } }, options: { timeframes: ['1m', '5m'], weighting } })
    host.feed([...steady(400, '1m', 1), ...steady(80, '5m', -1)])
    return host.features.score ?? NaN
  }
  expect(score(2, 'fixed-share')).toBeGreaterThan(score(2, 'fixed') + 0.1)
  expect(score(NaN, 'fixed-share')).toBe(score(2, 'fixed-share'))
  const state = definitionOf(multiTimeframe).state?.({ timeframes: ['1m', '5m'], weights: [1, 3] }, undefined as never) as { weights: Float64Array }
  expect(Array.from(state.weights)).toEqual([1, 3, 1, 3, 1, 3, 1, 3])
})

test('weights that do not fit the timeframes are refused', () => {
  for (const weights of [[1], [0, 0]])
    expect(() => harness(multiTimeframe, { needs, options: { timeframes: ['1m', '5m'], weights } })).toThrow('Give each timeframe one weight')
})

test('a backfill changes nothing', () => {
  const [once, twice] = [harness(multiTimeframe, { needs }), harness(multiTimeframe, { needs })]
  const candles = steady(60, '1m', 1)
  once.feed(candles)
  twice.feed([...candles, ...candles.slice(-3).map((one) => ({ ...one, close: 5000, high: 5000, backfill: true, tsEvent: 3600e6 }))])
  expect(twice.features).toEqual(once.features)
  expect(twice.emitted('multi-timeframe:indicators')).toHaveLength(once.emitted('multi-timeframe:indicators').length)
})

test('each closed candle tells its indicators by name and parameters, without those that are not known yet', () => {
  const host = harness(multiTimeframe, { needs })
  host.feed(steady(30, '1m', 1))
  const told = host.emitted('multi-timeframe:indicators')
  expect(told).toHaveLength(30 - 11) // the first is EMA 12
  expect(told[0]).toMatchObject({ series: 'test:BTC/USDT:candle:1m', timeframe: '1m', openTime: 11 * 60e6, values: [{ name: 'ema', params: '12', value: 1006.5 }] })
  expect(told.at(-1)?.values.map(({ name, params }) => `${name}(${params})`)).toEqual([
    'slope(20)', 'atr(14)', 'efficiency_ratio(20)', 'rsi(14)', 'ema(12)', 'ema(26)', 'bollinger_middle(20,2)', 'bollinger_upper(20,2)', 'bollinger_lower(20,2)',
  ])
})

test('a candle that forms changes no value: columns of a timeframe change at its closes only', async () => {
  const plain = minutes.slice(0, 1200).map(({ openTime, open, high, low, close, volume }) =>
    ({ openTime, open: Number(open), high: Number(high), low: Number(low), close: Number(close), volume: Number(volume) }))
  const data = new DataProvider({ sources: [candleSource('BTC/USDT', '1m', plain)], timeframes: ['5m', '15m'] })
  const orchestrator = new Orchestrator({ data, modules: [use(multiTimeframe, { timeframes: ['1m', '5m', '15m'] })] })
  const seen = new Map<string, { value: number | null; changed: number[] }>()
  let rows = 0
  for (let until = 60e6; until <= 1200 * 60e6; until += 60e6) {
    await orchestrator.run({ until: until + 1 })
    rows++
    for (const [name, value] of Object.entries(orchestrator.getFeatures('BTC/USDT').values as Record<string, number | null>)) {
      const one = seen.get(name) ?? { value: null, changed: [] }
      if (value !== one.value) one.changed.push(until / 60e6)
      seen.set(name, { ...one, value })
    }
  }
  expect(rows).toBe(1200)
  for (const [timeframe, length] of [['5m', 5], ['15m', 15]] as const) {
    const changed = seen.get(`multi-timeframe.rsi${timeframe}`)?.changed ?? []
    expect(changed.length).toBeGreaterThan(50)
    expect(changed.filter((minute) => minute % length !== 0)).toEqual([])
  }
})
