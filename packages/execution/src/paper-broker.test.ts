import { instrument, type BookReader, type Candle } from '@tapeloom/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { contractOf, createBroker, gatesOf, moneyOf, PaperBroker, unitsOf, type BrokerRules, type ClosedTrade, type Fill, type Side, type Unfilled } from './index.ts'

const eth = instrument('ETH/USDT', { venue: 'x', tickSize: '0.5', lotSize: '0.1' })
const plain: BrokerRules = {
  cash: 10_000, takerBps: 10, makerBps: -2, latency: 50_000, patience: 5e6, share: 0.1, quantity: 2, entry: 'taker', stopAtr: 0, fundingBps: 0, fundingEvery: 28_800e6,
  maxPosition: 1, dailyLoss: 1, maxDrawdown: 1, cooldown: 1e6, maxSpreadBps: 50, maxAge: 10e6, killSwitch: false,
}
type Levels = readonly (readonly [price: number, quantity: number])[]

/** A book that stands still. */
function bookOf(bids: Levels, asks: Levels, status: BookReader['status'] = 'live'): BookReader {
  const [bid, ask] = [bids[0]?.[0] ?? NaN, asks[0]?.[0] ?? NaN]
  return {
    status, bestBid: bid, bestAsk: ask, bestBidQuantity: bids[0]?.[1] ?? NaN, bestAskQuantity: asks[0]?.[1] ?? NaN, midPrice: (bid + ask) / 2,
    depth(side, levels, prices, quantities) {
      const own = (side === 'bid' ? bids : asks).slice(0, levels)
      own.forEach(([price, quantity], i) => ([prices[i], quantities[i]] = [price, quantity]))
      return own.length
    },
  }
}
const flat = (mid: number, quantity = 10, status?: BookReader['status']) => bookOf([[mid - 1, quantity]], [[mid + 1, quantity]], status)

function desk(rules: Partial<BrokerRules> = {}, of = eth) {
  const told: { fills: Fill[]; trades: ClosedTrade[]; unfilled: Unfilled[] } = { fills: [], trades: [], unfilled: [] }
  const all = { ...plain, ...rules }
  const broker = new PaperBroker(of, all, {
    filled: (fill) => told.fills.push(fill), closed: (trade) => told.trades.push(trade), unfilled: (order) => told.unfilled.push(order),
  })
  const ask = (side: Side, now: number) => broker.signal(side, now, now, 'test')
  return { broker, ask, ...told, rules: all }
}
const candle = (openTime: number, [open, high, low, close]: readonly [number, number, number, number]) =>
  ({ openTime, closeTime: openTime + 60e6, open, high, low, close, volume: 1, timeframe: '1m', venue: 'x', quoteVolume: 1, trades: 1, takerBuyVolume: 1, taint: [] }) satisfies Candle

