import { instrument, type BookMessage } from '@tapeloom/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BookSync } from './book-sync.ts'
import { arrivalOrder, type SequenceRule, type UpdateIds } from './sequence-rule.ts'
import { TailBook } from './tail-book.ts'
import { VenueBook } from './venue-book.ts'

const btc = instrument('BTC/USDT', { venue: 'x', tickSize: '0.1', lotSize: '0.001' })
type Levels = BookMessage['bids']
const snapshot = (bids: Levels, asks: Levels, partial = false): BookMessage => ({
  kind: 'book', update: 'snapshot', bids, asks, ...(partial && { partial }),
})
const delta = (bids: Levels, asks: Levels = [], partial = false): BookMessage => ({
  kind: 'book', update: 'delta', bids, asks, ...(partial && { partial }),
})
const ids = (first: number, last = first): UpdateIds => ({ first, last, previous: first - 1 })
/** Each update begins where the one before ended. */
const consecutive = (): SequenceRule => {
  let next = NaN
  return {
    reset: (id) => void (next = id + 1),
    apply({ first, last }) {
      if (last < next) return 'drop'
      if (first > next) return 'gap'
      next = last + 1
      return 'apply'
    },
  }
}
const changes = ({ tape: { view } }: VenueBook) =>
  Array.from({ length: view.changes }, (_, i) => [
    view.changeSide(i), view.changePrice(i), view.changeQuantity(i), view.changePrevious(i),
  ])
function depth(book: VenueBook, side: 'bid' | 'ask', levels: number) {
  const [prices, quantities] = [new Float64Array(levels), new Float64Array(levels)]
  const count = book.depth(side, levels, prices, quantities)
  return { count, prices: [...prices], quantities: [...quantities] }
}

