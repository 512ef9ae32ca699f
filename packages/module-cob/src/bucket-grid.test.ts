import { instrument, type BookMessage } from '@tapeloom/core'
import { VenueBook } from '@tapeloom/data/book'
import fc from 'fast-check'
import { depthTo, fillPrice } from '@tapeloom/indicators'
import { describe, expect, test } from 'vitest'
import {
  apply, askBucket, bidBucket, bucketTicks, difference, emptyGrid, imbalance, reaches, rebuild, WINDOW, type BucketGrid,
} from './bucket-grid.ts'
import { LevelReader } from './level-reader.ts'

const btc = instrument('BTC/USDT', { venue: 'x', tickSize: '0.5', lotSize: '0.001' })
const reader = new LevelReader()
type Levels = readonly (readonly [number, number])[]
const message = (update: 'snapshot' | 'delta', bids: Levels, asks: Levels, partial = false): BookMessage => ({
  kind: 'book', update, bids, asks, ...(partial && { partial }),
})
function bookOf(bids: Levels, asks: Levels, partial = false): VenueBook {
  const book = new VenueBook(btc)
  book.apply(message('snapshot', bids, asks, partial))
  return book
}
const gridOf = (book: VenueBook, ticks = 20): BucketGrid => {
  const grid = { ...emptyGrid(), ticks }
  rebuild(grid, book, btc, reader)
  return grid
}
const touch = (grid: BucketGrid, { ladder: { bids, asks } }: VenueBook) =>
  [bidBucket(grid, bids.bestTicks), askBucket(grid, asks.bestTicks)] as const

describe('buckets', () => {
  test('a bid counts in the bucket below it, an ask in the one above it', () => {
    const book = bookOf([[100, 1], [99.5, 2], [90, 4], [89.5, 8]], [[100.5, 3], [110, 5], [110.5, 7]])
    const grid = gridOf(book)
    const [bid, ask] = touch(grid, book)
    expect([bid, ask]).toEqual([10, 11])
    expect(Array.from({ length: 3 }, (_, i) => grid.bids[bid - grid.base - i])).toEqual([1000, 6000, 8000])
    expect(Array.from({ length: 2 }, (_, i) => grid.asks[ask - grid.base + i])).toEqual([8000, 7000])
    expect(imbalance(grid, bid, ask, 1)).toBe((1 - 8) / 9)
    expect(imbalance(grid, bid, ask, 2)).toBe((7 - 15) / 22)
  })

  test('more bids make the imbalance positive', () => {
    const book = bookOf([[100, 3]], [[101, 1]])
    expect(imbalance(gridOf(book), ...touch(gridOf(book), book), 5)).toBe(0.5)
  })

  test('buckets beyond what a partial snapshot tells are unknown, beyond a whole book they are empty', () => {
    const levels = [[[100, 1], [95, 1], [79, 1]], [[101, 1], [115, 1], [131, 1]]] as const
    const [part, whole] = [bookOf(...levels, true), bookOf(...levels)]
    const [grid, complete] = [gridOf(part), gridOf(whole)]
    expect([grid.bidsFrom, grid.asksTo, grid.limited]).toEqual([8, 13, true])
    expect(imbalance(grid, ...touch(grid, part), 3)).toBeCloseTo((2 - 2) / 4, 12)
    expect(imbalance(grid, ...touch(grid, part), 4)).toBeNaN()
    expect(complete.limited).toBe(false)
    expect(imbalance(complete, ...touch(complete, whole), 20)).toBe(0)
    expect(difference(grid, complete)).toBeUndefined()
  })

  test('changes move the buckets to where a rebuild puts them', () => {
    const level = fc.tuple(fc.integer({ min: 0, max: 400 }), fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 9999 })))
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.array(level), fc.array(level)), { maxLength: 30 }), (updates) => {
        const book = bookOf([[1000, 1]], [[1000.5, 1]])
        const grid = gridOf(book)
        for (const [bids, asks] of updates) {
          const outcome = book.apply(message('delta', bids.map(([at, q]) => [1000 - at / 2, q / 1000]), asks.map(([at, q]) => [1000.5 + at / 2, q / 1000])))
          expect(outcome).toBe('applied')
          apply(grid, book.tape.view, btc)
          if (Number.isNaN(book.midPrice)) continue
          const fresh = gridOf(book)
          expect(difference(grid, fresh)).toBeUndefined()
        }
      }),
    )
  })

  test('a difference is found on either side', () => {
    const book = bookOf([[100, 1]], [[101, 1]])
    for (const side of ['bids', 'asks'] as const) {
      const [grid, other] = [gridOf(book), gridOf(book)]
      other[side][WINDOW / 2]! += 1
      expect(difference(grid, other)).toContain(side === 'bids' ? 'bid bucket 10' : 'ask bucket 10')
    }
  })

  test('levels outside the window are left out, and a best outside is out of reach', () => {
    const book = bookOf([[5000, 1]], [[5001, 1]])
    const grid = gridOf(book)
    book.apply(message('delta', [[0.5, 5]], [[9000, 5]]))
    apply(grid, book.tape.view, btc)
    expect(grid.bids.reduce((a, b) => a + b)).toBe(1000)
    expect(reaches(grid, grid.base + WINDOW, grid.base + WINDOW + 1, 1)).toBe(false)
  })

  test.each([[9999.99, 2], [10_000, 20], [60_000, 20]])('size 0 at %s takes %s ticks', (price, ticks) => {
    expect(bucketTicks(0, btc, price)).toBe(ticks)
  })

  test('a bucket is a whole number of ticks, or it is refused', () => {
    expect(bucketTicks(2.5, btc, NaN)).toBe(5)
    expect(() => bucketTicks(0.7, btc, NaN)).toThrow('bucket 0.7 is not a multiple of the tick 0.5. Give 0.5 or 1, or 0.')
    expect(bucketTicks(0, instrument('X/Y', { venue: 'x', tickSize: '50', lotSize: '1' }), 500)).toBe(1)
  })
})

