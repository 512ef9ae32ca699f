import type { Candle, MarketInput } from '@tapeloom/core'
import { definitionOf, resolveOptions } from '@tapeloom/core'
import { fixtures, harness, testModule } from '@tapeloom/core/testing'
import { expect, test } from 'vitest'
import { batch, pivot, type NestedPivot, type PivotRules } from './index.ts'

const candlesOf = (events: readonly MarketInput[]) =>
  events.flatMap((event) =>
    event.kind === 'candle' ? [{ ...event, closeTime: event.tsEvent } as unknown as Candle] : [],
  )

/** The columns of one level by their definitions, from all that was announced and all closes. */
function levelFeatures(depth: number, announced: readonly NestedPivot[], closes: readonly number[]) {
  const last = closes.length - 1
  const level = announced.filter((one) => one.depth === depth)
  const until = (bar: number) => level.filter(({ confirmedBar }) => confirmedBar <= bar)
  const signs = (pivots: readonly NestedPivot[], side: 0 | 1) =>
    pivots
      .filter((one) => one.side === side)
      .map(({ price, confirmedBar }, i, all) => [confirmedBar, Math.sign(price - (all[i - 1]?.price ?? NaN))] as const)
      .slice(1)
  const trendOf = (pivots: readonly NestedPivot[]) => {
    const [high, low] = [signs(pivots, 0).at(-1)?.[1] ?? NaN, signs(pivots, 1).at(-1)?.[1] ?? NaN]
    return Number.isNaN(high + low) ? NaN : high === low ? high : 0
  }
  const trend = trendOf(level)
  const compared = [...signs(level, 0), ...signs(level, 1)].sort(([a], [b]) => a - b).slice(-10)
  const newest = (side: 0 | 1) => level.findLast((one) => one.side === side)
  const breaks = (side: 0 | 1) => {
    const swing = until(last - 1).findLast((one) => one.side === side)
    const beyond = (close: number) => swing !== undefined && (side === 0 ? close > swing.price : close < swing.price)
    return beyond(closes[last] ?? NaN) && !closes.slice((swing?.confirmedBar ?? 0) + 1, last).some(beyond)
  }
  const [before, direction] = [trendOf(until(last - 1)), breaks(0) ? 1 : breaks(1) ? -1 : 0]
  const bps = (pivot: NestedPivot | undefined) => (pivot ? 1e4 * Math.log(pivot.price / (closes[last] ?? NaN)) : NaN)
  return {
    Trend: trend,
    Label: labelOf(level),
    Strength: trend === 0 || Number.isNaN(trend) ? trend : compared.filter(([, sign]) => sign === trend).length / 10,
    HighBps: bps(newest(0)),
    LowBps: bps(newest(1)),
    AgeBars: last - (level.at(-1)?.bar ?? NaN),
    Break: Number.isNaN(before)
      ? NaN
      : before === 0 || direction === 0
        ? 0
        : direction === before
          ? direction
          : 2 * direction,
  }
}

/** 2 HH, 1 HL, −1 LH, −2 LL: the newest pivot of a level against the one before on its side. */
function labelOf(level: readonly NestedPivot[]): number {
  const newest = level.at(-1)
  const before = level.findLast((one) => one !== newest && one.side === newest?.side)
  if (!newest || !before) return NaN
  if (newest.price === before.price) return 0
  if (newest.side === 0) return newest.price > before.price ? 2 : -1
  return newest.price > before.price ? 1 : -2
}

/** Support and resistance from all that was announced: the newest high and low of each level. */
function nearest(announced: readonly NestedPivot[], candles: readonly Candle[]) {
  const close = candles.at(-1)?.close ?? NaN
  let atr = NaN
  candles.forEach(({ high, low }, i) => {
    const before = candles[i - 1]?.close ?? high
    const range = Math.max(high, before) - Math.min(low, before)
    atr = i === 0 ? range : atr + (range - atr) / Math.min(14, i + 1)
  })
  const swings = [1, 2, 3, 4].flatMap((depth) =>
    [0, 1].flatMap((side) => announced.findLast((one) => one.depth === depth && one.side === side) ?? []))
  const support = Math.max(...swings.filter(({ price }) => price <= close).map(({ price }) => price))
  const resistance = Math.min(...swings.filter(({ price }) => price > close).map(({ price }) => price))
  const depthOf = (at: number) => swings.findLast(({ price }) => price === at)?.depth ?? NaN
  return {
    supportAtr: Math.abs(support) < Infinity ? (close - support) / atr : NaN, supportLevel: depthOf(support),
    resistanceAtr: Math.abs(resistance) < Infinity ? (resistance - close) / atr : NaN, resistanceLevel: depthOf(resistance),
  }
}

