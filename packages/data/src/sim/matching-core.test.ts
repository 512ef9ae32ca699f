import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MatchingCore } from './matching-core.ts'

describe('a matching core', () => {
  test('matches the best price first, and there the oldest order, at the price that rests', () => {
    const core = new MatchingCore()
    const [first, second, dearer] = [core.limit('ask', 101, 5), core.limit('ask', 101, 5), core.limit('ask', 102, 5)]
    core.take()
    const taker = core.limit('bid', 102, 12)
    expect(core.take()).toEqual({
      fills: [
        { maker: first, taker, ticks: 101, lots: 5, aggressor: 'buy' }, { maker: second, taker, ticks: 101, lots: 5, aggressor: 'buy' },
        { maker: dearer, taker, ticks: 102, lots: 2, aggressor: 'buy' },
      ],
      bids: [], asks: [[101, 0], [102, 3]],
    })
  })
  test('what is left of a limit order rests, what is left of a market order is gone', () => {
    const core = new MatchingCore()
    core.limit('bid', 99, 2)
    expect(core.limit('ask', 99, 5)).toBe(2)
    expect([core.book.bids.levels, core.book.asks.get(99)]).toEqual([0, 3])
    expect(core.market('bid', 10)).toBe(7)
    expect(core.market('bid', 1)).toBe(1)
    expect(core.book.asks.levels).toBe(0)
  })
  test('an order is taken back once, and only what is left of it', () => {
    const core = new MatchingCore()
    const [early, late] = [core.limit('bid', 99, 4), core.limit('bid', 99, 6)]
    core.market('ask', 1)
    expect(core.ordersAt('bid', 99)).toEqual([early, late])
    expect([core.cancel(early), core.cancel(early), core.cancel(77)]).toEqual([3, 0, 0])
    expect([core.book.bids.get(99), core.ordersAt('bid', 99), core.ordersAt('ask', 99)]).toEqual([6, [late], []])
  })
  test.each([[0, 1], [1.5, 1], [1, 0], [1, -2], [NaN, 1], [1, Infinity]])('refuses an order at %d of %d', (ticks, lots) => {
    expect(() => new MatchingCore().limit('bid', ticks, lots)).toThrow(expect.objectContaining({ code: 'sim.order' }))
  })
})

/** Orders in one list a side, searched from end to end: price and time decide, by their definition. */
class PlainCore {
  readonly orders: { id: number; bid: boolean; ticks: number; lots: number }[] = []
  readonly fills: string[] = []
  #last = 0

  add(bid: boolean, ticks: number, lots: number, rests: boolean): void {
    const id = ++this.#last
    let left = lots
    for (;;) {
      const fitting = this.orders.filter((one) => one.bid !== bid && (bid ? one.ticks <= ticks : one.ticks >= ticks))
      const [maker] = fitting.sort((a, b) => (bid ? a.ticks - b.ticks : b.ticks - a.ticks) || a.id - b.id)
      if (!maker || left === 0) break
      const filled = Math.min(left, maker.lots)
      left -= filled
      maker.lots -= filled
      this.fills.push(`${maker.id} ${id} ${maker.ticks} ${filled}`)
      if (maker.lots === 0) this.orders.splice(this.orders.indexOf(maker), 1)
    }
    if (rests && left > 0) this.orders.push({ id, bid, ticks, lots: left })
  }
  cancel(id: number): void {
    const at = this.orders.findIndex((one) => one.id === id)
    if (at >= 0) this.orders.splice(at, 1)
  }
  lots(bid: boolean): Map<number, number> {
    const sums = new Map<number, number>()
    for (const one of this.orders) if (one.bid === bid) sums.set(one.ticks, (sums.get(one.ticks) ?? 0) + one.lots)
    return sums
  }
}

const order = fc.record({
  what: fc.constantFrom('limit', 'limit', 'limit', 'market', 'cancel'), bid: fc.boolean(), ticks: fc.integer({ min: 95, max: 105 }),
  lots: fc.integer({ min: 1, max: 9 }), id: fc.integer({ min: 1, max: 60 }),
})

test('fills, lots and changes are those of a search through all orders, and no book is crossed', () => {
  fc.assert(fc.property(fc.array(order, { maxLength: 60 }), (orders) => {
    const [core, plain] = [new MatchingCore(), new PlainCore()]
    const [fills, told] = [[] as string[], { bid: new Map<number, number>(), ask: new Map<number, number>() }]
    for (const { what, bid, ticks, lots, id } of orders) {
      const side = bid ? 'bid' : 'ask'
      if (what === 'cancel') core.cancel(id)
      else if (what === 'market') core.market(side, lots)
      else core.limit(side, ticks, lots)
      if (what === 'cancel') plain.cancel(id)
      else plain.add(bid, what === 'market' ? (bid ? Infinity : 0) : ticks, lots, what === 'limit')
      const taken = core.take()
      fills.push(...taken.fills.map((fill) => `${fill.maker} ${fill.taker} ${fill.ticks} ${fill.lots}`))
      for (const one of ['bid', 'ask'] as const)
        for (const [at, left] of one === 'bid' ? taken.bids : taken.asks) if (left > 0) told[one].set(at, left)
        else told[one].delete(at)
      expect(core.book.crossed).toBe(false)
    }
    expect(fills).toEqual(plain.fills)
    for (const bid of [true, false]) {
      const sums = plain.lots(bid)
      expect(told[bid ? 'bid' : 'ask']).toEqual(sums)
      for (const [at, left] of sums) expect((bid ? core.book.bids : core.book.asks).get(at)).toBe(left)
      expect((bid ? core.book.bids : core.book.asks).levels).toBe(sums.size)
    }
  }), { numRuns: 300 })
})