describe('levels', () => {
  const book = bookOf([[100, 1], [99, 2]], [[101, 1], [102, 2], [110, 5]])

  test('depth is summed to a price, that price included', () => {
    expect(depthTo(reader.read(book, 'bid', 99), 'bid', 99)).toEqual({ base: 3, quote: 298 })
    expect(depthTo(reader.read(book, 'ask', 101.5), 'ask', 101.5)).toEqual({ base: 1, quote: 101 })
  })

  test('depth is unknown beyond a partial snapshot and on an empty side', () => {
    const part = bookOf([[100, 1]], [[101, 1]], true)
    expect(depthTo(reader.read(part, 'bid', 90), 'bid', 90).base).toBeNaN()
    expect(depthTo(reader.read(new VenueBook(btc), 'bid', 90), 'bid', 90).quote).toBeNaN()
  })

  test('a fill takes the best first; what the book does not hold cannot be filled', () => {
    expect(fillPrice(reader.read(book, 'ask', 0, 2), 2)).toBe(101.5)
    expect(fillPrice(reader.read(book, 'ask', 0, 8), 8)).toBe((101 + 204 + 550) / 8)
    expect(fillPrice(reader.read(book, 'ask', 0, 8.001), 8.001)).toBeNaN()
  })

  test('a reader takes as many levels as it needs, up to 8192', () => {
    const deep = bookOf(Array.from({ length: 9000 }, (_, i) => [5000 - i / 2, 1] as const), [[6000, 1]])
    expect(reader.read(deep, 'bid', 4900).count).toBe(256)
    expect([reader.read(deep, 'bid', 0).count, reader.ended]).toEqual([8192, false])
    expect(reader.read(deep, 'bid', Infinity, 1e9).count).toBe(8192)
    reader.read(deep, 'bid', Infinity, 100) // begins with as many as were needed before
    expect(reader.read(deep, 'bid', Infinity, 100).count).toBe(128)
  })
})
