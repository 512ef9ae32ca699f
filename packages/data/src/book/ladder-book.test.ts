import { createRandom } from '@tapeloom/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LadderBook } from './ladder-book.ts'
import type { LevelBook } from './level-book.ts'
import { TailBook } from './tail-book.ts'

type Level = readonly [ticks: number, lots: number]

/** The slow oracle: a Map a side, sorted on each read. */
class MapBook {
  readonly bids = new Map<number, number>()
  readonly asks = new Map<number, number>()
  set(side: 'bid' | 'ask', ticks: number, lots: number): number {
    const levels = side === 'bid' ? this.bids : this.asks
    const previous = levels.get(ticks) ?? 0
    if (lots === 0) levels.delete(ticks)
    else levels.set(ticks, lots)
    return previous
  }
  top(side: 'bid' | 'ask'): Level[] {
    const sign = side === 'bid' ? -1 : 1
    return [...(side === 'bid' ? this.bids : this.asks)].sort((a, b) => sign * (a[0] - b[0]))
  }
}

function top(book: LevelBook, side: 'bid' | 'ask', levels: number): Level[] {
  const [ticks, lots] = [new Float64Array(levels), new Float64Array(levels)]
  const count = (side === 'bid' ? book.bids : book.asks).top(levels, ticks, lots)
  return Array.from({ length: count }, (_, i) => [ticks[i]!, lots[i]!])
}

/** Runs updates through both books and compares after each: what was there, the best, the levels; at the end all of it. */
function expectSame<Book extends LevelBook>(book: Book, updates: readonly (readonly ['bid' | 'ask', number, number])[]): Book {
  const oracle = new MapBook()
  for (const [side, ticks, lots] of updates) {
    expect(book.set(side, ticks, lots)).toBe(oracle.set(side, ticks, lots))
    const ladder = side === 'bid' ? book.bids : book.asks
    const [best] = oracle.top(side)
    expect(ladder.bestTicks).toBe(best?.[0] ?? NaN)
    expect(ladder.worstTicks).toBe(oracle.top(side).at(-1)?.[0] ?? NaN)
    expect(ladder.bestLots).toBe(best?.[1] ?? NaN)
    expect(ladder.levels).toBe((side === 'bid' ? oracle.bids : oracle.asks).size)
    expect(ladder.get(ticks)).toBe(lots)
    expect(top(book, side, 3)).toEqual(oracle.top(side).slice(0, 3))
  }
  expect(top(book, 'bid', 1e4)).toEqual(oracle.top('bid'))
  expect(top(book, 'ask', 1e4)).toEqual(oracle.top('ask'))
  return book
}

/** The ladder, and the sorted book beside it. */
function expectEqual(updates: readonly (readonly ['bid' | 'ask', number, number])[]): LadderBook {
  expectSame(new TailBook(), updates)
  return expectSame(new LadderBook(8192), updates)
}

const side = fc.constantFrom('bid' as const, 'ask' as const)
const lots = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 1e6 }))