describe('orders that take', () => {
  test('walk the book that stands after the latency, level by level', () => {
    const { broker, ask, fills } = desk()
    broker.book(flat(100), 0)
    ask(1, 0)
    expect([broker.target, broker.side]).toEqual([1, 0])
    broker.book(flat(300), 49_999)
    expect(fills).toEqual([])
    broker.book(bookOf([[199, 5]], [[200, 0.5], [200.5, 0.5], [202, 9]]), 50_000)
    expect(fills).toEqual([{ side: 'buy', price: 201.125, quantity: 2, fee: 0.40225, liquidity: 'taker', reason: 'test' }])
    expect(broker.books.state.open).toEqual([400, 5, 401, 5, 404, 10])
    expect(broker.equity).toBeCloseTo(10_000 - 2 * 2.125 - 0.40225, 9)
  })
  test('a partial fill is kept, the rest is tried again and then given up', () => {
    const { broker, ask, fills, unfilled } = desk()
    broker.book(flat(100), 0)
    ask(-1, 0)
    broker.book(flat(100, 0.5), 50_000)
    broker.book(flat(100, 0.5), 60_000) // not before another latency
    broker.book(flat(100, 1), 100_000)
    expect(fills.map(({ quantity }) => quantity)).toEqual([0.5, 1])
    broker.book(flat(100), 5_050_001)
    expect(unfilled).toEqual([{ side: 'sell', quantity: 0.5, reason: 'unfilled' }])
    expect([broker.state.lots, broker.target]).toEqual([-15, -1])
  })
  test('without a book an order waits, and is given up after five seconds', () => {
    const { broker, ask, fills, unfilled } = desk()
    broker.book(flat(100, 1, 'gap'), 0)
    ask(1, 0)
    broker.settle(flat(100, 1, 'gap'), 5_050_000)
    expect(unfilled).toEqual([])
    broker.book(flat(100), 5_050_001)
    expect([fills, unfilled]).toEqual([[], [{ side: 'buy', quantity: 0, reason: 'unfilled' }]])
    expect(broker.target).toBe(0)
  })
  test('a book that stood still was there all the time', () => {
    const { broker, ask, fills } = desk()
    broker.book(flat(100), 0)
    ask(1, 0)
    broker.book(flat(100), 60e6)
    expect(fills).toHaveLength(1)
  })
  test('an opposite signal closes first, and the trade is told with its exact net', () => {
    const { broker, ask, fills, trades } = desk()
    broker.book(flat(100), 0)
    ask(1, 0)
    broker.book(flat(100), 50_000)
    ask(-1, 1e6)
    broker.book(flat(110), 1_050_000)
    expect(fills.map(({ side, price, quantity }) => [side, price, quantity])).toEqual([['buy', 101, 2], ['sell', 109, 2], ['sell', 109, 2]])
    const net = 2 * 8 - 0.202 - 0.218
    expect(trades).toHaveLength(1)
    expect(trades[0]).toMatchObject({ side: 'long', quantity: 2, entryPrice: 101, exitPrice: 109, openedAt: 50_000, closedAt: 1_050_000, net })
    expect(trades[0]?.netBps).toBeCloseTo((1e4 * net) / 202, 9)
    expect(broker.state.lots).toBe(-20)
  })
  test('the newest signal replaces what waits', () => {
    const { broker, ask, fills } = desk()
    broker.book(flat(100), 0)
    ask(1, 0)
    ask(0, 10)
    broker.book(flat(100), 1e6)
    expect(fills).toEqual([])
  })
  test('a share of the equity is whole lots of it, and nothing too large or too small is opened', () => {
    const { broker, ask, fills } = desk({ quantity: 0 })
    broker.book(flat(100), 0)
    ask(1, 0)
    broker.book(bookOf([[99, 50]], [[101, 50]]), 50_000)
    expect(fills[0]?.quantity).toBe(9.9)
    expect(broker.exposure).toBeCloseTo(0.098, 3)
    const small = desk({ quantity: 0, share: 1e-6 })
    const large = desk({ quantity: 500 })
    for (const { broker, ask } of [small, large]) {
      broker.book(flat(100), 0)
      ask(1, 0)
      broker.book(flat(100), 50_000)
    }
    expect([small.unfilled[0]?.reason, large.unfilled[0]?.reason]).toEqual(['too-small', 'max-position'])
  })
  test('inverse contracts win base as the price rises', () => {
    const usd = instrument('ETH/USD:ETH', { venue: 'x', tickSize: '0.05', lotSize: '1', contractSize: '10' })
    const { broker, ask, trades } = desk({ cash: 5, quantity: 100, takerBps: 0 }, usd)
    broker.book(flat(1999, 1000), 0)
    ask(1, 0)
    broker.book(flat(1999, 1000), 50_000)
    expect(broker.exposure).toBeCloseTo(0.1, 3)
    ask(0, 1e6)
    broker.book(flat(2501, 1000), 1.05e6)
    expect(trades[0]).toMatchObject({ entryPrice: 2000, exitPrice: 2500, net: 0.1, netBps: 2000 })
    expect(broker.equity).toBe(5.1)
  })
  test('funding is paid on what is held, and belongs to the trade', () => {
    const { broker, ask, trades } = desk({ takerBps: 0 })
    broker.fund(100)
    broker.book(flat(100), 0)
    ask(1, 0)
    broker.book(flat(100), 50_000)
    broker.fund(100)
    ask(0, 1e6)
    broker.book(flat(102), 1.05e6)
    expect(trades[0]?.net).toBe(-1.98) // 2 · 99 · 1 %
  })
})

test('funding falls due at its times, for what was held before them', () => {
  const { broker, ask } = desk({ takerBps: 0, fundingBps: 100, fundingEvery: 10e6 })
  broker.book(flat(100), 1e6)
  ask(1, 9.97e6)
  broker.book(flat(100), 10.02e6) // filled after the funding of second 10
  expect(broker.books.funding).toBe(0n)
  broker.trade(100, 1, 'buy', 19e6)
  broker.book(flat(100), 35e6)
  expect(moneyOf(contractOf(eth), broker.books.funding)).toBe(3.96) // twice 1 % of 2 · 99
})

