import { defineModule, fromGrid, fromPackage, option, TapeloomError, toGrid, type BookView, type Instrument } from '@tapeloom/core'
import { addToTimeMean, createTimeMean, timeMeanAt, type TimeMean } from '@tapeloom/indicators'
import pkg from '@tapeloom/module-cob/package.json' with { type: 'json' }
import {
  apply, askBucket, bidBucket, bucketTicks, difference, emptyGrid, imbalance, reaches, rebuild, touch, WINDOW, type BucketGrid,
} from './bucket-grid.ts'
import { cobFeatures } from './cob-features.ts'
import { beginCell, CELL_US, createHeatmap, endCell, type Heatmap, type HeatmapEvent } from './heatmap.ts'
import { LevelReader } from './level-reader.ts'
import { addTrade, forgetWalls, lookForWalls, nearestWall, noWalls, type WallEvent, type Walls } from './walls.ts'
import { valueOf, writeBuckets, writeDepth } from './write-depth.ts'

export type { HeatmapEvent } from './heatmap.ts'
export type { WallEvent } from './walls.ts'

declare module '@tapeloom/core' {
  interface EventMap {
    /** A price bucket far larger than its neighbours: it stands, or was eaten by trades, or pulled. */
    'cob:wall': WallEvent
    /** What stood near the price in the last second, or since the last event: told with the option `heatmap`. */
    'cob:heatmap': HeatmapEvent
  }
}

/** Means, buckets and walls are written on the first event of each so much receive time, µs. */
const SAMPLE_US = 100_000
/** Depth and fills, which walk the book, likewise. */
const WALK_US = 1e6
/** What a book knows beyond a snapshot's range grows where the price goes; else it is looked for this often, µs. */
const LOOK_US = 10e6
/** Buckets that the widest imbalance spans. */
const ROWS = 20
/** Changes of the book between two comparisons of all buckets with all levels. */
const CHECK_EVERY = 10_000

interface CobState {
  grid: BucketGrid
  /** Over 1, 5, 15 and 60 s. */
  readonly means: readonly TimeMean[]
  /** imbalance5 since `since`, the last event's time (µs); NaN while unknown. */
  imbalance5: number
  since: number
  readonly walls: Walls
  readonly heatmap: Heatmap
}

/** Scratch only: nothing is kept in it from event to event. */
const reader = new LevelReader()

/**
 * The order book near the price: imbalance of price buckets and its time-weighted means, spread, depth, cost of a fill.
 * @throws TapeloomError `cob.bucket` at load when `bucket` is not a whole number of ticks
 */
export const cob = defineModule({
  name: 'cob',
  ...fromPackage(pkg),
  description: 'The order book near the price.',
  options: {
    bucket: option.number({ default: 0, min: 0, unit: 'price', description: 'Bucket size; 0: by the first price, 1 below 10,000, else 10.' }),
    rows: option.integer({ default: ROWS, min: 1, max: ROWS, description: 'How many bucketBid and bucketAsk columns are written.' }),
    heatmap: option.boolean({ default: false, affects: 'none', description: 'Emits cob:heatmap for each second.' }),
    fillSize: option.number({ default: 1, min: 1e-12, unit: 'base', description: 'Quantity that fillBuyBps and fillSellBps trade.' }),
  },
  features: cobFeatures,
  warmup: { live: '62s', tolerance: 1e-9 },
  state: (options, instrument): CobState => {
    if (options.bucket > 0) bucketTicks(options.bucket, instrument, NaN)
    return {
      grid: emptyGrid(), means: [1, 5, 15, 60].map((seconds) => createTimeMean(seconds * 1e6)),
      imbalance5: NaN, since: NaN, walls: noWalls(), heatmap: createHeatmap(options.heatmap ? WINDOW : 0),
    }
  },
  stateVersion: 1,
  on: {
    trade({ price, quantity, aggressor, tsInit }, { state: { grid, walls }, instrument: { tick, lot } }) {
      if (grid.ticks === 0) return
      const ticks = toGrid(tick, price)
      const hit = aggressor === 'sell' ? { side: 'bid' as const, bucket: bidBucket(grid, ticks) } : { side: 'ask' as const, bucket: askBucket(grid, ticks) }
      addTrade(walls, { ...hit, lots: toGrid(lot, quantity), at: tsInit })
    },
    book(book, { state, options, features, instrument, emit }) {
      const now = book.tsInit
      for (const mean of state.means) addToTimeMean(mean, state.since, now, state.imbalance5)
      const isSample = Math.floor(now / SAMPLE_US) !== Math.floor(state.since / SAMPLE_US)
      const isWalk = Math.floor(now / WALK_US) !== Math.floor(state.since / WALK_US)
      const isLook = isWalk && (state.grid.passed || Math.floor(now / LOOK_US) !== Math.floor(state.since / LOOK_US))
      state.since = now
      const mid = book.midPrice
      const known = book.status === 'live' && !Number.isNaN(mid)
      features.coverage = book.status === 'live' ? 1 : 0
      features.crossed = known ? (book.bestBid >= book.bestAsk ? 1 : 0) : NaN
      features.spreadBps = known ? (1e4 * (book.bestAsk - book.bestBid)) / mid : NaN
      features.weightedMidBps = known ? weightedMidBps(book, mid) : NaN
      const isNew = known && (book.kind !== 'delta' || Number.isNaN(state.grid.base))
      // What a new snapshot does not show may have gone long ago.
      if (!known || isNew) forgetWalls(state.walls)
      const cell = options.heatmap && known && !isNew ? cellOf(state, options.rows, now, instrument) : undefined
      if (cell) emit('cob:heatmap', cell)
      if (!known) state.grid.base = state.heatmap.from = NaN
      else if (follow(state.grid, book, instrument, options.bucket, isNew, isLook, options.heatmap ? state.heatmap : undefined)) beginCell(state.heatmap, now)
      if (!known || isNew || isWalk) writeDepth(features, book, instrument, options.fillSize, known)
      const [bid, ask] = touch(state.grid, book, instrument)
      state.heatmap.bid = bid
      state.heatmap.ask = ask
      features.imbalance1 = imbalance(state.grid, bid, ask, 1)
      features.imbalance5 = state.imbalance5 = imbalance(state.grid, bid, ask, 5)
      features.imbalance20 = imbalance(state.grid, bid, ask, ROWS)
      if (known && !isNew && !isSample) return
      features.imbalanceMa1s = timeMeanAt(state.means[0]!, now)
      features.imbalanceMa5s = timeMeanAt(state.means[1]!, now)
      features.imbalanceMa15s = timeMeanAt(state.means[2]!, now)
      features.imbalanceMa60s = timeMeanAt(state.means[3]!, now)
      writeBuckets(features, book, instrument, state.grid, options.rows)
      const { grid, walls } = state
      const priceOf = (bucket: number) => fromGrid(instrument.tick, bucket * grid.ticks)
      lookForWalls(walls, grid, bid, ask, now, (side, bucket, lots, wall) =>
        emit('cob:wall', { side, price: priceOf(bucket), quote: valueOf(instrument, lots, priceOf(bucket)), state: wall }))
      features.wallBidBps = Math.max(0, 1e4 * (1 - priceOf(nearestWall(walls, 'bid')) / mid))
      features.wallAskBps = Math.max(0, Math.min(1e4, 1e4 * (priceOf(nearestWall(walls, 'ask')) / mid - 1)))
    },
  },
})

