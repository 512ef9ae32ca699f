import { createRandom, instrument, type BookMessage, type Instrument } from '@tapeloom/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConsolidatedBook } from './consolidated-book.ts'
import { ConsolidatedSide } from './consolidated-side.ts'
import { VenueBook } from './venue-book.ts'

const spot = (venue: string, tickSize = '0.1', lotSize = '0.001'): Instrument => instrument('BTC/USDT', { venue, tickSize, lotSize })
const message = (update: 'snapshot' | 'delta', bids: BookMessage['bids'], asks: BookMessage['bids'], partial = false): BookMessage => ({
  kind: 'book', update, bids, asks, ...(partial && { partial }),
})
function depth(book: ConsolidatedBook, side: 'bid' | 'ask', levels: number) {
  const [prices, quantities] = [new Float64Array(levels), new Float64Array(levels)]
  const count = book.depth(side, levels, prices, quantities)
  return { count, prices: [...prices], quantities: [...quantities] }
}
function venuesAt(book: ConsolidatedBook, side: 'bid' | 'ask', price: number): number[] {
  const quantities = new Float64Array(book.instruments.length)
  book.venuesAt(side, price, quantities)
  return [...quantities]
}

describe('ConsolidatedSide', () => {
  test.each([[2, 300, 1], [4, 20_000, 1], [7, 40_000, 1], [9, 3_000_000, 1], [4, 12, 8192], [6, 40, 4096]])('of %i venues over %i prices, %i ticks apart, equals a map of maps', (venues, spread, apart) => {
    const update = fc.tuple(fc.nat(venues - 1), fc.nat(spread).map((price) => price * apart), fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 1e6 })))
    fc.assert(fc.property(fc.array(update, { maxLength: 300 }), fc.nat(venues - 1), (updates, leaver) => {
      const side = new ConsolidatedSide('bid', venues, 8192)
      const oracle = new Map<number, number[]>()
      const put = (venue: number, ticks: number, lots: number) => {
        const all = oracle.get(ticks) ?? Array<number>(venues).fill(0)
        oracle.set(ticks, all)
        all[venue] = lots
      }
      const compare = () => {
        const total = (all: readonly number[]) => all.reduce((sum, lots) => sum + lots, 0)
        const wanted = [...oracle].map(([ticks, all]) => [ticks, total(all)] as const).filter(([, lots]) => lots > 0).sort((a, b) => b[0] - a[0])
        const [ticks, lots] = [new Float64Array(400), new Float64Array(400)]
        const count = side.sum.top(400, ticks, lots)
        expect(Array.from({ length: count }, (_, i) => [ticks[i], lots[i]])).toEqual(wanted)
        for (const [price, all] of oracle) expect(all.map((_, venue) => side.get(venue, price))).toEqual(all)
        expect(side.levelsOf(0)).toBe([...oracle.values()].filter((all) => all[0]! > 0).length)
      }
      for (const [venue, offset, lots] of updates) {
        side.set(venue, 1e6 + offset, lots)
        put(venue, 1e6 + offset, lots)
      }
      compare()
      side.remove(leaver)
      for (const all of oracle.values()) all[leaver] = 0
      compare()
    }), { numRuns: 60 })
  })
})