describe('orders that rest', () => {
  test('fill only when a trade goes through their price', () => {
    const { broker, ask, fills } = desk({ entry: 'maker' })
    broker.book(flat(100), 0)
    ask(1, 0)
    broker.book(flat(100), 50_000)
    broker.trade(99, 5, 'sell', 60_000) // at the price: others were first
    broker.trade(98.5, 5, 'buy', 61_000)
    expect(fills).toEqual([])
    broker.trade(98.5, 0.5, 'sell', 62_000)
    broker.trade(98, 50, 'sell', 63_000)
    expect(fills.map(({ price, quantity, liquidity, fee }) => [price, quantity, liquidity, fee])).toEqual([
      [99, 0.5, 'maker', -0.0099], [99, 1.5, 'maker', -0.0297],
    ])
  })
  test('are given up when nobody comes', () => {
    const { broker, ask, unfilled } = desk({ entry: 'maker' })
    broker.book(flat(100), 0)
    ask(-1, 0)
    broker.book(flat(100), 50_000)
    broker.trade(120, 1, 'buy', 5_050_001)
    broker.book(flat(100), 5_050_002)
    expect(unfilled).toEqual([{ side: 'sell', quantity: 2, reason: 'unfilled' }])
    const oneSided = desk({ entry: 'maker' })
    oneSided.broker.book(bookOf([], [[101, 1]]), 0)
    oneSided.ask(1, 0)
    oneSided.broker.book(bookOf([], [[101, 1]]), 50_000)
    expect(oneSided.broker.state.orders[0]?.limitTicks).toBeNaN()
  })
})

describe('without any book', () => {
  test('orders are filled at the open of the next candle', () => {
    const { broker, ask, fills } = desk()
    broker.candle(candle(0, [100, 101, 99, 100]), 60e6)
    ask(1, 60e6)
    broker.candle(candle(0, [100, 101, 99, 100]), 60e6 + 1)
    expect(fills).toEqual([])
    broker.candle(candle(60e6, [102, 103, 101, 102.5]), 120e6)
    expect(fills.map(({ price }) => price)).toEqual([102])
  })
  test('a stop inside a candle is filled at its price, at the open where that is worse', () => {
    const stopped = (open: number, low: number) => {
      const { broker, ask, trades } = desk({ stopAtr: 2 })
      for (let i = 0; i < 15; i++) broker.candle(candle(60e6 * i, [100, 101, 99, 100]), 60e6 * (i + 1))
      ask(1, 900e6)
      broker.candle(candle(900e6, [100, 101, 99, 100]), 960e6)
      expect(broker.state.stopTicks).toBe(192)
      broker.candle(candle(960e6, [open, open + 1, low, open]), 1020e6)
      return trades[0]
    }
    expect(stopped(100, 95)).toMatchObject({ exitPrice: 96, reason: 'stop' })
    expect(stopped(94, 90)).toMatchObject({ exitPrice: 94 })
    expect(stopped(98, 97)).toBeUndefined()
  })
})