describe('VenueBook', () => {
  test('an empty book has no prices, and a delta before the snapshot is dropped', () => {
    const book = new VenueBook(btc)
    expect(book.status).toBe('empty')
    expect(book.apply(delta([[100, 1]]))).toBe('dropped')
    expect([book.status, book.bestBid, book.bestAskQuantity, book.midPrice]).toEqual(['syncing', NaN, NaN, NaN])
  })

  test('it reads back exact prices and quantities, and tells each change with what was there', () => {
    const book = new VenueBook(btc)
    expect(book.apply(snapshot([['60000.1', '0.007'], [59999.9, 2]], [['60000.3', '1.5']]))).toBe('applied')
    expect([book.status, book.bestBid, book.bestBidQuantity, book.bestAsk, book.midPrice]).toEqual(
      ['live', 60000.1, 0.007, 60000.3, 60000.2],
    )
    expect(book.tape.view.kind).toBe('snapshot')
    expect(changes(book)).toContainEqual(['bid', 60000.1, 0.007, 0])
    book.apply(delta([['60000.1', 0], [59999.9, 2], [50, 0]], [['60000.2', '0.5']]))
    expect(changes(book)).toEqual([['bid', 60000.1, 0, 0.007], ['ask', 60000.2, 0.5, 0]])
    expect(book.tape.view.bestBid).toBe(59999.9)
    expect(depth(book, 'ask', 2)).toEqual({ count: 2, prices: [60000.2, 60000.3], quantities: [0.5, 1.5] })
  })

  test('depth beyond a partial snapshot is unknown; where a whole book ends, the arrays are left alone', () => {
    const [part, whole] = [new VenueBook(btc), new VenueBook(btc)]
    for (const [book, partial] of [[part, true], [whole, false]] as const) {
      book.apply(snapshot([[100, 1], [99, 2]], [[101, 1], [102, 2]], partial))
      book.apply(delta([[90, 7]]))
    }
    expect(depth(part, 'bid', 4)).toEqual({ count: 2, prices: [100, 99, NaN, NaN], quantities: [1, 2, NaN, NaN] })
    expect([part.knownBidsFrom, part.knownAsksTo]).toEqual([99, 102])
    expect(depth(whole, 'bid', 4)).toEqual({ count: 3, prices: [100, 99, 90, 0], quantities: [1, 2, 7, 0] })
    expect([whole.knownBidsFrom, whole.knownAsksTo]).toEqual([0, Infinity])
  })

  test('where a venue keeps so many levels, the known range ends at the outermost of them, wherever it goes', () => {
    const book = new VenueBook(btc)
    book.apply(snapshot([[100, 1], [99, 2], [95, 3]], [[101, 1], [102, 2], [103, 1]], true))
    expect([book.knownBidsFrom, book.knownAsksTo]).toEqual([95, 103])
    book.apply(delta([[100.5, 1], [95, 0]], [], true))
    expect([book.knownBidsFrom, depth(book, 'bid', 4).prices]).toEqual([99, [100.5, 100, 99, NaN]])
    book.apply(delta([[100.5, 0], [100, 0], [94, 1], [90, 1]], [], true))
    expect([book.knownBidsFrom, depth(book, 'bid', 4).prices]).toEqual([90, [99, 94, 90, NaN]])
    book.apply(delta([[101, 1]], [[101, 0], [110, 7]], true))
    expect(book.knownAsksTo).toBe(110)
  })

  test('of a side that is cut off and empty nothing is known', () => {
    const book = new VenueBook(btc)
    book.apply(snapshot([[100, 1]], [], true))
    expect([book.knownAsksTo, depth(book, 'ask', 1)]).toEqual([100, { count: 0, prices: [NaN], quantities: [NaN] }])
    book.apply(snapshot([], [], true))
    expect([depth(book, 'bid', 1).prices, depth(book, 'ask', 1).prices]).toEqual([[NaN], [NaN]])
  })

  test('whatever holds its levels, it tells the same', () => {
    const level = fc.tuple(fc.integer({ min: 900, max: 1100 }), fc.integer({ min: 0, max: 3 }))
    const side = fc.array(level, { maxLength: 8 })
    const message = fc.tuple(fc.integer({ min: 0, max: 9 }), side, side, fc.boolean())
    fc.assert(fc.property(fc.array(message, { maxLength: 40 }), (messages) => {
      const books = [new VenueBook(btc), new VenueBook(btc, { levels: new TailBook() })]
      for (const [kind, bids, asks, partial] of messages) {
        const shifted = bids.map(([ticks, lots]) => [(ticks - 100) / 10, lots] as const)
        const priced = asks.map(([ticks, lots]) => [(ticks + 60) / 10, lots] as const)
        const [one, other] = books.map((book) => {
          const outcome = book.apply(kind === 0 ? snapshot(shifted, priced, partial) : delta(shifted, priced, partial))
          return [outcome, changes(book), depth(book, 'bid', 5), depth(book, 'ask', 5), book.snapshot()]
        })
        expect(one).toEqual(other)
      }
    }), { numRuns: 100 })
  })

  test('the best is known beyond the snapshot, and bids become known wherever the ask has been', () => {
    const book = new VenueBook(btc)
    book.apply(snapshot([[100, 1], [99, 2]], [[101, 1]], true))
    book.apply(delta([[100, 0], [99, 0], [95, 3], [94, 3]], [[96, 1]]))
    expect(depth(book, 'bid', 2)).toEqual({ count: 1, prices: [95, NaN], quantities: [3, NaN] })
    expect(book.knownBidsFrom).toBe(96)
    book.apply(delta([[98, 1], [97, 1], [96, 1]], [[96, 0], [99, 1]]))
    expect(depth(book, 'bid', 4)).toEqual({ count: 3, prices: [98, 97, 96, NaN], quantities: [1, 1, 1, NaN] })
    book.apply(delta([[103, 1]], [[99, 0], [101, 0], [104, 1], [105, 1]]))
    expect([book.knownAsksTo, depth(book, 'ask', 2).count]).toEqual([103, 1])
  })

  test.each([
    ['crossed', delta([[101, 1]])],
    ['invalid', delta([[99, -1]])],
    ['invalid', delta([[99, 'x']])],
    ['invalid', delta([[NaN, 1]])],
    ['invalid', delta([[0, 1]])],
    ['invalid', delta([[1e17, 1]])],
    ['invalid', delta([[99, Infinity]])],
  ])('a message that makes it %s empties it until the next snapshot', (outcome, message) => {
    const book = new VenueBook(btc)
    book.apply(snapshot([[100, 1]], [[101, 1]]))
    expect(book.apply(message)).toBe(outcome)
    expect([book.status, book.bestBid, book.tape.view.kind, book.tape.view.changes]).toEqual(['gap', NaN, 'reset', 0])
    expect(book.apply(delta([[99, 1]]))).toBe('dropped')
    expect(book.apply(snapshot([[99, 1]], [[101, 1]]))).toBe('applied')
    expect(book.status).toBe('live')
  })

  test('updates that come before the snapshot wait for it and are told with it', () => {
    const book = new VenueBook(btc, { rule: consecutive() })
    expect(book.apply(delta([[98, 9]]), ids(8, 9))).toBe('waiting')
    expect(book.status).toBe('syncing')
    expect(book.apply(delta([[100, 0], [99, 5]]), ids(10, 12))).toBe('waiting')
    expect(book.apply(snapshot([[100, 1], [97, 1]], [[101, 1]]), ids(11))).toBe('applied')
    expect(book.tape.view.kind).toBe('snapshot')
    expect(changes(book)).toEqual([['bid', 99, 5, 0], ['bid', 97, 1, 0], ['ask', 101, 1, 0]])
    expect(book.apply(delta([[99, 6]]), ids(12, 12))).toBe('dropped')
    expect(book.apply(delta([[99, 6]]), ids(13))).toBe('applied')
    expect(changes(book)).toEqual([['bid', 99, 6, 5]])
  })

  test('a missing update is a gap; a snapshot that the waiting updates do not continue keeps it', () => {
    const book = new VenueBook(btc, { rule: consecutive() })
    expect(book.apply(snapshot([[100, 1]], [[101, 1]]), ids(10))).toBe('applied')
    expect(book.apply(delta([[99, 1]]), ids(12, 13))).toBe('gap')
    expect([book.status, book.tape.view.kind]).toEqual(['gap', 'reset'])
    expect(book.apply(snapshot([[100, 1]], [[101, 1]]), ids(10))).toBe('gap')
    expect(book.apply(snapshot([[100, 1]], [[101, 1]]), ids(11))).toBe('applied')
    expect(depth(book, 'bid', 2).prices).toEqual([100, 99])
    book.lose()
    expect(book.status).toBe('gap')
    expect(book.apply(delta([[98, 1]]), ids(14))).toBe('waiting')
    expect(book.status).toBe('syncing')
    expect(book.apply(snapshot([[97, 1]], [[101, 1]]), ids(13))).toBe('applied')
    expect(book.bestBid).toBe(98)
  })

  test('a waiting update that crosses the snapshot loses the book', () => {
    const book = new VenueBook(btc, { rule: consecutive() })
    book.apply(delta([[102, 1]]), ids(11))
    expect(book.apply(snapshot([[100, 1]], [[101, 1]]), ids(10))).toBe('crossed')
    expect(book.status).toBe('gap')
    expect(() => book.apply(delta([]))).toThrow('[book x:BTC/USDT] has a sequence rule')
  })

  test('it is stale after five silent seconds and live when something is heard', () => {
    const book = new VenueBook(btc)
    book.heard(1e6)
    expect(book.becameStale(9e6)).toBe(false)
    book.apply(snapshot([[100, 1]], [[101, 1]]))
    expect([book.becameStale(6e6), book.status]).toEqual([false, 'live'])
    expect([book.becameStale(6e6 + 1), book.becameStale(7e6), book.status]).toEqual([true, false, 'stale'])
    book.heard(8e6)
    expect(book.status).toBe('live')
  })

  test('a restored book equals the saved one', () => {
    const book = new VenueBook(btc)
    book.heard(5)
    book.apply(snapshot([[100, 1], [99, 2]], [[101, 1]], true))
    book.apply(delta([[50, 3]]))
    const other = new VenueBook(btc)
    other.apply(snapshot([[7, 1]], [[8, 1]]))
    other.restore(book.snapshot())
    expect(other.snapshot()).toEqual(book.snapshot())
    expect(depth(other, 'bid', 3)).toEqual(depth(book, 'bid', 3))
    expect([other.status, other.tape.view.changes, other.knownBidsFrom]).toEqual(['live', 0, 99])
  })
})