describe('ConsolidatedBook', () => {
  test('prices and quantities of venues with other steps meet on the common divisor', () => {
    const book = new ConsolidatedBook([spot('a', '0.5', '0.01'), spot('b', '0.2', '0.004')])
    expect([book.tick, book.lot]).toEqual([{ k: 1, scale: 10 }, { k: 2, scale: 1000 }])
    book.set(0, 'bid', 200, 150)
    book.set(1, 'bid', 500, 250)
    book.set(1, 'bid', 499, 1)
    book.set(1, 'ask', 502, 5)
    expect(depth(book, 'bid', 3)).toEqual({ count: 2, prices: [100, 99.8, 0], quantities: [2.5, 0.004, 0] })
    expect(venuesAt(book, 'bid', 100)).toEqual([1.5, 1])
    expect([book.bestBid, book.bestBidQuantity, book.bestAsk, book.bestAskQuantity, book.midPrice]).toEqual([100, 2.5, 100.4, 0.02, 100.2])
  })

  test('contracts become base: linear by their size, inverse by their size over the price', () => {
    const linear = (venue: string, contractSize: string) => instrument('BTC/USDT:USDT', { venue, tickSize: '0.1', lotSize: '1', contractSize })
    const lines = new ConsolidatedBook([linear('a', '0.01'), linear('b', '1')])
    lines.set(0, 'bid', 1000, 150)
    lines.set(1, 'bid', 1000, 2)
    expect([lines.bestBidQuantity, venuesAt(lines, 'bid', 100)]).toEqual([3.5, [1.5, 2]])
    const inverse = (venue: string, contractSize: string) => instrument('BTC/USD:BTC', { venue, tickSize: '0.5', lotSize: '1', contractSize })
    const book = new ConsolidatedBook([inverse('a', '100'), inverse('b', '1')])
    book.set(0, 'ask', 80_000, 8)
    book.set(1, 'ask', 80_000, 100)
    expect([book.bestAsk, book.bestAskQuantity, venuesAt(book, 'ask', 40_000)]).toEqual([40_000, 0.0225, [0.02, 0.0025]])
    book.set(0, 'ask', 80_000, 0)
    book.set(1, 'ask', 80_000, 0)
    expect(book.asks.sum.levels).toBe(0)
  })

  test.each([
    ['a perpetual', instrument('BTC/USDT:USDT', { venue: 'b', tickSize: '0.1', lotSize: '1' })],
    ['another quote', instrument('BTC/USD', { venue: 'b', tickSize: '0.1', lotSize: '1' })],
    ['another base', instrument('ETH/USDT', { venue: 'b', tickSize: '0.1', lotSize: '1' })],
  ])('%s is no part of a spot book', (_, other) => {
    expect(() => new ConsolidatedBook([spot('a'), other])).toThrow('are not one good')
  })

  test('futures of two expiries, no venues and steps without a common divisor are refused', () => {
    const future = (expiry: string) => instrument(`BTC/USD:BTC-${expiry}`, { venue: expiry, tickSize: '0.1', lotSize: '1' })
    expect(() => new ConsolidatedBook([future('210924'), future('211231')])).toThrow('BTC/USD inverse 211231')
    expect(() => new ConsolidatedBook([])).toThrow('has no venues')
    expect(() => new ConsolidatedBook([spot('a', '1000000000'), spot('b', '0.000000000001')])).toThrow('no common divisor')
  })

  test('crossed and locked are said, and no level is deleted', () => {
    const book = new ConsolidatedBook([spot('a'), spot('b')])
    expect([book.status, book.coverage, book.crossed, book.locked, book.crossBps]).toEqual(['empty', 0, false, false, NaN])
    book.set(0, 'bid', 1000, 1)
    book.set(0, 'ask', 1001, 1)
    expect([book.status, book.coverage, book.crossed, book.crossBps]).toEqual(['live', 0.5, false, 0])
    book.set(1, 'ask', 1000, 1)
    expect([book.coverage, book.crossed, book.locked, book.crossBps]).toEqual([1, false, true, 0])
    book.set(1, 'ask', 990, 2)
    expect([book.crossed, book.locked]).toEqual([true, false])
    expect(book.crossBps).toBeCloseTo(100.5025, 4)
    expect(depth(book, 'ask', 4).prices.slice(0, 3)).toEqual([99, 100, 100.1])
  })

  test('a newer quote evicts the older levels of other venues that it crosses, until their venue updates that side', () => {
    const book = new ConsolidatedBook([spot('a'), spot('b'), spot('c')])
    for (const [ticks, lots] of [[1000, 1], [998, 2], [995, 3]] as const) book.set(0, 'bid', ticks, lots)
    book.set(0, 'ask', 1001, 1)
    book.set(2, 'bid', 996, 7)
    book.set(1, 'ask', 997, 4)
    expect(book.bbo()).toEqual({ bid: 100, bidQuantity: 0.001, ask: 99.7, askQuantity: 0.004 })
    expect(book.bbo({ evictOlderCrossed: true })).toEqual({ bid: 99.6, bidQuantity: 0.007, ask: 99.7, askQuantity: 0.004 })
    book.set(0, 'bid', 995, 5)
    expect(book.bbo({ evictOlderCrossed: true })).toEqual({ bid: 100, bidQuantity: 0.001, ask: 100.1, askQuantity: 0.001 })
    book.set(0, 'bid', 1000, 0)
    book.set(0, 'bid', 998, 0)
    expect(book.bbo({ evictOlderCrossed: true })).toEqual({ bid: 99.6, bidQuantity: 0.007, ask: 99.7, askQuantity: 0.004 })
  })

  test('eviction reads past hundreds of levels, and a side may have nothing left', () => {
    const book = new ConsolidatedBook([spot('a'), spot('b')])
    for (let i = 0; i < 300; i++) book.set(0, 'bid', 1000 + i, 1)
    book.set(1, 'ask', 1005, 1)
    expect(book.bbo({ evictOlderCrossed: true })).toMatchObject({ bid: 100.5, ask: 100.5 })
    book.set(1, 'ask', 900, 1)
    expect(book.bbo({ evictOlderCrossed: true })).toEqual({ bid: NaN, bidQuantity: NaN, ask: 90, askQuantity: 0.001 })
  })

  test('of four venues that follow one price, one never withdraws: crossed nearly always, and never once its quotes are evicted', () => {
    const random = createRandom(3)
    const book = new ConsolidatedBook(['a', 'b', 'c', 'd'].map((venue) => spot(venue)))
    const own = Array.from({ length: 4 }, () => ({ bid: NaN, ask: NaN }))
    let [price, crossed, evicted] = [10_000, 0, 0]
    for (let step = 0; step < 20_000; step++) {
      price += random.integer(5) - 2 + (step < 500 ? 1 : 0)
      const venue = random.integer(step < 20 ? 4 : 3)
      const last = own[venue]!
      for (const side of ['bid', 'ask'] as const) {
        const ticks = price + (side === 'bid' ? -1 : 1) * (1 + random.integer(3))
        if (!Number.isNaN(last[side])) book.set(venue, side, last[side], 0)
        book.set(venue, side, ticks, 1 + random.integer(9))
        last[side] = ticks
      }
      if (step < 1000) continue
      if (book.crossed) crossed++
      const { bid, ask } = book.bbo({ evictOlderCrossed: true })
      if (bid > ask) evicted++
    }
    expect(crossed / 19_000).toBeGreaterThan(0.9)
    expect(evicted).toBe(0)
  })

  test('with eviction it equals quotes taken one by one from the newest, over many levels', () => {
    const update = fc.tuple(fc.nat(3), fc.boolean(), fc.integer({ min: 900, max: 1000 }), fc.integer({ min: 0, max: 2 }))
    fc.assert(fc.property(fc.array(update, { maxLength: 400 }), (updates) => {
      const book = new ConsolidatedBook(['a', 'b', 'c', 'd'].map((venue) => spot(venue)))
      const sides = Array.from({ length: 8 }, (_, i) => ({ bid: i < 4, venue: i % 4, at: 0, levels: new Map<number, number>() }))
      for (const [i, [venue, bid, ticks, lots]] of updates.entries()) {
        book.set(venue, bid ? 'bid' : 'ask', ticks, lots)
        const side = sides[bid ? venue : 4 + venue]!
        side.at = i + 1
        if (lots === 0) side.levels.delete(ticks)
        else side.levels.set(ticks, lots)
      }
      if (!book.crossed) return
      const standing: { bid: boolean; venue: number; best: number }[] = []
      for (const { bid, venue, levels } of sides.toSorted((a, b) => b.at - a.at)) {
        const against = standing.filter((one) => one.bid !== bid && one.venue !== venue).map(({ best }) => best)
        const kept = [...levels.keys()].filter((ticks) => against.every((other) => (bid ? ticks <= other : ticks >= other)))
        if (kept.length > 0) standing.push({ bid, venue, best: bid ? Math.max(...kept) : Math.min(...kept) })
      }
      const best = (bid: boolean) => {
        const all = standing.filter((one) => one.bid === bid).map((one) => one.best)
        return all.length === 0 ? NaN : (bid ? Math.max(...all) : Math.min(...all)) / 10
      }
      expect(book.bbo({ evictOlderCrossed: true })).toMatchObject({ bid: best(true), ask: best(false) })
    }), { numRuns: 300 })
  })

  test('where a venue has sent a cut-off book without a level, nothing but the best is known', () => {
    const venues = [new VenueBook(spot('a')), new VenueBook(spot('b'))]
    const book = new ConsolidatedBook(venues.map((venue) => venue.instrument))
    venues[0]!.apply(message('snapshot', [[100, 1], [99, 2]], [[101, 1], [102, 2]]))
    venues[1]!.apply(message('snapshot', [], [], true))
    for (const [i, venue] of venues.entries()) book.follow(i, venue)
    for (const side of ['bid', 'ask'] as const) expect(depth(book, side, 2)).toMatchObject({ count: 1, prices: [side === 'bid' ? 100 : 101, NaN] })
  })

  test('it follows the books of its venues: those that are not live leave the sum and come back whole', () => {
    const venues = [new VenueBook(spot('a')), new VenueBook(spot('b', '0.5'))]
    const book = new ConsolidatedBook(venues.map((venue) => venue.instrument))
    const take = (venue: number, one: BookMessage, at: number) => {
      venues[venue]!.heard(at)
      venues[venue]!.apply(one)
      venues[venue]!.tape.stamp.set([0, at - 1000 * (venue + 1), at])
      book.follow(venue, venues[venue]!)
    }
    take(0, message('snapshot', [[100, 1], [99, 2], [98, 3]], [[101, 1]], true), 5e6)
    expect([book.coverage, book.isLive(1), depth(book, 'bid', 4)]).toEqual([0.5, false, { count: 3, prices: [100, 99, 98, NaN], quantities: [1, 2, 3, NaN] }])
    take(1, message('snapshot', [[100, 4], [95, 1]], [[100.5, 1]]), 6e6)
    take(0, message('delta', [[100, 5], [97, 1]], []), 7e6)
    expect([book.coverage, depth(book, 'bid', 4).quantities, venuesAt(book, 'bid', 100)]).toEqual([1, [9, 2, 3, NaN], [5, 4]])
    expect([book.latency(0), book.latency(1)]).toEqual([
      { lagUs: 1000, eventAgeUs: 0, receiveAgeUs: 0 }, { lagUs: 2000, eventAgeUs: 1_001_000, receiveAgeUs: 1e6 },
    ])
    expect(venues[1]!.becameStale(12e6)).toBe(true)
    book.follow(1, venues[1]!)
    expect([book.coverage, book.bestAsk, depth(book, 'bid', 3).quantities]).toEqual([0.5, 101, [5, 2, 3]])
    take(1, message('delta', [[95, 0]], []), 13e6)
    expect([book.coverage, book.bestAsk, depth(book, 'bid', 3).quantities]).toEqual([1, 100.5, [9, 2, 3]])
    venues[0]!.lose()
    book.follow(0, venues[0]!)
    expect([book.coverage, depth(book, 'bid', 3)]).toEqual([0.5, { count: 1, prices: [100, 0, 0], quantities: [4, 0, 0] }])
    expect(new ConsolidatedBook([spot('a')]).latency(0)).toEqual({ lagUs: NaN, eventAgeUs: NaN, receiveAgeUs: NaN })
  })
})
