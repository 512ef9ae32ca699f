import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { instrument, type BookMessage } from '@tapeloom/core'
import { harness } from '@tapeloom/core/testing'
import { VenueBook } from '@tapeloom/data/book'
import { depthTo, fillPrice } from '@tapeloom/indicators'
import { describe, expect, test } from 'vitest'
import { askBucket, bidBucket, emptyGrid, imbalance, rebuild } from './bucket-grid.ts'
import { cob } from './index.ts'
import { LevelReader } from './level-reader.ts'

const file = `${process.env['TAPELOOM_DATA'] ?? '../shared/data'}/l2/coinbase_BTC-USD_L2_snapshot_2026-08-07.json.gz`
const absent = !existsSync(file)
if (absent) console.warn(`Skipped: ${file} is absent. Set TAPELOOM_DATA to the folder of recorded data.`)

const btc = instrument('BTC/USD', { venue: 'coinbase', tickSize: '0.01', lotSize: '0.00000001' })
type Recorded = { readonly bids: readonly [string, string, number][]; readonly asks: readonly [string, string, number][] }
function recorded(): BookMessage {
  const { bids, asks } = JSON.parse(gunzipSync(readFileSync(file)).toString()) as Recorded
  return { kind: 'book', update: 'snapshot', bids: bids.map(([p, q]) => [p, q]), asks: asks.map(([p, q]) => [p, q]) }
}

describe.skipIf(absent)('a recorded Coinbase book of 45,393 levels', () => {
  const book = new VenueBook(btc)
  if (!absent) book.apply(recorded())
  const reader = new LevelReader()

  test('has 18,376 bids and 27,017 asks', () => {
    expect([book.ladder.bids.levels, book.ladder.asks.levels]).toEqual([18_376, 27_017])
  })

  test('has the measured imbalance of 5 and 20 buckets of 10', () => {
    const grid = { ...emptyGrid(), ticks: 1000 }
    rebuild(grid, book, btc, reader)
    const [bid, ask] = [bidBucket(grid, book.ladder.bids.bestTicks), askBucket(grid, book.ladder.asks.bestTicks)]
    expect(imbalance(grid, bid, ask, 5)).toBeCloseTo(0.006626749, 9)
    expect(imbalance(grid, bid, ask, 20)).toBeCloseTo(-0.029787484, 9)
  })

  test('has the measured depth within 10 bps', () => {
    const mid = book.midPrice
    const bids = depthTo(reader.read(book, 'bid', mid * 0.999), 'bid', mid * 0.999)
    expect(bids.base).toBeCloseTo(41.18599189, 8)
    const asks = depthTo(reader.read(book, 'ask', mid * 1.001), 'ask', mid * 1.001)
    expect(asks.base).toBeCloseTo(29.08863451, 8)
  })

  test('fills 1, 10 and 100 at the measured cost', () => {
    const cost = (side: 'bid' | 'ask', quantity: number) =>
      1e4 * Math.abs(fillPrice(reader.read(book, side, book.midPrice, quantity), quantity) / book.midPrice - 1)
    expect(cost('ask', 1)).toBeCloseTo(0.794754, 6)
    expect(cost('ask', 10)).toBeCloseTo(3.005038, 6)
    expect(cost('ask', 100)).toBeCloseTo(13.319275, 6)
    expect(cost('bid', 10)).toBeCloseTo(1.571998, 6)
  })

  test('gives the same through the module', { timeout: 60_000 }, () => {
    const host = harness(cob, { symbol: 'BTC/USD', options: { bucket: 10, fillSize: 10 } })
    // The kit's book is a sorted list, so the nearest levels only; and its lots are coarser than Coinbase's.
    const { bids, asks, ...rest } = recorded()
    host.feed([{ ...rest, symbol: 'BTC/USD', tsEvent: 0, bids: bids.slice(0, 6000), asks: asks.slice(0, 6000) }])
    expect(host.features.imbalance5).toBeCloseTo(0.006626749, 4)
    expect(host.features.imbalance20).toBeCloseTo(-0.029787484, 4)
    expect(host.features.fillBuyBps).toBeCloseTo(3.005038, 6)
    expect(host.features.fillSellBps).toBeCloseTo(1.571998, 6)
    expect(host.features.depth10Bid).toBeCloseTo(2672766.00845, 4)
  })
})