describe('LadderBook and TailBook', () => {
  test.each([
    ['dense, inside the window', 100],
    ['wider than the window: overflow', 40_000],
    ['far apart: the window moves by more than its width', 3_000_000],
  ])('equals a sorted map, prices %s', (_, spread) => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5_000_000 }),
        fc.array(fc.tuple(side, fc.integer({ min: 0, max: spread }), lots), { maxLength: 300 }),
        (from, updates) => void expectEqual(updates.map(([s, offset, l]) => [s, from + offset, l])),
      ),
      { numRuns: 60 },
    )
  })

  test.each([300, 9000, 100_000])('equals a sorted map where few prices within %s ticks come and go', (spread) => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: spread }), { minLength: 2, maxLength: 12 }),
        fc.array(fc.tuple(side, fc.nat(11), lots), { minLength: 50, maxLength: 300 }),
        (pool, picks) => void expectEqual(picks.map(([s, at, l]) => [s, 7e6 + pool[at % pool.length]!, l])),
      ),
      { numRuns: 40 },
    )
  })

  test('equals a sorted map while the price walks and levels are deleted and come back', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(side, fc.integer({ min: -2500, max: 2500 }), fc.nat(40), lots), { maxLength: 400 }),
        (steps) => {
          let middle = 6_000_000
          const seen: number[] = []
          const updates = steps.map(([s, step, again, l]) => {
            middle += step
            const ticks = again < 15 ? (seen[seen.length - 1 - again] ?? middle) : middle
            seen.push(ticks)
            return [s, ticks, l] as const
          })
          expectEqual(updates)
        },
      ),
      { numRuns: 60 },
    )
  })

  test('levels that leave the window are kept in the overflow and come back when the best returns', () => {
    const updates: ['bid' | 'ask', number, number][] = []
    for (let i = 0; i < 40; i++) updates.push(['bid', 1e6 + 1000 * i, i + 1])
    for (let i = 39; i > 0; i--) updates.push(['bid', 1e6 + 1000 * i, 0])
    const up = expectEqual(updates.slice(0, 40))
    expect(up.bids.overflow).toBeGreaterThan(20)
    const down = expectEqual(updates)
    expect(down.bids.overflow).toBe(0)
    expect(down.bids.bestTicks).toBe(1e6)
  })

  test('the overflow takes, changes and deletes levels and grows beyond its first room', () => {
    const far = Array.from({ length: 200 }, (_, i) => ['ask', 1e6 + 9000 + 37 * ((i * 71) % 200), i + 1] as const)
    const book = expectEqual([['ask', 1e6, 1], ...far, ...far.map(([s, ticks], i) => [s, ticks, i % 3] as const)])
    expect(book.asks.overflow).toBe(133)
    expect([book.asks.get(1e6 + 9001), book.asks.get(2e6), book.asks.get(5)]).toEqual([0, 0, 0])
  })

  test('a long walk of the price with 3 % of the updates outside the window keeps every level', () => {
    const random = createRandom(7)
    const [ladder, tail] = [new LadderBook(8192), new TailBook()]
    let [middle, outside] = [6_000_000, 0]
    for (let i = 0; i < 300_000; i++) {
      if (i % 50 === 0) middle += random.integer(801) - 400
      if (i % 40_000 === 39_999) middle += 30_000 * (random.integer(3) - 1)
      const far = random.integer(100) < 3
      const off = far ? 8000 + random.integer(200_000) : random.integer(1500)
      const s = random.integer(2) === 0 ? 'bid' : 'ask'
      const ticks = s === 'bid' ? middle - 1 - off : middle + 1 + off
      const lots = random.integer(10) < 4 ? 0 : 1 + random.integer(1e6)
      if (far) outside++
      const isSame = ladder.set(s, ticks, lots) === tail.set(s, ticks, lots)
      const isBest = Object.is(ladder.bids.bestTicks, tail.bids.bestTicks) && Object.is(ladder.asks.bestTicks, tail.asks.bestTicks)
      if (!isSame || !isBest) throw new Error(`update ${i}: ${s} ${ticks} ${lots}`)
    }
    expect(outside / 300_000).toBeGreaterThan(0.025)
    expect(ladder.bids.overflow + ladder.asks.overflow).toBeGreaterThan(1000)
    for (const s of ['bid', 'ask'] as const) expect(top(ladder, s, 1e6)).toEqual(top(tail, s, 1e6))
    ladder.clear()
    expect([ladder.bids.worstTicks, ladder.asks.levels, top(ladder, 'bid', 5)]).toEqual([NaN, 0, []])
  })

  test('the sorted book takes prices that lie on no grid', () => {
    expectSame(new TailBook(), [['bid', 0.1, 1], ['bid', 0.3, 2], ['bid', 1 / 3, 3], ['bid', 0.3, 0], ['ask', 0.35, 1], ['ask', 1e9, 4]])
  })

  test('an empty side has no best, and negative ticks and tick 0 are prices like others', () => {
    const book = new LadderBook()
    expect([book.bids.bestTicks, book.asks.bestLots, book.bids.get(7)]).toEqual([NaN, NaN, 0])
    expect(book.crossed).toBe(false)
    expectEqual([['ask', 0, 5], ['ask', -3, 2], ['bid', 0, 1], ['bid', -70_000, 4], ['ask', -3, 0]])
    book.set('ask', 0, 1)
    expect(Object.is(book.asks.bestTicks, 0)).toBe(true)
  })

  test('a book is crossed when a bid is not below an ask, and clear empties it', () => {
    for (const book of [new LadderBook(), new TailBook()]) {
      book.set('bid', 10, 1)
      book.set('ask', 11, 1)
      expect(book.crossed).toBe(false)
      book.set('bid', 11, 1)
      expect(book.crossed).toBe(true)
      book.clear()
      expect(book.bids.levels + book.asks.levels).toBe(0)
      expect(book.crossed).toBe(false)
    }
  })

  test('the width must be a power of two within bounds', () => {
    expect(() => new LadderBook(10_000)).toThrow('[ladder] width is 10000.')
    expect(() => new LadderBook(4096)).toThrow('width is 4096')
  })
})
