import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { almgrenChriss, almgrenImpact, largestQuantity, marketImpact } from './index.ts'

const file = `${process.env['TAPELOOM_DATA'] ?? '../shared/data'}/l2/coinbase_BTC-USD_L2_snapshot_2026-08-07.json.gz`
const absent = !existsSync(file)
if (absent) console.warn(`Skipped: ${file} is absent. Set TAPELOOM_DATA to the folder of recorded data.`)

const levelsOf = (levels: readonly (readonly [price: number, quantity: number])[]) => ({
  prices: Float64Array.from(levels, ([price]) => price), quantities: Float64Array.from(levels, ([, quantity]) => quantity), count: levels.length,
})
const nothing = { volume: NaN, sigmaBps: NaN }
const asks = levelsOf([[101, 1], [102, 2], [110, 5]])

describe('market impact', () => {
  test('is the walk through the book where volume or deviation are not known or 0', () => {
    for (const day of [nothing, { volume: 0, sigmaBps: 300 }, { volume: 100, sigmaBps: 0 }]) {
      const { bps, lowBps, highBps, fillable } = marketImpact(asks, 100, 2, day)
      expect([bps, lowBps, highBps, fillable]).toEqual([150, 150, 150, true])
    }
  })

  test('is at least the square root of the share of the day, Y between .5 and 1', () => {
    const { bps, lowBps, highBps } = marketImpact(asks, 100, 1, { volume: 100, sigmaBps: 3000 })
    expect([bps, lowBps, highBps]).toEqual([225, 150, 300])
    expect(marketImpact(asks, 100, 1, { volume: 100, sigmaBps: 3000, y: 0.6 })).toMatchObject({ bps: 180, lowBps: 180, highBps: 180 })
    expect(marketImpact(asks, 100, 1, { volume: 100, sigmaBps: 1 })).toMatchObject({ bps: 100, lowBps: 100, highBps: 100 })
  })

  test('beyond the book is not fillable, and tells of the part that fills', () => {
    expect(marketImpact(asks, 100, 9, nothing)).toMatchObject({ fillable: false, filled: 8, bps: (1e4 * (1 + 4 + 50)) / 800 })
    expect(marketImpact(levelsOf([]), 100, 1, nothing)).toMatchObject({ fillable: false, filled: 0, bps: NaN })
  })

  test('of nothing is 0; of less, or of no number, an error', () => {
    expect(marketImpact(asks, 100, 0, { volume: 5, sigmaBps: 5 })).toMatchObject({ bps: 0, fillable: true })
    for (const quantity of [-1, NaN, Infinity]) expect(() => marketImpact(asks, 100, quantity, nothing)).toThrow('cannot be traded')
  })

  const books = fc.array(fc.tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 1, max: 50 })), { minLength: 1, maxLength: 30 }).map((steps) => {
    let price = 10_000
    return levelsOf(steps.map(([up, quantity]) => [(price += 1 + up), quantity / 10] as const))
  })
  const days = fc.record({ volume: fc.double({ min: 1, max: 1e4, noNaN: true }), sigmaBps: fc.double({ min: 1, max: 500, noNaN: true }) })

  test('never falls with the quantity', () => {
    fc.assert(fc.property(books, days, fc.double({ min: 0, max: 150, noNaN: true }), fc.double({ min: 0, max: 5, noNaN: true }), (book, day, quantity, more) => {
      const [less, most] = [marketImpact(book, 10_000, quantity, day), marketImpact(book, 10_000, quantity + more, day)]
      expect(most.bps).toBeGreaterThanOrEqual(less.bps - 1e-9)
      expect(less.lowBps).toBeLessThanOrEqual(less.bps)
      expect(less.highBps).toBeGreaterThanOrEqual(less.bps)
    }))
  })

  test('of the largest quantity for so many bps is at most that, and of a little more it is above, or the book is empty', () => {
    fc.assert(fc.property(books, days, fc.double({ min: 0.5, max: 400, noNaN: true }), (book, day, bps) => {
      const most = largestQuantity(book, 10_000, bps, day)
      expect(marketImpact(book, 10_000, most, day).bps).toBeLessThanOrEqual(bps * (1 + 1e-9))
      const more = marketImpact(book, 10_000, most * 1.001 + 1e-6, day)
      expect(more.bps > bps || !more.fillable).toBe(true)
    }))
    expect(largestQuantity(asks, 100, 5000, nothing)).toBe(8)
  })

  test.skipIf(absent)('of a recorded Coinbase book is that measured: 1, 10 and 100 bought, 10 sold', () => {
    const { bids, asks: offers } = JSON.parse(gunzipSync(readFileSync(file)).toString()) as Record<'bids' | 'asks', [string, string][]>
    const side = (levels: readonly [string, string][]) => levelsOf(levels.map(([price, quantity]) => [Number(price), Number(quantity)] as const))
    const mid = (Number(bids[0]![0]) + Number(offers[0]![0])) / 2
    const cost = (levels: [string, string][], quantity: number) => marketImpact(side(levels), mid, quantity, nothing).bps
    expect(cost(offers, 1)).toBeCloseTo(0.794754, 6)
    expect(cost(offers, 10)).toBeCloseTo(3.005038, 6)
    expect(cost(offers, 100)).toBeCloseTo(13.319275, 6)
    expect(cost(bids, 10)).toBeCloseTo(1.571998, 6)
    expect(largestQuantity(side(offers), mid, cost(offers, 100), nothing)).toBeCloseTo(100, 6)
  })
})

describe('optimal execution', () => {
  // Table of the paper: permanent impact, then temporary impact and cost for T .1, .2 and .5 of a day; a tenth of the volume.
  test.each([
    ['IBM', 6.561, 1728, 157, 20, [[22, 32], [15, 25], [8, 18]]],
    ['DRI', 1.929, 168, 226, 22, [[32, 43], [21, 32], [12, 23]]],
  ])('%s has the impact of Almgren’s table', (_, volume, outstanding, sigmaBps, permanent, rows) => {
    for (const [i, days] of [0.1, 0.2, 0.5].entries()) {
      const { permanentBps, temporaryBps, costBps } = almgrenImpact({ share: 0.1, days, sigmaBps, turnover: outstanding / volume })
      expect(Math.abs(permanentBps - permanent)).toBeLessThan(0.5)
      expect(Math.abs(temporaryBps - rows[i]![0]!)).toBeLessThan(0.5)
      expect(Math.abs(costBps - rows[i]![1]!)).toBeLessThan(0.5)
    }
    expect(almgrenImpact({ share: 0, days: 1, sigmaBps, turnover: 1 }).costBps).toBe(0)
  })

  test('the path of Almgren and Chriss is that of their example', () => {
    const { kappa, path } = almgrenChriss({ quantity: 1e6, steps: 5, sigma: 0.95, eta: 2.5e-6, gamma: 2.5e-7, lambda: 1e-6 })
    expect(kappa).toBeCloseTo(0.60708, 5)
    for (const [i, left] of [1e6, 541_956, 289_854, 147_897, 62_142, 0].entries()) expect(Math.abs(path[i]! - left)).toBeLessThan(1)
  })

  test('without aversion to variance it is a straight line', () => {
    expect(almgrenChriss({ quantity: 4, steps: 4, sigma: 1, eta: 1, gamma: 0, lambda: 0 }).path).toEqual([4, 3, 2, 1, 0])
  })
})