describe('BookSync', () => {
  test('it keeps the newest updates when too many wait, and then needs a snapshot newer than the lost ones', () => {
    const sync = new BookSync<number>(consecutive())
    for (let id = 1; id <= 10_001; id++) expect(sync.update(ids(id), id)).toBe('wait')
    expect(sync.waiting).toBe(5001)
    expect(sync.snapshot(100)).toBeUndefined()
    expect(sync.live).toBe(false)
    expect(sync.snapshot(9999)).toEqual([10_000, 10_001])
    expect([sync.live, sync.waiting]).toEqual([true, 0])
    sync.clear()
    expect([sync.live, sync.update(ids(10_002), 0)]).toEqual([false, 'wait'])
  })

  test('in arrival order all fits', () => {
    const sync = new BookSync<string>(arrivalOrder())
    expect(sync.snapshot(0)).toEqual([])
    expect(sync.update(ids(5), 'a')).toBe('apply')
  })
})

test('a snapshot that is older than the live book is dropped; the same or a younger one is taken', () => {
  const book = new VenueBook(btc, { rule: consecutive() })
  book.apply(snapshot([[100, 1]], [[101, 1]]), ids(5))
  book.apply(delta([[100, 3]]), ids(6))
  expect([book.apply(snapshot([[100, 1]], [[101, 1]]), ids(5)), book.bestBidQuantity]).toEqual(['dropped', 3])
  expect([book.apply(snapshot([[100, 4]], [[101, 1]]), ids(6)), book.bestBidQuantity]).toEqual(['applied', 4])
  expect(book.apply(delta([[100, 5]]), ids(7))).toBe('applied')
})
