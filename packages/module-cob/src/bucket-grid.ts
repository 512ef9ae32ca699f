import { fromGrid, TapeloomError, toGrid, type BookReader, type BookView, type Instrument } from '@tapeloom/core'
import type { Heatmap } from './heatmap.ts'
import type { LevelReader } from './level-reader.ts'

/** Buckets kept, half of them on each side of the best. */
export const WINDOW = 256

/**
 * Lots of the book by price bucket, as plain data. Bucket n holds bids in [n, n+1) and asks in (n−1, n] bucket sizes:
 * a bucket's price is never nearer to the other side than its orders.
 */
export interface BucketGrid {
  /** Ticks of a bucket; 0 until the first book decides. */
  ticks: number
  /** Bucket of slot 0; NaN while there is nothing. */
  base: number
  readonly bids: Float64Array
  readonly asks: Float64Array
  /** Buckets from which on bids, and up to which asks, are complete. */
  bidsFrom: number
  asksTo: number
  /** The range ends where the book's knowledge does (else where the window does): a later look may find more. */
  limited: boolean
  /** The price has been where the range ends, since when more may be known. */
  passed: boolean
  /** Changes since the last comparison with the book. */
  changes: number
}

export const emptyGrid = (): BucketGrid => ({
  ticks: 0, base: NaN, bids: new Float64Array(WINDOW), asks: new Float64Array(WINDOW),
  bidsFrom: Infinity, asksTo: -Infinity, limited: false, passed: false, changes: 0,
})

/**
 * Ticks in a bucket of `size`; 0 picks by price: 1 below 10,000, else 10, and at least a tick.
 * @throws TapeloomError `cob.bucket` when a given size is not a whole number of ticks
 */
export function bucketTicks(size: number, { tick, tickSize, symbol }: Instrument, price: number): number {
  if (size === 0) return Math.max(1, toGrid(tick, price < 10_000 ? 1 : 10))
  const ticks = toGrid(tick, size)
  if (ticks >= 1 && fromGrid(tick, ticks) === size) return ticks
  const [below, above] = [Math.floor(size / tickSize) * tickSize, Math.ceil(size / tickSize) * tickSize]
  throw new TapeloomError(
    'cob.bucket',
    `[module cob, ${symbol}] bucket ${size} is not a multiple of the tick ${tickSize}. Give ${below > 0 ? `${below} or ${above}` : above}, or 0.`,
  )
}

export const bidBucket = (grid: BucketGrid, ticks: number): number => Math.floor(ticks / grid.ticks)
export const askBucket = (grid: BucketGrid, ticks: number): number => Math.ceil(ticks / grid.ticks)

/** Buckets of the best bid and the best ask; NaN without one. */
export const touch = (grid: BucketGrid, { bestBid, bestAsk }: BookReader, { tick }: Instrument): readonly [number, number] =>
  [bidBucket(grid, toGrid(tick, bestBid)), askBucket(grid, toGrid(tick, bestAsk))]

/** Fills the grid from a book, the window around its mid price. */
export function rebuild(grid: BucketGrid, book: BookReader, instrument: Instrument, reader: LevelReader): void {
  const { tick } = instrument
  grid.bids.fill(0)
  grid.asks.fill(0)
  grid.changes = 0
  grid.passed = false
  grid.base = Math.floor(toGrid(tick, book.midPrice) / grid.ticks) - WINDOW / 2
  const lowest = fromGrid(tick, grid.base * grid.ticks)
  const highest = fromGrid(tick, (grid.base + WINDOW - 1) * grid.ticks)
  const bidsFrom = fill(grid, reader.read(book, 'bid', lowest), 'bid', instrument)
  const asksTo = fill(grid, reader.read(book, 'ask', highest), 'ask', instrument)
  grid.bidsFrom = Math.max(grid.base, bidsFrom)
  grid.asksTo = Math.min(grid.base + WINDOW - 1, asksTo)
  grid.limited = bidsFrom > grid.base || asksTo < grid.base + WINDOW - 1
}

/** Adds the levels that were read; returns the outermost bucket that is complete. */
function fill(grid: BucketGrid, { prices, quantities, count, ended }: LevelReader, side: 'bid' | 'ask', { tick, lot }: Instrument): number {
  const bid = side === 'bid'
  const lots = bid ? grid.bids : grid.asks
  let bucket = NaN
  for (let i = 0; i < count; i++) {
    const ticks = toGrid(tick, prices[i]!)
    bucket = bid ? bidBucket(grid, ticks) : askBucket(grid, ticks)
    const slot = bucket - grid.base
    if (slot >= 0 && slot < WINDOW) lots[slot]! += toGrid(lot, quantities[i]!)
  }
  // The bucket of the last level may go on beyond it.
  if (bid) return ended ? -Infinity : count === 0 ? Infinity : bucket + 1
  return ended ? Infinity : count === 0 ? -Infinity : bucket - 1
}

/** Adds what a book event changed; `heatmap` notes when. */
export function apply(grid: BucketGrid, book: BookView, { tick, lot }: Instrument, heatmap?: Heatmap): void {
  const elapsed = heatmap ? Math.max(0, book.tsInit - heatmap.from) : NaN
  for (let i = 0; i < book.changes; i++) {
    const ticks = toGrid(tick, book.changePrice(i))
    const bid = book.changeSide(i) === 'bid'
    const slot = (bid ? bidBucket(grid, ticks) : askBucket(grid, ticks)) - grid.base
    if (!(slot >= 0 && slot < WINDOW)) continue
    const lots = bid ? grid.bids : grid.asks
    const change = toGrid(lot, book.changeQuantity(i)) - toGrid(lot, book.changePrevious(i))
    lots[slot]! += change
    if (heatmap) (bid ? heatmap.bids : heatmap.asks)[slot]! += change * elapsed
  }
  grid.changes += book.changes
}

/** Whether the `rows` buckets from each best on are complete. */
export const reaches = (grid: BucketGrid, bid: number, ask: number, rows: number): boolean =>
  bid - rows + 1 >= grid.bidsFrom && ask + rows - 1 <= grid.asksTo && bid < grid.base + WINDOW && ask >= grid.base

/**
 * (B − A)/(B + A) over the first `buckets` buckets from the best on each side, in [−1, 1]; NaN where they are not complete
 * or empty.
 * @param bid the best bid's bucket; `ask` the best ask's
 */
export function imbalance(grid: BucketGrid, bid: number, ask: number, buckets: number): number {
  if (!reaches(grid, bid, ask, buckets)) return NaN
  let [bids, asks] = [0, 0]
  for (let i = 0; i < buckets; i++) {
    bids += grid.bids[bid - grid.base - i]!
    asks += grid.asks[ask - grid.base + i]!
  }
  return (bids - asks) / (bids + asks)
}

/** Where two grids differ although both are complete there, in words; or undefined. */
export function difference(a: BucketGrid, b: BucketGrid): string | undefined {
  for (let bucket = Math.max(a.base, b.base); bucket < Math.min(a.base, b.base) + WINDOW; bucket++) {
    const [bidA, bidB, askA, askB] = [a.bids[bucket - a.base], b.bids[bucket - b.base], a.asks[bucket - a.base], b.asks[bucket - b.base]]
    if (bucket >= Math.max(a.bidsFrom, b.bidsFrom) && bidA !== bidB) return `bid bucket ${bucket} holds ${bidA} lots, the book ${bidB}`
    if (bucket <= Math.min(a.asksTo, b.asksTo) && askA !== askB) return `ask bucket ${bucket} holds ${askA} lots, the book ${askB}`
  }
  return undefined
}