describe('risk rules act on every event', () => {
  const held = (rules: Partial<BrokerRules>) => {
    const all = desk(rules)
    all.broker.book(flat(100), 0)
    all.ask(1, 0)
    all.broker.book(flat(100), 50_000)
    return all
  }
  test('a stop is set once the ATR is known, and closes at the market', () => {
    const { broker, trades } = held({ stopAtr: 2 })
    for (let i = 0; i < 15; i++) broker.candle(candle(60e6 * i, [100, 101, 99, 100]), 60e6 * (i + 1))
    expect(broker.state.stopTicks).toBe(194) // 101 − 2 · 2
    broker.book(flat(97), 1000e6)
    expect(broker.target).toBe(0)
    broker.book(flat(96), 1000.05e6)
    expect(trades[0]).toMatchObject({ exitPrice: 95, reason: 'stop' })
    expect(broker.state).toMatchObject({ losses: 1, lossAt: 1000.05e6 })
  })
  test.each([['daily-loss', { dailyLoss: 0.005 }], ['drawdown', { maxDrawdown: 0.005 }]])('%s closes what is held and shuts its gate', (name, rules) => {
    const { broker, trades, rules: all } = held(rules)
    const shut = (now: number) => gatesOf(broker.state, 0, bookOf([], [], 'empty'), now, all).filter(({ passed }) => !passed).map((gate) => gate.name)
    expect(shut(1e6)).toEqual([])
    broker.book(flat(70), 2e6)
    broker.book(flat(70), 3e6)
    expect(trades[0]?.reason).toBe(name)
    expect(shut(5e6)).toContain(name)
    broker.book(flat(70), 86_400e6)
    expect(shut(86_400e6).includes(name)).toBe(name === 'drawdown')
  })
  test('a signal does not stay the closing that a rule wants, and may open after it', () => {
    const { broker, ask, fills } = held({ stopAtr: 2 })
    for (let i = 0; i < 15; i++) broker.candle(candle(60e6 * i, [100, 101, 99, 100]), 60e6 * (i + 1))
    broker.book(flat(97), 1000e6)
    ask(1, 1000.01e6)
    expect(broker.target).toBe(1)
    broker.settle(flat(99), 1000.055e6)
    expect([fills.at(-1)?.reason, broker.side, broker.target]).toEqual(['stop', 0, 1])
    broker.book(flat(99), 1000.07e6)
    expect(broker.side).toBe(1)
    broker.book(flat(90), 1001e6)
    ask(-1, 1001.01e6)
    broker.book(flat(90), 1001.02e6) // the stop again: it is not put off
    broker.book(flat(90), 1001.05e6)
    expect([fills.at(-1)?.reason, broker.state.lots]).toEqual(['stop', 0])
  })
  test('the kill switch gives up what waits and opens nothing', () => {
    const { broker, ask, fills, unfilled, rules } = desk({ killSwitch: true })
    ask(1, 0)
    broker.book(flat(100), 10)
    broker.book(flat(100), 1e6)
    expect([fills, unfilled.map(({ reason }) => reason)]).toEqual([[], ['kill-switch']])
    expect(gatesOf(broker.state, 0, flat(100), 1e6, rules)[0]).toEqual({ name: 'kill-switch', passed: false, opening: true })
  })
  test('a reversal that breaks a rule only closes', () => {
    const { broker, ask, trades } = held({ dailyLoss: 0.001 })
    ask(-1, 1e6)
    broker.book(flat(60), 1.01e6)
    broker.book(flat(60), 1.07e6)
    expect([trades.length, broker.state.lots]).toEqual([1, 0])
  })
  test('cooldown, spread, age and size have gates of their own', () => {
    const { broker, rules } = desk()
    broker.book(flat(100), 0)
    const shut = (exposure: number, book: BookReader, now: number) =>
      gatesOf(broker.state, exposure, book, now, rules).filter(({ passed }) => !passed).map(({ name }) => name)
    expect(shut(0.5, bookOf([[100, 1]], [[100.25, 1]]), 1)).toEqual([])
    broker.state.lossAt = 0
    expect(shut(1.1, flat(100), 0.5e6)).toEqual(['cooldown', 'max-spread', 'max-position'])
    expect(shut(0, bookOf([], [], 'empty'), 11e6)).toEqual(['stale-data'])
  })
})

describe('the books of a broker', () => {
  const usd = instrument('ETH/USD:ETH', { venue: 'x', tickSize: '0.05', lotSize: '1', contractSize: '10' })
  test.each([['spot', eth, 10_000, 2], ['inverse', usd, 5, 100]] as const)('%s: trades sum up to the change of the equity exactly, to and fro through thin books', (_, of, cash, quantity) => {
    const step = fc.record({ side: fc.constantFrom<Side[]>(-1, 0, 1, 1), mid: fc.integer({ min: 60, max: 140 }), depth: fc.integer({ min: 1, max: 30 }), wait: fc.integer({ min: 1, max: 3e6 }), funding: fc.integer({ min: -5, max: 5 }) })
    fc.assert(fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), (steps) => {
      const { broker, ask, trades } = desk({ cash, quantity, stopAtr: 0 }, of)
      const contract = contractOf(of)
      let now = 0
      for (const { side, mid, depth, wait, funding } of steps) {
        now += wait
        broker.book(flat(mid * (of === usd ? 20 : 1), (quantity * depth) / 20), now)
        broker.fund(funding)
        if (side !== broker.target) ask(side, now)
        const { books } = broker
        const start = unitsOf(contract, cash)
        const mark = broker.state.markTicks
        expect(books.realised + books.unrealised(mark) - books.fees - books.funding).toBe(books.equity(mark) - start)
        expect(broker.equity).toBeCloseTo(moneyOf(contract, books.equity(mark)), 8)
        const net = trades.reduce((sum, { netUnits }) => sum + BigInt(netUnits), 0n)
        expect(broker.state.lots === 0 ? books.equity(mark) - start : BigInt(broker.state.trade.cash) - start).toBe(net)
      }
      runs += trades.length
    }), { seed: 21, numRuns: 60 })
    expect(runs).toBeGreaterThan(100)
  })
  let runs = 0
})

test('a trade marks what is held where there is no book', () => {
  const { broker, ask } = desk({ takerBps: 0 })
  broker.candle(candle(0, [100, 101, 99, 100]), 60e6)
  ask(-1, 60e6)
  broker.candle(candle(60e6, [100, 101, 99, 100]), 120e6)
  broker.trade(90, 1, 'buy', 121e6)
  expect(broker.equity).toBe(10_020)
  expect(createBroker(eth, 5).settled).toBe(5)
})