function weightedMidBps({ bestBid, bestAsk, bestBidQuantity, bestAskQuantity }: BookView, mid: number): number {
  const weighted = (bestBid * bestAskQuantity + bestAsk * bestBidQuantity) / (bestBidQuantity + bestAskQuantity)
  return 1e4 * (weighted / mid - 1)
}

/** Brings the buckets up to date: by the changes, or (then true) from the book where it is new or they are not enough. */
function follow(grid: BucketGrid, book: BookView, instrument: Instrument, size: number, isNew: boolean, isLook: boolean, heatmap: Heatmap | undefined): boolean {
  if (grid.ticks === 0) grid.ticks = bucketTicks(size, instrument, book.midPrice)
  if (isNew) {
    rebuild(grid, book, instrument, reader)
    return true
  }
  apply(grid, book, instrument, heatmap)
  if (grid.changes >= CHECK_EVERY) check(grid, book, instrument)
  const [bid, ask] = touch(grid, book, instrument)
  if (ask <= grid.bidsFrom || bid >= grid.asksTo) grid.passed = true
  if (reaches(grid, bid, ask, ROWS) || !(isLook || !grid.limited)) return false
  rebuild(grid, book, instrument, reader)
  return true
}

/** The cell that ends before this event, in base units; undefined while it goes on, or where it is not known. */
function cellOf({ heatmap, grid }: CobState, rows: number, now: number, { tick, lot }: Instrument): HeatmapEvent | undefined {
  if (!(now >= heatmap.from + CELL_US)) return undefined
  const { openTime, closeTime, bids, asks } = endCell(heatmap, grid, rows, now)
  const isKnown = reaches(grid, heatmap.bid, heatmap.ask, rows)
  beginCell(heatmap, closeTime)
  if (!isKnown) return undefined
  const quantity = (lots: number) => fromGrid(lot, lots)
  return {
    openTime, closeTime, bids: bids.map(quantity), asks: asks.map(quantity), bucket: fromGrid(tick, grid.ticks),
    bid: fromGrid(tick, heatmap.bid * grid.ticks), ask: fromGrid(tick, heatmap.ask * grid.ticks),
  }
}

/** @throws TapeloomError `cob.drift` when buckets and levels do not add up to the same */
function check(grid: BucketGrid, book: BookView, instrument: Instrument): void {
  const fresh: BucketGrid = { ...emptyGrid(), ticks: grid.ticks }
  rebuild(fresh, book, instrument, reader)
  grid.changes = 0
  const found = difference(grid, fresh)
  if (found === undefined) return
  throw new TapeloomError('cob.drift', `[module cob, ${instrument.symbol}] ${found}. A source told changes that the book did not make.`)
}
