import type { Candle, MarketInput } from '@tapeloom/core'
import { definitionOf, resolveOptions } from '@tapeloom/core'
import { fixtures, harness, testModule } from '@tapeloom/core/testing'
import { expect, test } from 'vitest'
import { batch, pivot, type BatchPivot, type PivotRules } from './index.ts'

const candlesOf = (events: readonly MarketInput[]) =>
  events.flatMap((event) =>
    event.kind === 'candle' ? [{ ...event, closeTime: event.tsEvent } as unknown as Candle] : [],
  )

/** The columns of one level by their definitions, from all that was announced and all closes. */
function levelFeatures(depth: number, announced: readonly BatchPivot[], closes: readonly number[]) {
  const last = closes.length - 1
  const level = announced.filter((one) => one.depth === depth)
  const until = (bar: number) => level.filter(({ confirmedBar }) => confirmedBar <= bar)
  const signs = (pivots: readonly BatchPivot[], side: 0 | 1) =>
    pivots
      .filter((one) => one.side === side)
      .map(({ price, confirmedBar }, i, all) => [confirmedBar, Math.sign(price - (all[i - 1]?.price ?? NaN))] as const)
      .slice(1)
  const trendOf = (pivots: readonly BatchPivot[]) => {
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
  const bps = (pivot: BatchPivot | undefined) => (pivot ? 1e4 * Math.log(pivot.price / (closes[last] ?? NaN)) : NaN)
  return {
    Trend: trend,
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

testModule(pivot, {
  test,
  events: fixtures.candles('BTC/USDT', '1m'),
  batch(events, options) {
    const rules = options as unknown as PivotRules
    const candles = candlesOf(events)
    const announced = batch(candles, rules)
    const closes = candles.map(({ close }) => Number(close))
    return Object.fromEntries(
      [1, 2, 3, 4, 5].flatMap((depth) =>
        Object.entries(levelFeatures(depth, announced, closes)).map(([name, value]) => [
          `l${depth}${name}`,
          Number.isNaN(value) ? null : value,
        ]),
      ),
    )
  },
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
  expect(of({ levels: 2, timeframes: ['1m', '1h'] })).toEqual({ '1m': 320, '1h': 320 })
})

test('levels beyond the option are missing', () => {
  const host = harness(pivot, { options: { levels: 1 } })
  host.feed(fixtures.candles('BTC/USDT', '1m', { count: 500 }))
  expect(host.features.l1Trend).not.toBeNull()
  expect(host.features.l2HighBps).toBeNull()
})
