import { fixtures, harness, testModule } from '@tapeloom/core/testing'
import type { MarketInput } from '@tapeloom/core'
import { orderFlow } from '@tapeloom/indicators'
import { describe, expect, test } from 'vitest'
import { microstructure } from './index.ts'

type Levels = readonly (readonly [number, number])[]
const symbol = 'BTC/USDT' as const
const at = (event: MarketInput) => event.tsEvent ?? 0
const book = (seconds: number, update: 'snapshot' | 'delta', bids: Levels, asks: Levels): MarketInput => ({
  kind: 'book', symbol, tsEvent: Math.round(seconds * 1e6), update, bids, asks,
})
const trade = (seconds: number, aggressor: 'buy' | 'sell', price: number, quantity: number): MarketInput => ({
  kind: 'trade', symbol, tsEvent: Math.round(seconds * 1e6), price, quantity, aggressor,
})
const inOrder = (...tapes: readonly Iterable<MarketInput>[]) => tapes.flatMap((tape) => [...tape]).toSorted((a, b) => at(a) - at(b))
const first = book(1, 'snapshot', [[60_000, 3], [59_990, 1]], [[60_001, 1], [60_010, 2]])

/** Twenty minutes of a book that changes four times a second, and of trades. */
const books = Array.from(fixtures.book(symbol, { count: 4800 }), (event) => ({ ...event, tsEvent: 2.5 * at(event) }) as MarketInput)
testModule(microstructure, { test, options: { session: '2m' }, events: inOrder(books, fixtures.trades(symbol, { count: 1500, every: '800ms' })) })

