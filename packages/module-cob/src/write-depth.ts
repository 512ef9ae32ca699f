import { fromGrid, type BookReader, type Instrument } from '@tapeloom/core'
import { touch, WINDOW, type BucketGrid } from './bucket-grid.ts'
import { depthTo, fillPrice } from './depth-profile.ts'
import type { LevelReader } from './level-reader.ts'

/** Depth is summed to this far from the mid price. */
const DEPTH_RATIO = 10e-4
/** What a fill may cost at most to be told, bps. */
const WORST_FILL_BPS = 1e6

type Slots = Record<'depth10Bid' | 'depth10Ask' | 'fillBuyBps' | 'fillSellBps', number> &
  Readonly<Record<'bucketBid' | 'bucketAsk', Float64Array>>

/** Writes the features that walk the book: depth, cost of a fill and buckets; NaN while the book is not live. */
export function writeDepth(
  features: Slots,
  book: BookReader,
  instrument: Instrument,
  grid: BucketGrid,
  { rows, fillSize }: { readonly rows: number; readonly fillSize: number },
  reader: LevelReader,
): void {
  features.bucketBid.fill(NaN)
  features.bucketAsk.fill(NaN)
  const mid = book.midPrice
  if (Number.isNaN(grid.base)) {
    features.depth10Bid = features.depth10Ask = features.fillBuyBps = features.fillSellBps = NaN
    return
  }
  features.depth10Bid = valueTo(book, 'bid', mid * (1 - DEPTH_RATIO), instrument, reader)
  features.depth10Ask = valueTo(book, 'ask', mid * (1 + DEPTH_RATIO), instrument, reader)
  const { kind, contractSize } = instrument
  const quantity = (kind === 'inverse' ? fillSize * mid : fillSize) / contractSize
  const bought = fillPrice(reader.readQuantity(book, 'ask', quantity), quantity)
  features.fillBuyBps = Math.min(1e4 * (bought / mid - 1), WORST_FILL_BPS)
  const sold = fillPrice(reader.readQuantity(book, 'bid', quantity), quantity)
  features.fillSellBps = 1e4 * (1 - sold / mid)
  writeBuckets(features, book, instrument, grid, rows)
}

/** Value of lots at a price, in quote units. */
export const valueOf = ({ lot, kind, contractSize }: Instrument, lots: number, price: number): number =>
  fromGrid(lot, lots) * contractSize * (kind === 'inverse' ? 1 : price)

function valueTo(book: BookReader, side: 'bid' | 'ask', price: number, { kind, contractSize }: Instrument, reader: LevelReader): number {
  const { base, quote } = depthTo(reader.readBeyond(book, side, price), side, price)
  return contractSize * (kind === 'inverse' ? base : quote)
}

/** A bucket is valued at its middle, but at the best price where that is not as good. */
function writeBuckets(features: Slots, book: BookReader, instrument: Instrument, grid: BucketGrid, rows: number): void {
  const { tick } = instrument
  const [bid, ask] = touch(grid, book, instrument)
  const value = (lots: number, price: number) => Math.log1p(valueOf(instrument, lots, price))
  for (let i = 0; i < rows; i++) {
    const below = bid - i
    if (below >= grid.bidsFrom && below < grid.base + WINDOW) {
      const price = Math.min(book.bestBid, fromGrid(tick, (below + 0.5) * grid.ticks))
      features.bucketBid[i] = value(grid.bids[below - grid.base]!, price)
    }
    const above = ask + i
    if (above <= grid.asksTo && above >= grid.base) {
      const price = Math.max(book.bestAsk, fromGrid(tick, (above - 0.5) * grid.ticks))
      features.bucketAsk[i] = value(grid.asks[above - grid.base]!, price)
    }
  }
}
