import type { Candle, MarketInput } from '@tapeloom/core'
import { definitionOf } from '@tapeloom/core'
import { fixtures, harness, testModule } from '@tapeloom/core/testing'
import { expect, test } from 'vitest'
import { extrema, type Extreme } from './index.ts'

const closesOf = (events: readonly MarketInput[]) => events.flatMap((event) => (event.kind === 'candle' ? [Number(event.close)] : []))

/** The features by definition: from each turn on, the first close that is theta below the highest or above the lowest. */
function byDefinition(closes: readonly number[], theta: number) {
  let [direction, from, extremeBar, turnBar] = [0, 0, NaN, NaN]
  const turnAfter = () => {
    let [highest, lowest] = [from, from]
    return closes.findIndex((close, bar) => {
      if (bar < from) return false
      if (close > closes[highest]!) highest = bar
      if (close < closes[lowest]!) lowest = bar
      const up = direction <= 0 && close >= closes[lowest]! * (1 + theta)
      const down = direction >= 0 && close <= closes[highest]! * (1 - theta)
      if (up || down) [direction, extremeBar] = [up ? 1 : -1, up ? lowest : highest]
      return up || down
    })
  }
  for (let next = turnAfter(); next >= 0; next = turnAfter()) turnBar = from = next
  const [last, extreme, turn] = [closes.at(-1) ?? NaN, closes[extremeBar] ?? NaN, closes[turnBar] ?? NaN]
  return {
    direction: direction === 0 ? null : direction,
    overshoot: direction === 0 ? null : (direction * (last - turn)) / (theta * extreme),
    lastExtremeBps: direction === 0 ? null : 1e4 * Math.log(extreme / last),
    barsSinceExtreme: direction === 0 ? null : closes.length - 1 - extremeBar,
  }
}

testModule(extrema, {
  test,
  options: { theta: 60 },
  events: fixtures.candles('BTC/USDT', '1m', { count: 16_000 }),
  batch: (events) => byDefinition(closesOf(events), 0.006),
})

const candle = (i: number, high: number, low: number, close: number): MarketInput => ({
  kind: 'candle', symbol: 'BTC/USDT', timeframe: '1m', openTime: i * 60e6, tsEvent: (i + 1) * 60e6, open: close, high, low, close, volume: 1,
})
const closes = (...values: readonly number[]) => values.map((close, i) => candle(i, close, close, close))

test('an extreme is announced by the close that has reversed by theta, with both times', () => {
  const host = harness(extrema)
  host.feed(closes(100, 102, 105, 104.5, 103.95, 103))
  expect(host.emitted('extrema:confirm').map(({ side, price }) => [side, price])).toEqual([['low', 100], ['high', 105]])
  expect(host.emitted('extrema:confirm')[1]).toMatchObject({ timeframe: '1m', extremeTime: 120e6, confirmedAt: 300e6, lagBars: 2, tsEvent: 300e6 })
  expect(host.features).toEqual({
    direction: -1, overshoot: expect.closeTo(0.95 / 1.05, 9) as number, lastExtremeBps: expect.closeTo(1e4 * Math.log(105 / 103), 9) as number, barsSinceExtreme: 3,
  })
})

test('a rising, a still and a falling series have no extreme but the one they begin with', () => {
  for (const step of [1, 0, -1]) {
    const host = harness(extrema)
    host.feed(closes(...Array.from({ length: 50 }, (_, i) => 1000 + 5 * step * i)))
    expect(host.emitted('extrema:confirm')).toHaveLength(step === 0 ? 0 : 1)
    expect(host.features.direction).toBe(step === 0 ? null : step)
  }
})

test('highs and lows confirm earlier than closes, and a candle reverses no extreme of its own', () => {
  const events = [[100, 100], [102, 101], [105, 101.5], [104.5, 104.2], [104, 103.9]].map(([high = 0, low = 0], i) => candle(i, high, low, high))
  const host = harness(extrema, { options: { prices: 'range' } })
  host.feed(events)
  expect(host.emitted('extrema:confirm').map(({ side, price, lagBars }) => [side, price, lagBars])).toEqual([['low', 100, 1], ['high', 105, 2]])
})

test('theta in ATR says nothing before the average is known, and then follows the ranges', () => {
  const host = harness(extrema, { options: { unit: 'atr', theta: 3 } })
  const wave = (i: number) => 1000 + 10 * Math.sin(i / 5)
  const events = Array.from({ length: 200 }, (_, i) => candle(i, wave(i) + 1, wave(i) - 1, wave(i)))
  host.feed(events.slice(0, 14))
  expect(host.features.direction).toBeNull()
  host.feed(events.slice(14))
  expect(host.emitted('extrema:confirm').length).toBeGreaterThan(8)
  const still = harness(extrema, { options: { unit: 'atr' } })
  still.feed(closes(...Array.from({ length: 100 }, () => 1000)))
  expect(still.emitted('extrema:confirm')).toEqual([])
})

test('a theta that is not positive is refused', () => {
  expect(() => harness(extrema, { options: { theta: 0 } })).toThrow(/theta/)
})

test('an extreme that was announced before a restart is not announced again', () => {
  const { state: fresh, on } = definitionOf(extrema)
  const options = { theta: 100, unit: 'bps', prices: 'close', timeframe: '1m' }
  const told: Extreme[] = []
  const hear = (state: unknown, event: MarketInput) =>
    on?.['candle:close']?.({ ...event, closeTime: (event as { openTime: number }).openTime + 60e6 } as unknown as Candle as never,
      { state, options, features: {}, emit: (_topic: string, one: Extreme) => void told.push(one) } as never)
  const prices = closes(100, 102, 105, 103, 106)
  const before = fresh?.(options as never, {} as never)
  for (const event of prices) hear(before, event)
  const count = told.length
  const after = fresh?.(options as never, {} as never, before)
  for (const event of prices) hear(after, event)
  expect([count, told.length]).toEqual([3, 3])
  hear(after, candle(4, 200, 200, 200)) // late
  hear(after, candle(5, 100, 100, 100))
  expect(told).toHaveLength(4)
})
