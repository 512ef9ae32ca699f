import { fixtures, harness, testModule } from '@tapeloom/core/testing'
import type { MarketInput } from '@tapeloom/core'
import { describe, expect, test } from 'vitest'
import { cob } from './index.ts'

type Levels = readonly (readonly [number, number])[]
const book = (seconds: number, update: 'snapshot' | 'delta', bids: Levels, asks: Levels): MarketInput => ({
  kind: 'book', symbol: 'BTC/USDT', tsEvent: Math.round(seconds * 1e6), update, bids, asks,
})
const first = book(1, 'snapshot', [[60_000, 3], [59_985, 1]], [[60_001, 1], [60_012, 2]])

testModule(cob, { test, options: { bucket: 10 }, events: fixtures.book('BTC/USDT') })

describe('cob', () => {
  test('before the first book all is missing', () => {
    expect(Object.values(harness(cob).features).every((value) => value === null)).toBe(true)
  })

  test('reads the touch: spread, weighted mid, imbalance', () => {
    const host = harness(cob)
    host.feed([first])
    expect(host.features).toMatchObject({ coverage: 1, crossed: 0, imbalance1: 0.5, imbalance5: (4 - 3) / 7 })
    expect(host.features.spreadBps).toBeCloseTo(1e4 / 60_000.5, 9)
    expect(host.features.weightedMidBps).toBeCloseTo((1e4 * 0.25) / 60_000.5, 9)
    expect(host.features.imbalanceMa1s).toBeNull()
  })

  test('values depth, fills and buckets', () => {
    const host = harness(cob, { options: { fillSize: 2, rows: 3 } })
    host.feed([first])
    const mid = 60_000.5
    expect(host.features.depth10Bid).toBeCloseTo(3 * 60_000 + 59_985, 6)
    expect(host.features.fillBuyBps).toBeCloseTo(1e4 * ((60_001 + 60_012) / 2 / mid - 1), 9)
    expect(host.features.fillSellBps).toBeCloseTo(1e4 * (1 - 60_000 / mid), 9)
    // The best bid's bucket is [60000, 60010): its middle would be better than the best.
    expect(host.features.bucketBid0).toBeCloseTo(Math.log(1 + 3 * 60_000), 9)
    expect(host.features.bucketBid1).toBe(0)
    expect(host.features.bucketBid2).toBeCloseTo(Math.log(1 + 59_985), 9)
    expect(host.features.bucketAsk1).toBeCloseTo(Math.log(1 + 2 * 60_015), 9)
    expect([host.features.curveBuyBps0, host.features.curveBuyBps1]).toEqual([host.features.fillBuyBps, null])
    expect(host.features.curveSellBps1).toBeCloseTo(1e4 * (1 - (3 * 60_000 + 59_985) / 4 / mid), 9)
    expect([host.features.bucketBid3, host.features.bucketAsk19]).toEqual([null, null])
  })

  test('the slope is that of a line through the mid price', () => {
    const host = harness(cob)
    const bids = Array.from({ length: 40 }, (_, i) => [10_000 - i, 1] as const)
    host.feed([book(1, 'snapshot', bids, [[10_001, 5], [10_100, 1]])])
    const mid = 10_000.5
    const points = bids.filter(([price]) => price >= mid * 0.999).map(([price], i, all) =>
      [1e4 * (1 - price / mid), all.slice(0, i + 1).reduce((sum, [at]) => sum + at, 0)] as const)
    const sum = (of: (point: readonly [number, number]) => number) => points.reduce((total, point) => total + of(point), 0)
    expect(host.features.slopeBid).toBeCloseTo(sum(([x, y]) => x * y) / sum(([x]) => x * x), 6)
    expect(host.features.slopeAsk).toBeCloseTo((5 * 10_001) / (1e4 * (10_001 / mid - 1)), 6)
  })

  test('a cell of the heatmap is the mean over its second, weighted by time', () => {
    const wide = (from: number, step: number) => Array.from({ length: 50 }, (_, i) => [from + 10 * step * i, 2] as const)
    const host = harness(cob, { options: { heatmap: true, rows: 2, bucket: 10 } })
    host.feed([
      book(1.5, 'snapshot', wide(60_005, -1), wide(60_015, 1)), book(1.9, 'delta', [[60_005, 6]], []), book(2.25, 'delta', [[60_005, 10]], []),
      book(2.5, 'delta', [[59_995, 0]], [[60_015, 3]]), book(3.1, 'delta', [[60_005, 1]], []), book(5.2, 'delta', [], []),
    ])
    expect(host.emitted('cob:heatmap')).toMatchObject([
      { openTime: 2e6, closeTime: 3e6, bid: 60_000, ask: 60_020, bucket: 10, bids: [9, 1], asks: [2.5, 2] },
      { openTime: 3e6, closeTime: 5e6, bids: [10 * 0.05 + 0.95, 0], asks: [3, 2] },
    ])
  })

  test('inverse contracts are worth the same quote units at any price', () => {
    const host = harness(cob, { symbol: 'BTC/USD:BTC', options: { fillSize: 0.0001, rows: 1 } })
    host.feed([{ ...first, symbol: 'BTC/USD:BTC' }])
    expect([host.features.depth10Bid, host.features.depth10Ask]).toEqual([4, 3])
    expect(host.features.bucketBid0).toBeCloseTo(Math.log(1 + 3), 9)
    // 0.0001 BTC are 6.00005 contracts of one dollar: more than there is
    expect(host.features.fillBuyBps).toBeNull()
  })

  test('follows changes, and averages the imbalance over time', () => {
    const host = harness(cob)
    host.feed([first, book(1.6, 'delta', [], [[60_012, 0]]), book(2, 'delta', [[60_000, 2]], [])])
    expect(host.features.imbalance5).toBe((3 - 1) / 4)
    expect(host.features.imbalanceMa1s).toBeCloseTo(0.6 * (1 / 7) + 0.4 * (3 / 5), 9)
    expect(host.features.imbalanceMa5s).toBeNull()
  })

  test('buckets wait for the next tenth of a second and depth for the next second, the imbalance does not', () => {
    const host = harness(cob)
    const [before, after] = [3 * 60_000, 60_000].map((value) => Math.log1p(value))
    host.feed([first, book(1.05, 'delta', [[60_000, 1]], [])])
    expect(host.features).toMatchObject({ imbalance1: 0, bucketBid0: before, depth10Bid: 3 * 60_000 + 59_985 })
    host.feed([book(1.1, 'delta', [[60_000, 1]], [])])
    expect(host.features).toMatchObject({ bucketBid0: after, depth10Bid: 3 * 60_000 + 59_985 })
    host.feed([book(2, 'delta', [[60_000, 1]], [])])
    expect(host.features.depth10Bid).toBe(60_000 + 59_985)
  })

  test('an empty side and a lost book leave their features missing', () => {
    const host = harness(cob)
    host.feed([first, book(1.01, 'delta', [], [[60_001, 0], [60_012, 0]])])
    const { coverage, ...rest } = host.features
    expect(coverage).toBe(1)
    expect(Object.values(rest).every((value) => value === null)).toBe(true)
    host.feed([book(3, 'delta', [], [[60_002, 1]])])
    expect(host.features.imbalance1).toBe(0.5)
  })

  test('a price that leaves the window is followed', () => {
    const host = harness(cob)
    host.feed([first])
    for (let i = 1; i <= 40; i++) {
      const price = 60_000 + 100 * i
      host.feed([book(1 + 0.01 * i, 'delta', [[price, 3], [price - 100, 1]], [[price - 99, 0], [price + 1, 1], ...(i === 1 ? [[60_012, 0] as const] : [])])])
      expect(host.features.imbalance1).toBe(0.5)
    }
  })

  test('buckets and levels still agree after 10,000 changes', () => {
    const host = harness(cob)
    host.feed(fixtures.book('BTC/USDT', { count: 990, seed: 3 }))
    const changes = Array.from({ length: 5100 }, (_, i) => book(200 + i / 1000, 'delta', [[50_000 - (i % 50), 1 + (i % 7)]], [[70_000, 1 + (i % 3)]]))
    host.feed(changes)
    expect(host.features.coverage).toBe(1)
  })

  test('a bucket that is not a whole number of ticks is refused at load', () => {
    expect(() => harness(cob, { options: { bucket: 0.005 } })).toThrow('bucket 0.005 is not a multiple of the tick 0.01')
  })
})
