import type { MarketInput } from '@tapeloom/core'
import { harness } from '@tapeloom/core/testing'
import { describe, expect, test } from 'vitest'
import { cob } from './index.ts'

type Levels = readonly (readonly [number, number])[]
const symbol = 'BTC/USDT' as const
const book = (seconds: number, update: 'snapshot' | 'delta', bids: Levels, asks: Levels): MarketInput => ({
  kind: 'book', symbol, tsEvent: Math.round(seconds * 1e6), update, bids, asks,
})
const trade = (seconds: number, aggressor: 'buy' | 'sell', price: number, quantity: number): MarketInput => ({
  kind: 'trade', symbol, tsEvent: Math.round(seconds * 1e6), price, quantity, aggressor,
})
// 50 buckets of 10 a side, 1 to 3 in each
const side = (from: number, step: number): Levels => Array.from({ length: 50 }, (_, i) => [from + step * i, 1 + (i % 3)] as const)
/** Median 2, MAD 1: a wall is above 7.93. */
const quiet = (seconds: number) => book(seconds, 'snapshot', side(60_005, -10), side(60_015, 10))
const tick = (seconds: number) => book(seconds, 'delta', [[1, seconds]], [])
const start = [quiet(1), book(1.1, 'delta', [[59_965, 20]], []), tick(2), tick(4)]

describe('walls', () => {
  test('a bucket that stands out for three seconds is announced once', () => {
    const host = harness(cob)
    host.feed(start)
    expect(host.emitted('cob:wall')).toEqual([])
    host.feed([tick(4.1), tick(5)])
    expect(host.emitted('cob:wall')).toMatchObject([{ side: 'bid', price: 59_960, quote: 20 * 59_960, state: 'up', tsInit: 4.1e6 }])
    expect(host.features.wallBidBps).toBeCloseTo(1e4 * (1 - 59_960 / 60_010), 9)
    expect(host.features.wallAskBps).toBeNull()
  })

  test('what was traded there in time was eaten, the rest was pulled', () => {
    const host = harness(cob)
    host.feed([...start, tick(4.1), trade(4.95, 'sell', 59_965, 5), trade(4.95, 'buy', 59_965, 9), trade(4.95, 'sell', 59_955, 9)])
    host.feed([book(5, 'delta', [[59_965, 4]], []), trade(5.05, 'sell', 59_965, 2), tick(5.05), tick(5.1), tick(5.5)])
    expect(host.emitted('cob:wall').slice(1)).toMatchObject([
      { side: 'bid', price: 59_960, quote: 7 * 59_960, state: 'eaten', tsInit: 5.1e6 },
      { side: 'bid', price: 59_960, quote: 9 * 59_960, state: 'pulled', tsInit: 5.1e6 },
    ])
    expect(host.features.wallBidBps).toBeNull()
  })

  test('a wall that the price goes through is gone', () => {
    const host = harness(cob)
    host.feed([quiet(1), book(1.1, 'delta', [], [[60_025, 30]]), tick(4.2)])
    expect(host.features.wallAskBps).toBeCloseTo(1e4 * (60_030 / 60_010 - 1), 9)
    host.feed([trade(4.25, 'buy', 60_025, 30), book(4.3, 'delta', [[60_026, 1]], [[60_015, 0], [60_025, 0]]), tick(4.4)])
    expect(host.emitted('cob:wall').map(({ state, side: at, quote }) => [state, at, quote])).toEqual([
      ['up', 'ask', 30 * 60_030], ['eaten', 'ask', 30 * 60_030],
    ])
  })

  test('a wall that is left behind, or whose book is lost, is not said to be pulled', () => {
    const host = harness(cob)
    host.feed([...start, tick(4.1), { kind: 'gap', symbol, tsEvent: 4.5e6, reason: 'test' }, quiet(5), tick(5.1), tick(5.3)])
    expect(host.emitted('cob:wall').map(({ state }) => state)).toEqual(['up'])
    const other = harness(cob)
    const up: Levels = Array.from({ length: 50 }, (_, i) => [60_015 + 10 * i, 0] as const)
    other.feed([...start, tick(4.1), book(4.5, 'delta', side(60_505, -10), [...up, ...side(60_515, 10)]), tick(4.7), tick(5)])
    expect(other.emitted('cob:wall').map(({ state }) => state)).toEqual(['up'])
  })

  test('where most buckets are equal or unknown nothing stands out', () => {
    const host = harness(cob)
    host.feed([book(1, 'snapshot', [[60_005, 99]], [[60_015, 1]]), tick(2), tick(5), tick(6)])
    expect(host.emitted('cob:wall')).toEqual([])
  })

  test('trades in a rush do not fill the memory', () => {
    const host = harness(cob)
    host.feed([...start, tick(4.1), ...Array.from({ length: 3000 }, (_, i) => trade(4.2 + i / 1e6, 'sell', 59_965, 0.001))])
    host.feed([book(4.3, 'delta', [[59_965, 0]], []), tick(4.5)])
    expect(host.emitted('cob:wall')[1]?.quote).toBeGreaterThan(0.5 * 59_960)
  })
})