/** Floor points of the UTC day before, against the last close. */
function floorPoints(candles: readonly Candle[]) {
  const dayOf = ({ openTime }: Candle) => Math.floor(openTime / 86_400e6)
  const last = candles.at(-1) as Candle
  const day = candles.filter((one) => dayOf(one) === dayOf(last) - 1)
  const [high, low] = [Math.max(...day.map((one) => one.high)), Math.min(...day.map((one) => one.low))]
  const p = (high + low + (day.at(-1)?.close ?? NaN)) / 3
  const points = [p, 2 * p - low, 2 * p - high, p + high - low, p - high + low, high + 2 * (p - low), low - 2 * (high - p)]
  return Object.fromEntries(['pp', 'r1', 's1', 'r2', 's2', 'r3', 's3'].map((name, i) => [`${name}Bps0`, 1e4 * Math.log(points[i]! / last.close)]))
}

const missing = (value: number) => (Number.isNaN(value) ? null : value)

testModule(pivot, {
  test,
  options: { levels: 4 }, // the fifth is warm after 20,480 candles only
  events: fixtures.candles('BTC/USDT', '1m', { count: 8000 }),
  batch(events, options) {
    const rules = options as unknown as PivotRules
    const candles = candlesOf(events)
    const announced = batch(candles, rules)
    const closes = candles.map(({ close }) => Number(close))
    const levels = [1, 2, 3, 4].flatMap((depth) =>
      Object.entries(levelFeatures(depth, announced, closes)).map(([name, value]) => [`l${depth}${name}`, missing(value)]))
    const swings = Object.entries(nearest(announced, candles)).map(([name, value]) => [name, missing(value)])
    return Object.fromEntries([...levels, ...swings]) as Record<string, number | null>
  },
})

test('classic points are those of the day before, whatever candle of the day it is', () => {
  const events = [...fixtures.candles('BTC/USDT', '1m', { count: 5000 })]
  for (const count of [1400, 1441, 2879, 2881, 5000]) {
    const host = harness(pivot)
    host.feed(events.slice(0, count))
    const own = Object.entries(floorPoints(candlesOf(events.slice(0, count))))
    const rounded = (value: number | null | undefined) => value?.toFixed(6) ?? null
    expect(own.map(([name]) => rounded(host.features[name as 'ppBps0']))).toEqual(own.map(([, value]) => rounded(count <= 1440 ? null : value)))
    expect([host.features.r4Bps0, host.features.ppBps1]).toEqual([null, null])
  }
})

test('chosen kinds of classic points have a column each, in the order of the option', () => {
  const events = fixtures.candles('BTC/USDT', '1m', { count: 200 })
  const host = harness(pivot, { options: { classic: ['camarilla', 'demark', 'floor'], period: 'candles', periodCandles: 50 } })
  host.feed(events)
  const candles = candlesOf([...events])
  const [window, close] = [candles.slice(-51, -1), candles.at(-1)?.close ?? NaN]
  const [high, low, last] = [Math.max(...window.map((one) => one.high)), Math.min(...window.map((one) => one.low)), window.at(-1)?.close ?? NaN]
  expect(host.features.r4Bps0).toBeCloseTo(1e4 * Math.log((last + 0.55 * (high - low)) / close), 6)
  expect(host.features.ppBps2).toBeCloseTo(1e4 * Math.log((high + low + last) / 3 / close), 6)
  expect([host.features.r1Bps1 === null, host.features.r2Bps1, host.features.ppBps3]).toEqual([false, null, null])
  const none = harness(pivot, { options: { classic: [] } })
  none.feed(fixtures.candles('BTC/USDT', '1m', { count: 3000 }))
  expect(none.features.ppBps0).toBeNull()
})

