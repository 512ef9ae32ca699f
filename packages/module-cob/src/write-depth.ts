import { fromGrid, type BookReader, type Instrument } from '@tapeloom/core'
import { depthSlope, depthTo, fillPrice, type Depth } from '@tapeloom/indicators'
import { touch, WINDOW, type BucketGrid } from './bucket-grid.ts'
import { LevelReader } from './level-reader.ts'

/** Depth is summed to this far from the mid price. */
const DEPTH_RATIO = 10e-4
/** What a fill may cost at most to be told, bps. */
const WORST_FILL_BPS = 1e6
/** The cost curve is told at so many times the fill size. */
const MULTIPLES = [1, 2, 5, 10, 20]

type Slots = Record<'depth10Bid' | 'depth10Ask' | 'slopeBid' | 'slopeAsk' | 'fillBuyBps' | 'fillSellBps', number> &
  Readonly<Record<'bucketBid' | 'bucketAsk' | 'curveBuyBps' | 'curveSellBps', Float64Array>>

const bids = new LevelReader()
const asks = new LevelReader()

/** Writes the features that walk the book, depth and the cost of a fill; `isKnown` false makes them missing. */
export function writeDepth(features: Slots, book: BookReader, { kind, contractSize }: Instrument, fillSize: number, isKnown: boolean): void {
  if (!isKnown) {
    features.depth10Bid = features.depth10Ask = features.slopeBid = features.slopeAsk = features.fillBuyBps = features.fillSellBps = NaN
    features.curveBuyBps.fill(NaN)
    features.curveSellBps.fill(NaN)
    return
  }
  const mid = book.midPrice
  const [lowest, highest] = [mid * (1 - DEPTH_RATIO), mid * (1 + DEPTH_RATIO)]
  const quantity = (kind === 'inverse' ? fillSize * mid : fillSize) / contractSize
  const value = (base: number, quote: number) => contractSize * (kind === 'inverse' ? base : quote)
  const valueOfDepth = ({ base, quote }: Depth) => value(base, quote)
  const most = quantity * MULTIPLES.at(-1)!
  features.depth10Bid = valueOfDepth(depthTo(bids.read(book, 'bid', lowest, most), 'bid', lowest))
  features.depth10Ask = valueOfDepth(depthTo(asks.read(book, 'ask', highest, most), 'ask', highest))
  features.slopeBid = depthSlope(bids, 'bid', mid, lowest, value)
  features.slopeAsk = depthSlope(asks, 'ask', mid, highest, value)
  for (const [i, times] of MULTIPLES.entries()) {
    features.curveBuyBps[i] = Math.min(1e4 * (fillPrice(asks, times * quantity) / mid - 1), WORST_FILL_BPS)
    features.curveSellBps[i] = 1e4 * (1 - fillPrice(bids, times * quantity) / mid)
  }
  features.fillBuyBps = features.curveBuyBps[0]!
  features.fillSellBps = features.curveSellBps[0]!
}

/** Value of lots at a price, in quote units. */
export const valueOf = ({ lot, kind, contractSize }: Instrument, lots: number, price: number): number =>
  fromGrid(lot, lots) * contractSize * (kind === 'inverse' ? 1 : price)

/** Writes ln(1 + value) of each bucket, valued at its middle, or at the best price where that is not as good. */
export function writeBuckets(features: Slots, book: BookReader, instrument: Instrument, grid: BucketGrid, rows: number): void {
  const { tick } = instrument
  const [bid, ask] = touch(grid, book, instrument)
  const value = (lots: number, price: number) => Math.log1p(valueOf(instrument, lots, price))
  features.bucketBid.fill(NaN)
  features.bucketAsk.fill(NaN)
  for (let i = 0; i < rows; i++) {
    const [below, above] = [bid - i, ask + i]
    if (below >= grid.bidsFrom && below < grid.base + WINDOW) {
      const price = Math.min(book.bestBid, fromGrid(tick, (below + 0.5) * grid.ticks))
      features.bucketBid[i] = value(grid.bids[below - grid.base]!, price)
    }
    if (above <= grid.asksTo && above >= grid.base) {
      const price = Math.max(book.bestAsk, fromGrid(tick, (above - 0.5) * grid.ticks))
      features.bucketAsk[i] = value(grid.asks[above - grid.base]!, price)
    }
  }
}
