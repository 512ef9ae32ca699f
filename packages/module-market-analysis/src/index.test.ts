import { definitionOf, type MarketInput } from '@tapeloom/core'
import { fixtures, harness, testModule } from '@tapeloom/core/testing'
import {
  adxOf, closeToCloseOf, efficiencyRatioOf, exponentialVarianceOf, garmanKlassOf, garmanKlassYangZhangOf, parkinsonOf,
  rogersSatchellOf, varianceRatioOf, yangZhangOf,
} from '@tapeloom/indicators'
import { describe, expect, test } from 'vitest'
import { filterStates, fitStates, marketAnalysis } from './index.ts'
import { normals } from './testing/normals.ts'

type CandleInput = Extract<MarketInput, { kind: 'candle' }>
const MINUTE = 60e6
const PERIODS = (365 * 86_400e6) / MINUTE

/** What does not depend on the fits, from whole columns. */
function batch(events: readonly MarketInput[]) {
  const candles = events.filter((event): event is CandleInput => event.kind === 'candle')
  const column = (key: 'open' | 'high' | 'low' | 'close') => candles.map((one) => Number(one[key]))
  const [o, h, l, c] = [column('open'), column('high'), column('low'), column('close')]
  const ewma = exponentialVarianceOf(c.map((close, i) => Math.log(close / (c[i - 1] ?? NaN))), 0.94, 20)
  const ratios = varianceRatioOf(c.slice(-241), Math.min(240, Math.max(5, c.length - 1)), 4)
  const columns = {
    volClose: closeToCloseOf(c, 20, PERIODS), volParkinson: parkinsonOf(h, l, 20, PERIODS),
    volGarmanKlass: garmanKlassOf(o, h, l, c, 20, PERIODS), volRogersSatchell: rogersSatchellOf(o, h, l, c, 20, PERIODS),
    volGkYz: garmanKlassYangZhangOf(o, h, l, c, 20, PERIODS), volYangZhang: yangZhangOf(o, h, l, c, 20, PERIODS),
    volEwma: ewma.map((variance) => Math.sqrt(PERIODS * variance)), adx: adxOf(h, l, c, 14).value,
    er: efficiencyRatioOf(c, 20), vr4: ratios.value, vrZ4: ratios.z,
  }
  return Object.fromEntries(Object.entries(columns).map(([name, values]) => {
    const value = values.at(-1) ?? NaN
    return [name, Number.isNaN(value) ? null : value]
  }))
}

testModule(marketAnalysis, { test, events: fixtures.candles('BTC/USDT', '1m', { count: 6000 }), batch })

describe('with a garch model, another window and series', () => {
  const options = { timeframe: '5m', window: 50, varianceRatioWindow: 500, garch: [0, 1e-8, 0.1, 0.85] } as const
  testModule(marketAnalysis, { test, options, events: fixtures.candles('ETH/USDT', '5m', { count: 4000, seed: 5 }) })
})

/** Candles of given log returns from 60,000, each with a small range. */
function candlesOf(returns: readonly number[], from = 0): CandleInput[] {
  let close = 60_000
  return returns.map((change, i) => {
    const open = close
    close = Math.round(100 * open * Math.exp(change)) / 100
    return {
      kind: 'candle', symbol: 'BTC/USDT', timeframe: '1m', openTime: (from + i) * MINUTE, tsEvent: (from + i + 1) * MINUTE,
      open, close, high: Math.max(open, close) + 0.5, low: Math.min(open, close) - 0.5, volume: 1,
    }
  })
}
const noise = (count: number, deviation: number, normal = normals(4)) => Array.from({ length: count }, () => deviation * normal())
/** 80 calm candles, 20 wild ones, again and again. */
const storms = (count: number) => noise(count, 1).map((one, i) => (i % 100 < 80 ? 3e-4 : 2e-3) * one)