const price = (i: number) => Math.round(60_000 + 2 * i + 400 * Math.sin(i / 9))
const waves = Array.from({ length: 240 }, (_, i): MarketInput => {
  const [open, close, openTime] = [price(i), price(i + 1), i * 60e6]
  return {
    kind: 'candle',
    symbol: 'BTC/USDT',
    timeframe: '1m',
    openTime,
    tsEvent: openTime + 60e6,
    open,
    close,
    volume: 1,
    high: Math.max(open, close) + 5,
    low: Math.min(open, close) - 5,
  }
})

test('a rising wave has eight pivots of level 1 in four hours, alternating, each known two candles later', () => {
  const host = harness(pivot)
  host.feed(waves)
  const pivots = host.emitted('pivot:confirm')
  expect(pivots.map(({ level, side, price: at, lagBars }) => [level, side, at, lagBars]).slice(0, 2)).toEqual([
    [1, 'high', 60433, 2],
    [1, 'low', 59679, 2],
  ])
  expect(pivots).toHaveLength(8)
  expect([host.features.l1Trend, host.features.l3Trend]).toEqual([1, null])
})

test('a pivot says when it was and when it was known, and the second is the time of the event', () => {
  const host = harness(pivot)
  host.feed(waves)
  const [first] = host.emitted('pivot:confirm')
  expect(first).toMatchObject({
    id: `BTC/USDT|1m|L1H|${13 * 60e6}`,
    timeframe: '1m',
    pivotTime: 13 * 60e6,
    confirmedAt: 16 * 60e6,
    tsEvent: 16 * 60e6,
    volume: 1,
    strength: 0,
  })
  expect(host.emitted('pivot:confirm').at(-1)?.strength).toBe(0.6)
})

test('pivots of one candle come by level, highs before lows', () => {
  const host = harness(pivot)
  host.feed(fixtures.candles('BTC/USDT', '1m', { count: 4000, seed: 3 }))
  const order = host
    .emitted('pivot:confirm')
    .map(({ sequence, level, side }) => 100 * sequence + 10 * level + (side === 'high' ? 0 : 1))
  expect(order.length).toBeGreaterThan(1000)
  expect(order).toEqual(order.toSorted((a, b) => a - b))
})

test('every listed timeframe is announced; columns follow the first', () => {
  const events = [
    ...fixtures.candles('BTC/USDT', '1m', { count: 500 }),
    ...fixtures.candles('BTC/USDT', '5m', { count: 100 }),
  ]
  const [both, one] = [
    harness(pivot, { options: { timeframes: ['5m', '1m'] } }),
    harness(pivot, { options: { timeframes: ['5m'] } }),
  ]
  both.feed(events)
  one.feed(events)
  expect(new Set(both.emitted('pivot:confirm').map(({ timeframe }) => timeframe))).toEqual(new Set(['5m', '1m']))
  expect(both.features).toEqual(one.features)
})

test('the warm-up grows with span and levels, and covers each timeframe', () => {
  const { warmup, options = {} } = definitionOf(pivot)
  const of = (given: Readonly<Record<string, unknown>>) =>
    (warmup as (values: unknown) => unknown)(resolveOptions('pivot', options, given).values)
  expect(of({})).toEqual({ '1m': 20_480 })
  expect(of({ levels: 2, timeframes: ['1m', '1h'], classic: [] })).toEqual({ '1m': 320, '1h': 320 })
  expect(of({ levels: 2, timeframes: ['1m', '1h'] })).toEqual({ '1m': 2880, '1h': 320 })
  expect(of({ levels: 2, timeframes: ['1h'], period: 'month' })).toEqual({ '1h': 1488 })
  expect(of({ levels: 1, period: 'candles', periodCandles: 99 })).toEqual({ '1m': 100 })
})

test('levels beyond the option are missing', () => {
  const host = harness(pivot, { options: { levels: 1 } })
  host.feed(fixtures.candles('BTC/USDT', '1m', { count: 500 }))
  expect(host.features.l1Trend).not.toBeNull()
  expect(host.features.l2HighBps).toBeNull()
})
