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
    expect([host.features.bucketBid3, host.features.bucketAsk19]).toEqual([null, null])
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