test('a storm is volatile: told by an event, and over when it is over', () => {
  const host = harness(marketAnalysis)
  const candles = candlesOf(storms(2000))
  host.feed(candles.slice(0, 1985))
  const last = candles.slice(1985).map((one) => (host.feed([one]), host.features.regime))
  expect(last.filter((regime) => regime === 3).length).toBeGreaterThanOrEqual(10)
  const changes = host.emitted('market-analysis:regime')
  expect(changes[0]).toMatchObject({ timeframe: '1m', from: 'unknown' })
  expect(changes.slice(1).map(({ from }) => from)).toEqual(changes.slice(0, -1).map(({ to }) => to))
  const volatile = changes.filter(({ to }) => to === 'volatile')
  expect(volatile.length).toBeGreaterThanOrEqual(9)
  expect(volatile.every(({ pHighVol }) => Number(pHighVol) > 0.4)).toBe(true)
  // A regime lasts five candles, but not across a fit, which tells the past anew: when the window is full, when a thousand begins.
  const hurried = changes.slice(1).filter(({ lasted }) => lasted < 5).map(({ tsEvent }) => tsEvent / MINUTE - 1)
  expect(hurried.filter((candle) => candle < 1000 || candle > 1004)).toEqual([])
  expect(host.features.pLowVol).toBe(1 - Number(host.features.pHighVol))
  expect(host.features.volPercentile).toBeGreaterThan(0.7)
})

test('all that is inferred is missing until the window is full; volatility and trend are known before', () => {
  const host = harness(marketAnalysis)
  const candles = candlesOf(storms(1000))
  host.feed(candles.slice(0, 999))
  const { pHighVol, regime, regimeAge, runLength, changeProb, volShift, volPercentile, volYangZhang, adx } = host.features
  expect([pHighVol, regime, regimeAge, runLength, changeProb, volShift, volPercentile]).toEqual(Array.from({ length: 7 }, () => null))
  expect([volYangZhang, adx]).not.toContain(null)
  host.feed(candles.slice(999))
  expect([host.features.pHighVol, host.features.regime, host.features.changeProb]).not.toContain(null)
})

test('after a fit, the filter is that of the window, whatever came before', () => {
  const host = harness(marketAnalysis)
  const candles = candlesOf(storms(3001))
  host.feed(candles)
  const returns = candles.slice(2000).map(({ close }, i) => Math.log(Number(close) / Number(candles[1999 + i]!.close)))
  // The thousand that begins with candle 3,000 has its fit there.
  const window = returns.slice(1)
  expect(host.features.pHighVol).toBeCloseTo(filterStates(window, fitStates(window)!).high.at(-1)!, 12)
})

test('a regime that lasts is as old as the window tells, not as old as the tape', () => {
  const host = harness(marketAnalysis)
  host.feed(candlesOf(Array.from({ length: 4101 }, (_, i) => [1e-3, -1e-3, 2e-3, -2e-3][i % 4]!)))
  expect(host.emitted('market-analysis:regime').filter(({ tsEvent }) => tsEvent > 1100 * MINUTE)).toEqual([])
  expect(host.features.regimeAge).toBeGreaterThan(1000)
  expect(host.features.regimeAge).toBeLessThanOrEqual(1100)
})

test('a change of variance ends the run', () => {
  const host = harness(marketAnalysis)
  const candles = candlesOf([...noise(1700, 3e-4), ...noise(40, 3e-3)])
  host.feed(candles.slice(0, 1700))
  expect(host.features.runLength).toBe(500)
  expect(host.features.changeProb).toBeLessThan(0.1)
  host.feed(candles.slice(1700, 1704))
  expect(host.features.changeProb).toBeGreaterThan(0.7)
  host.feed(candles.slice(1704))
  expect(host.features.runLength).toBeGreaterThanOrEqual(36)
  expect(host.features.runLength).toBeLessThanOrEqual(44)
  expect(host.features.volPercentile).toBeGreaterThan(0.95)
})