describe('microstructure', () => {
  test('before the first event all is missing', () => {
    expect(Object.values(harness(microstructure).features).every((value) => value === null)).toBe(true)
  })

  test('order flow is the sum over the window in mean depths of the best, once the window is known', () => {
    const host = harness(microstructure)
    host.feed([first, book(1.5, 'delta', [[60_000, 5]], []), book(1.95, 'delta', [], [[60_001, 4]])])
    expect(host.features.ofi1s).toBeNull()
    expect(host.features.queueImb).toBeCloseTo(1 / 9, 12)
    host.feed([book(2.2, 'delta', [[60_000, 6]], [])])
    // The snapshot is a second old: what is left is +2 at 1.5, −3 at 1.95, +1 now; depths 3, 4.5 and 5.
    expect(host.features.ofi1s).toBeCloseTo((2 - 3 + 1) / (12.5 / 3), 12)
    host.feed([book(2.35, 'delta', [[60_000, 9]], [])])
    expect(host.features.ofi1s).toBeCloseTo(3 / ((3 + 4.5 + 5 + 6.5) / 4), 12)
    expect(host.features.ofiDeep1s).not.toBeNull()
    expect(host.features.ofi5s).toBeNull()
  })

  test('ranks add up in the multi-level flow, and can be switched off', () => {
    const tape = [first, book(1.5, 'delta', [[59_990, 4]], [[60_010, 1]]), book(2.2, 'delta', [[60_000, 4]], [])]
    const host = harness(microstructure)
    host.feed(tape)
    const flows = [3, 1, orderFlow(60_000, 3, 60_001, 1, 60_000, 4, 60_001, 1)]
    expect(flows[2]).toBe(1)
    // Mean depths of both ranks: (2 + 2.5) at 1.5 and (2.5 + 2.5) now.
    expect(host.features.ofiDeep1s).toBeCloseTo((3 + 1 + 1) / ((4.5 + 5) / 2), 12)
    const plain = harness(microstructure, { options: { deep: false } })
    plain.feed(tape)
    expect([plain.features.ofiDeep1s, plain.features.ofi1s]).toEqual([null, host.features.ofi1s])
  })

  test('a lost book leaves nothing of its flow; one that is told anew adds none', () => {
    const host = harness(microstructure)
    host.feed([first, book(2.5, 'delta', [[60_000, 5]], []), book(3, 'delta', [], [[60_001, 0], [60_010, 0]])])
    expect(host.features).toMatchObject({ ofi1s: null, queueImb: null, impactBuyBps: null })
    host.feed([book(4, 'snapshot', [[61_000, 1]], [[61_001, 1]]), book(5.5, 'snapshot', [[62_000, 1]], [[62_001, 1]])])
    expect(host.features.ofi1s).toBe(0)
  })

  test('trades: imbalance, deviation from their mean price, rate, cumulative volume', () => {
    const host = harness(microstructure)
    host.feed([trade(1, 'buy', 100, 3), trade(1.95, 'buy', 102, 1), trade(2.5, 'sell', 104, 2)])
    expect(host.features.tradeImb1s).toBeCloseTo((1 - 2) / 3, 12)
    expect(host.features.vwapDevBps1s).toBeCloseTo(1e4 * (104 / (310 / 3) - 1), 9)
    expect(host.features.tradeRate1s).toBe(2)
    expect(host.features.cvd).toBeCloseTo(2, 12)
    host.feed([book(9, 'snapshot', [[100, 1]], [[101, 1]])])
    expect(host.features).toMatchObject({ tradeImb1s: null, tradeRate1s: null, tradeRate15s: null })
    expect(host.features.tradeImb5s).toBeNull()
  })

  test('the cumulative volume begins anew with a session; its slope does not jump', () => {
    const host = harness(microstructure, { options: { session: '2m' } })
    host.feed(Array.from({ length: 130 }, (_, i) => trade(i + 0.5, 'buy', 100, 2)))
    expect(host.features.cvd).toBe(2 * 10)
    expect(host.features.cvdSlope).toBeCloseTo(2, 9)
  })

  test('VPIN takes a fiftieth of the session before, or a given bucket', () => {
    const tape = Array.from({ length: 400 }, (_, i) => trade(i, i % 4 === 0 ? 'sell' : 'buy', 100, 1))
    const host = harness(microstructure, { options: { session: '100s' } })
    host.feed(tape.slice(0, 160))
    // Buckets of 2: half of them hold two buys, half a buy and a sell.
    expect(host.features.vpin).toBeNull()
    host.feed(tape.slice(160))
    expect(host.features.vpin).toBeCloseTo(0.5, 12)
    const given = harness(microstructure, { options: { vpinBucket: 4 } })
    given.feed(tape)
    expect(given.features.vpin).toBeCloseTo(0.5, 12)
    const off = harness(microstructure, { options: { vpinBucket: 4, vpin: false } })
    off.feed(tape)
    expect(off.features.vpin).toBeNull()
  })

  test('what trades paid is what they kept and what the price moved', () => {
    const host = harness(microstructure)
    host.feed([book(1, 'snapshot', [[99, 5]], [[101, 5]]), trade(1.5, 'buy', 101, 1), book(2, 'delta', [[99, 0], [100, 1]], [[101, 0], [102, 1]]), book(8, 'delta', [[100, 2]], [])])
    expect(host.features.effSpreadBps).toBeCloseTo(200, 9)
    expect(host.features.realSpreadBps).toBeCloseTo(0, 9)
    expect(host.features.priceImpactBps).toBeCloseTo(200, 9)
  })

  test('the impact of an order is told where the book holds it', () => {
    const host = harness(microstructure, { options: { impactSize: 2 } })
    host.feed([first])
    const mid = 60_000.5
    expect(host.features.impactBuyBps).toBeCloseTo((1e4 * (0.5 + 9.5)) / 2 / mid, 9)
    expect(host.features.impactSellBps).toBeCloseTo((1e4 * 0.5) / mid, 9)
    const large = harness(microstructure, { options: { impactSize: 9 } })
    large.feed([first])
    expect([large.features.impactBuyBps, large.features.impactSellBps]).toEqual([null, null])
    const none = harness(microstructure, { options: { impactSize: 0 } })
    none.feed([first])
    expect(none.features.impactBuyBps).toBeNull()
    const inverse = harness(microstructure, { symbol: 'BTC/USD:BTC', options: { impactSize: 0.00004 } })
    inverse.feed([{ ...first, symbol: 'BTC/USD:BTC' }])
    // 0.00004 BTC are 2.4 contracts of a dollar: one at the best, 1.4 behind it
    expect(inverse.features.impactBuyBps).toBeCloseTo((1e4 * (0.5 + 1.40002 * 9.5)) / 2.40002 / mid, 6)
  })

  test('ten seconds without an event are a bar in which nothing happened', () => {
    const level = (minute: number) => 60_000 + ((minute * 7) % 5)
    const tape = Array.from({ length: 30 }, (_, minute): MarketInput[] => [
      trade(60 * minute + 21, minute % 3 === 0 ? 'sell' : 'buy', level(minute), 1 + (minute % 4)),
      book(60 * minute + 22, minute === 0 ? 'snapshot' : 'delta', [[level(minute - 1), 0], [level(minute), 50]], [[level(minute - 1) + 10, 0], [level(minute) + 10, 50]]),
    ]).flat().map((event) => (at(event) === 22e6 ? book(22, 'snapshot', [[level(0), 50]], [[level(0) + 10, 50]]) : event))
    // Far from the best something changes every five seconds.
    const busy = inOrder(tape, Array.from({ length: 350 }, (_, i) => book(24 + 5 * i, 'delta', [[50_000, 1 + (i % 2)]], [])))
    const [quiet, heard] = [harness(microstructure), harness(microstructure)]
    quiet.feed([...tape, book(1801, 'delta', [[50_000, 3]], [])])
    heard.feed([...busy, book(1801, 'delta', [[50_000, 3]], [])])
    for (const column of ['kyleLambda', 'kyleR2', 'impactBuyBps'] as const) {
      expect(heard.features[column]).not.toBeNull()
      expect(quiet.features[column]).toBeCloseTo(heard.features[column] ?? NaN, 9)
    }
  })

  test('what is measured from the mid price is missing without one', () => {
    const host = harness(microstructure)
    const bounces = Array.from({ length: 90 }, (_, i) => trade(1 + i, i % 2 === 0 ? 'buy' : 'sell', 60_000 + (i % 2), 1))
    host.feed(inOrder([first], bounces, [book(90.5, 'delta', [[60_000, 4]], [])]))
    expect([host.features.rollBps, host.features.mostTradedBps].includes(null)).toBe(false)
    host.feed([book(90.8, 'delta', [], [[60_001, 0], [60_010, 0]])])
    expect(host.features).toMatchObject({ rollBps: null, mostTradedBps: null })
  })

  test('trades of one side at one time that take several prices are a sweep', () => {
    const host = harness(microstructure)
    host.feed([trade(1, 'buy', 100, 1), trade(1, 'buy', 101, 2), trade(1, 'buy', 101, 1), trade(1, 'buy', 103, 1), trade(1, 'sell', 103, 1), trade(2, 'sell', 102, 1), first])
    expect(host.emitted('microstructure:sweep')).toMatchObject([{ aggressor: 'buy', levels: 3, quantity: 5, from: 100, to: 103, tsInit: 1e6 }])
    const off = harness(microstructure, { options: { footprint: false } })
    off.feed([trade(1, 'buy', 100, 1), trade(1, 'buy', 101, 2), trade(1, 'buy', 103, 1), first])
    expect(off.emitted('microstructure:sweep')).toEqual([])
  })

  test('a footprint tells each minute what was traded at which price', () => {
    const host = harness(microstructure)
    host.feed([book(1, 'snapshot', [[9999, 5]], [[10_001, 5]]), trade(2, 'buy', 10_000, 1), trade(3, 'sell', 10_000.5, 2), trade(9, 'buy', 10_003.2, 4), trade(10, 'buy', 20_000, 1)])
    host.feed([book(61, 'delta', [[9999, 4]], [])])
    expect(host.emitted('microstructure:footprint')).toMatchObject([
      { openTime: 0, bucket: 1, prices: [10_000, 10_003, 10_127], bought: [1, 4, 1], sold: [2, 0, 0], tsInit: 61e6 },
    ])
    expect(host.features.mostTradedBps).toBeCloseTo(3.5, 9)
  })

  test('the Hawkes intensity jumps with a trade time and decays; one that explodes is refused at load', () => {
    const host = harness(microstructure, { options: { hawkesMu: 0.1, hawkesAlpha: 0.5, hawkesBeta: 1 } })
    host.feed([trade(1, 'buy', 100, 1), trade(1, 'buy', 100, 1), trade(3, 'sell', 100, 1)])
    expect(host.features.hawkesRate).toBeCloseTo(0.1 + 0.5 * (1 + Math.exp(-2)), 12)
    expect(() => harness(microstructure, { options: { hawkesMu: 1, hawkesAlpha: 2, hawkesBeta: 1 } })).toThrow('no stationary process')
  })

  test('the micro-price leans to where the next move goes', () => {
    // A heavy bid is followed by a rise, a heavy ask by a fall.
    let price = 10_000
    const host = harness(microstructure, { options: { deep: false, footprint: false, vpin: false } })
    const tape: MarketInput[] = [book(1, 'snapshot', [[99.99, 1]], [[100, 1]])]
    const isUp = (i: number) => Math.imul(i, 2654435761) >>> 31 === 0
    for (let i = 0; i < 20_300; i++) {
      const [bid, ask, seconds] = [(price - 1) / 100, price / 100, 2 + i / 100]
      if (i % 2 === 0) tape.push(book(seconds, 'delta', [[bid, isUp(i) ? 9 : 1]], [[ask, isUp(i) ? 1 : 9]]))
      else {
        price += isUp(i - 1) ? 1 : -1
        tape.push(book(seconds, 'delta', [[bid, 0], [(price - 1) / 100, 5]], [[ask, 0], [price / 100, 5]]))
      }
    }
    tape.push(book(210, 'delta', [[(price - 1) / 100, 9]], [[price / 100, 1]]))
    host.feed(tape)
    expect(host.features.microLeanBps).toBeGreaterThan(0.5)
  })
})

describe('resized levels', () => {
  test('give the flow that reading the ranks anew gives', () => {
    const levels = (side: 1 | -1, quantity: number) => Array.from({ length: 8 }, (_, i) => [100 + side * (i + 1), quantity] as const)
    const host = harness(microstructure)
    const whole = harness(microstructure)
    host.feed([book(1, 'snapshot', levels(-1, 2), levels(1, 2))])
    whole.feed([book(1, 'snapshot', levels(-1, 2), levels(1, 2))])
    for (let i = 0; i < 40; i++) {
      const [bid, quantity] = [100 - 1 - (i % 7), 1 + ((i * 7) % 5)]
      host.feed([book(1.1 + i / 10, 'delta', [[bid, quantity]], [[200 - bid, quantity + 1]])])
      // A level far away that comes and goes makes the whole message one that is read anew.
      whole.feed([book(1.1 + i / 10, 'delta', [[bid, quantity], [10, i % 2]], [[200 - bid, quantity + 1]])])
      expect([host.features.ofi1s, host.features.ofiDeep1s]).toEqual([whole.features.ofi1s, whole.features.ofiDeep1s])
    }
    expect(host.features.ofiDeep1s).not.toBeNull()
  })
})