test('a steady rise trends', () => {
  const host = harness(marketAnalysis)
  host.feed(candlesOf([...storms(1500), ...noise(60, 1e-4).map((change) => change + 2.5e-4)]))
  expect(host.features).toMatchObject({ regime: 2 })
  expect(host.features.adx).toBeGreaterThan(25)
})

test('a market without a move is unknown: no volatility, no ratio, no state', () => {
  const host = harness(marketAnalysis)
  host.feed(candlesOf(Array.from({ length: 1100 }, () => 0)))
  const { pHighVol, entropy, volClose, volEwma, volPercentile, vr4, er, regime, runLength } = host.features
  expect([pHighVol, entropy, volClose, volEwma, volPercentile, vr4, er, runLength]).toEqual(Array.from({ length: 8 }, () => null))
  expect(regime).toBe(0)
  expect(host.emitted('market-analysis:regime')).toEqual([])
})

test('a missing close is missing in every column that needs it, and the filter goes on after it', () => {
  const host = harness(marketAnalysis)
  const candles = candlesOf(storms(1700))
  host.feed(candles.slice(0, 1600))
  const before = host.features.regimeAge
  host.feed([{ ...candles[1600]!, close: NaN }])
  expect(Object.entries(host.features).flatMap(([name, value]) => (value === null ? [] : [name]))).toEqual(['volParkinson', 'adx'])
  host.feed(candles.slice(1601, 1610))
  expect(host.features.pHighVol).not.toBeNull()
  expect([before, host.features.regime]).not.toContain(null)
})

test('other timeframes and candles of the past change nothing', () => {
  const [host, other] = [harness(marketAnalysis), harness(marketAnalysis)]
  const candles = candlesOf(storms(1200))
  host.feed(candles)
  other.feed(candles)
  other.feed(candlesOf([0.5], 1200).map((one) => ({ ...one, timeframe: '5m' as const, tsEvent: one.tsEvent + 4 * MINUTE })))
  expect(other.features).toEqual(host.features)
})

test('few moves a candle are flagged, by the tick or by the number of trades', () => {
  const flagged = (deviation: number, trades?: number) => {
    const host = harness(marketAnalysis)
    host.feed(candlesOf(noise(60, deviation)).map((one) => (trades === undefined ? one : { ...one, trades })))
    return host.features.rangeBiased
  }
  expect([flagged(1e-3), flagged(2e-7), flagged(1e-3, 5), flagged(1e-3, 500)]).toEqual([0, 1, 1, 0])
  expect(harness(marketAnalysis).features.rangeBiased).toBeNull()
})

test('the volatility of garch is that of the next candle, begun with the stationary variance', () => {
  const host = harness(marketAnalysis, { options: { garch: [1e-4, 1e-8, 0.1, 0.8] } })
  const candles = candlesOf(noise(3, 1e-3))
  host.feed(candles)
  const [a = NaN, b = NaN, c = NaN] = candles.map(({ close }) => Number(close))
  const next = (variance: number, change: number) => 1e-8 + 0.1 * (change - 1e-4) * (change - 1e-4) + 0.8 * variance
  const variance = next(next(1e-7, Math.log(b / a)), Math.log(c / b))
  expect(host.features.volGarch).toBeCloseTo(Math.sqrt(PERIODS * variance), 9)
})

test('a garch model that does not come to rest is refused', () => {
  for (const garch of [[0, 1e-8, 0.1], [0, 0, 0.1, 0.8], [0, 1e-8, 0.3, 0.8], [0, 1e-8, 0, 0.99], [NaN, 1e-8, 0.1, 0.8]])
    expect(() => harness(marketAnalysis, { options: { garch } })).toThrow("option 'garch'")
})

test('the warm-up is of the series that is analysed', () => {
  const { warmup } = definitionOf(marketAnalysis)
  expect((warmup as (options: object) => unknown)({ timeframe: '1h' })).toEqual({ '1h': 2500, tolerance: 1e-9 })
})
