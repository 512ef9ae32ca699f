import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addQuote, createMicroPrice, quoteState, solveMicroPrice, turnSession } from './micro-price.ts'
import { MovingCovariance } from './moving-covariance.ts'
import { orderFlow } from './order-flow.ts'
import { amihudOf, closePriceBar, createPriceBars, dayOfBars, kyleOf } from './price-bars.ts'
import { addToTradeFlow, advanceTradeFlow, createTradeFlow, largeShareOf, settleTradeFlow, tradeBurstOf, tradeImbalanceOf, tradeRateOf, vwapDeviationOf } from './trade-flow.ts'
import { TradeSigns } from './trade-signs.ts'
import { addToSpreads, createTradeSpreads, matureSpreads, rollSpread, rollTicks, spreadBps } from './trade-spreads.ts'
import { addToVpin, BUCKETS, bulkBuyShare, createVpin, turnBuckets } from './vpin.ts'

/** Seeded numbers: uniform in [0, 1), and standard normal. */
function seeded(first: number) {
  let seed = first
  const next = () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
  return { next, normal }
}

describe('order flow of a quote', () => {
  test('is the quantity that joins or leaves, and the whole level where the price moves', () => {
    expect(orderFlow(100, 5, 101, 5, 100, 8, 101, 5)).toBe(3)
    expect(orderFlow(100, 5, 101, 5, 100, 5, 101, 8)).toBe(-3)
    expect(orderFlow(100, 5, 102, 5, 101, 2, 102, 5)).toBe(2)
    expect(orderFlow(100, 5, 101, 5, 99, 7, 101, 5)).toBe(-5)
    expect(orderFlow(100, 5, 101, 5, 100, 5, 102, 9)).toBe(5)
    expect(orderFlow(NaN, 5, 101, 5, 100, 5, 102, 9)).toBeNaN()
  })
})

describe('Kyle’s model', () => {
  // v ~ N(0, s²), the insider trades v·u/s, noise traders N(0, u²): the price moves by s/(2u) a unit traded.
  test('gives back its λ from simulated auctions', () => {
    const random = seeded(7)
    const [s, u] = [2, 50]
    const line = new MovingCovariance(40_000)
    for (let i = 0; i < 40_000; i++) {
      const value = s * random.normal()
      const traded = (value * u) / s + u * random.normal()
      line.add(traded, value)
    }
    const lambda = line.value / line.varianceX
    expect(Math.abs(lambda / (s / (2 * u)) - 1)).toBeLessThan(0.02)
  })

  test('is read off bars of the mid price, in bps per million', () => {
    const random = seeded(3)
    const bars = createPriceBars()
    let mid = 1000
    closePriceBar(bars, mid, 0.01)
    for (let i = 0; i < 90; i++) {
      bars.signed = 1e5 * random.normal()
      bars.volume = 2 * Math.abs(bars.signed)
      const moveBps = 3e-5 * bars.signed
      mid *= 1 + moveBps / 1e4
      closePriceBar(bars, mid, 0.01)
    }
    expect(kyleOf(bars).lambda).toBeCloseTo(30, 6)
    expect(kyleOf(bars).r2).toBeCloseTo(1, 9)
    expect(amihudOf(bars)).toBeCloseTo(15, 6)
    expect(dayOfBars(bars).volume).toBeGreaterThan(0)
    expect(dayOfBars(bars).sigmaBps).toBeGreaterThan(100)
  })

  test('is missing where nothing was traded, or too little is known; absorption counts at least a tick', () => {
    const bars = createPriceBars()
    for (let i = 0; i < 59; i++) closePriceBar(bars, 1000, 0.5)
    expect(kyleOf(bars).lambda).toBeNaN()
    closePriceBar(bars, NaN, 0.5)
    closePriceBar(bars, 1000, 0.5)
    for (let i = 0; i < 9; i++) closePriceBar(bars, 1000, 0.5)
    expect(kyleOf(bars).lambda).toBeNaN()
    expect(bars.absorption).toBeNaN()
    Object.assign(bars, { signed: -600, volume: 800 })
    closePriceBar(bars, 1000, 0.5)
    expect(bars.absorption).toBe(600)
    Object.assign(bars, { signed: -600, volume: 800 })
    closePriceBar(bars, 998.5, 0.5)
    expect(bars.absorption).toBe(200)
  })
})

describe('spreads that trades pay', () => {
  test('Roll’s spread of a simulated bounce is the true one', () => {
    const random = seeded(11)
    const spreads = createTradeSpreads()
    let value = 1e6
    matureSpreads(spreads, 0, NaN)
    for (let i = 0; i < 60_000; i++) {
      value += 0.5 * random.normal()
      const ticks = value + (random.next() < 0.5 ? 5 : -5)
      matureSpreads(spreads, i * 4000, NaN)
      addToSpreads(spreads, i * 4000, 1, ticks / 100, ticks, NaN)
    }
    expect(Math.abs(rollTicks(spreads) / 10 - 1)).toBeLessThan(0.02)
  })

  test('where prices go on there is no Roll spread', () => {
    expect(rollSpread(10, 5, 1, 1)).toBeNaN()
    expect(rollSpread(4, -4, 0, 0)).toBe(2)
  })

  test('effective = realised + impact, each as defined over the trades whose price after is known', () => {
    const trade = fc.record({ gap: fc.integer({ min: 1, max: 900_000 }), sign: fc.constantFrom(1, -1), paid: fc.integer({ min: -3, max: 5 }), move: fc.integer({ min: -4, max: 4 }) })
    fc.assert(fc.property(fc.array(trade, { minLength: 30, maxLength: 120 }), (tape) => {
      const spreads = createTradeSpreads()
      const mids: [at: number, mid: number][] = []
      const trades: { now: number; sign: number; price: number; mid: number }[] = []
      let [now, mid] = [0, 1000]
      for (const { gap, sign, paid, move } of tape) {
        now += gap
        matureSpreads(spreads, now, mid)
        addToSpreads(spreads, now, sign, mid + sign * paid, mid + sign * paid, mid)
        trades.push({ now, sign, price: mid + sign * paid, mid })
        mid += move
        mids.push([now, mid])
      }
      const mature = trades.filter((one) => (Math.floor(one.now / 1e5) + 1) * 1e5 + 5e6 <= now)
      // The mid price after is the one before the first trade that comes 5 s after the end of the tenth of a second.
      const after = (one: { now: number }) => {
        const due = (Math.floor(one.now / 1e5) + 1) * 1e5 + 5e6
        return trades.find((later) => later.now >= due)!.mid
      }
      const mean = (of: (one: (typeof trades)[number]) => number) => (1e4 * mature.reduce((sum, one) => sum + of(one), 0)) / mature.length
      if (mature.length === 0) return
      expect(spreadBps(spreads, 'effective')).toBeCloseTo(mean(({ sign, price, mid: m }) => (2 * sign * (price - m)) / m), 7)
      expect(spreadBps(spreads, 'realised')).toBeCloseTo(mean((one) => (2 * one.sign * (one.price - after(one))) / one.mid), 7)
      expect(spreadBps(spreads, 'realised') + spreadBps(spreads, 'impact')).toBeCloseTo(spreadBps(spreads, 'effective'), 7)
    }))
  })

  test('trades whose book was lost before 5 s were over do not count', () => {
    const spreads = createTradeSpreads()
    matureSpreads(spreads, 1e6, 100)
    addToSpreads(spreads, 1e6, 1, 101, 101, 100)
    matureSpreads(spreads, 7e6, NaN)
    matureSpreads(spreads, 8e6, 100)
    expect(spreadBps(spreads, 'effective')).toBeNaN()
  })
})

describe('trade flow', () => {
  const steps = fc.array(fc.record({ gap: fc.nat(400_000), lots: fc.integer({ min: 1, max: 500 }), buys: fc.boolean(), ticks: fc.integer({ min: 90, max: 110 }) }), { minLength: 20, maxLength: 300 })
  test('imbalance, price deviation and rate are those of the trades of the window', () => {
    fc.assert(fc.property(steps, (tape) => {
      const flow = createTradeFlow([1e6, 5e6])
      const trades: { now: number; ticks: number; signed: number }[] = []
      let now = 0
      for (const { gap, lots, buys, ticks } of tape) {
        now += gap
        trades.push({ now, ticks, signed: buys ? lots : -lots })
        advanceTradeFlow(flow, now)
        addToTradeFlow(flow, now, ticks, buys ? lots : -lots)
      }
      settleTradeFlow(flow)
      for (const [window, span] of [1e6, 5e6].entries()) {
        const inside = trades.filter((one) => Math.floor((50 * one.now) / span) > Math.floor((50 * now) / span) - 50)
        const sum = (of: (one: (typeof trades)[number]) => number) => inside.reduce((total, one) => total + of(one), 0)
        const volume = sum(({ signed }) => Math.abs(signed))
        const isKnown = now - trades[0]!.now >= span
        expect(tradeImbalanceOf(flow, window, now)).toEqual(isKnown ? sum(({ signed }) => signed) / volume : NaN)
        expect(tradeRateOf(flow, window, now)).toEqual(isKnown ? (1e6 * inside.length) / span : NaN)
        const vwap = sum(({ signed, ticks }) => Math.abs(signed) * ticks) / volume
        const off = vwapDeviationOf(flow, window, now) - 1e4 * (trades.at(-1)!.ticks / vwap - 1)
        expect(Number.isNaN(off) ? isKnown : Math.abs(off) > 1e-6).toBe(false)
      }
      expect(flow.cvd).toBe(trades.reduce((total, { signed }) => total + signed, 0))
    }), { numRuns: 60 })
  })

  test('one in twenty trades is large, and a burst is told by the rate', () => {
    const random = seeded(5)
    const flow = createTradeFlow([5e6, 60e6])
    const add = (now: number) => {
      advanceTradeFlow(flow, now)
      addToTradeFlow(flow, now, 100, Math.ceil(100 * Math.exp(2 * random.normal())))
    }
    for (let i = 0; i < 400; i++) add(1e6 * i)
    settleTradeFlow(flow)
    expect(largeShareOf(flow, 1, 400e6)).toBeNaN()
    for (let i = 400; i < 3000; i++) add(1e6 * i)
    settleTradeFlow(flow)
    expect(tradeBurstOf(flow, 0, 3000e6)).toBeCloseTo(1, 1)
    expect(largeShareOf(flow, 1, 3000e6)).toBeGreaterThan(0.02)
    for (let i = 0; i < 50; i++) add(3000e6 + 1e5 * i)
    settleTradeFlow(flow)
    expect(tradeBurstOf(flow, 0, 3005e6)).toBeGreaterThan(5)
    advanceTradeFlow(flow, 3100e6)
    expect([tradeImbalanceOf(flow, 0, 3100e6), tradeRateOf(flow, 0, 3100e6)]).toEqual([NaN, NaN])
  })
})

describe('VPIN', () => {
  test('is the mean imbalance of the last 50 buckets, trades split at their edges, large ones too', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: -2000, max: 2000 }), { minLength: 5, maxLength: 400 }), fc.integer({ min: 3, max: 90 }), (tape, bucket) => {
      const vpin = createVpin(bucket)
      for (const lots of tape) addToVpin(vpin, lots)
      const ones = tape.flatMap((lots) => new Array<number>(Math.abs(lots)).fill(Math.sign(lots)))
      const buckets = Array.from({ length: Math.floor(ones.length / bucket) }, (_, i) =>
        Math.abs(ones.slice(i * bucket, (i + 1) * bucket).reduce((sum, one) => sum + one, 0)) / bucket)
      expect(vpin.volume).toBe(ones.length % bucket)
      const mean = buckets.slice(-BUCKETS).reduce((sum, one) => sum + one, 0) / BUCKETS
      expect(buckets.length < BUCKETS ? Number.isNaN(vpin.value) : Math.abs(vpin.value - mean) < 1e-9).toBe(true)
    }), { numRuns: 60 })
  })

  test('of another bucket size keeps the buckets of the session before, and forgets older ones', () => {
    const vpin = createVpin(10)
    for (let i = 0; i < 60; i++) addToVpin(vpin, 10)
    expect(vpin.value).toBe(1)
    turnBuckets(vpin, 20)
    expect([vpin.value, vpin.bucketLots]).toEqual([1, 20])
    addToVpin(vpin, 20)
    turnBuckets(vpin, 30)
    expect(vpin.value).toBeNaN()
    addToVpin(createVpin(NaN), 5)
  })

  test('bulk classification takes no change for half bought', () => {
    expect(bulkBuyShare(0, 2)).toBe(0.5)
    expect(bulkBuyShare(2, 2)).toBeCloseTo(0.841344746, 8)
  })
})

describe('trade signs', () => {
  test('use the last quote early enough, and the last move of the price at its middle', () => {
    const signs = new TradeSigns(1000)
    expect(signs.sign(0, 100)).toBe(0)
    signs.quote(1000, 99, 101)
    signs.quote(5000, 89, 91)
    expect([signs.sign(5500, 101), signs.sign(5500, 99), signs.sign(5500, 100), signs.sign(6000, 95)]).toEqual([1, -1, 1, 1])
  })
})

describe('the micro-price', () => {
  /** Quotes of one tick whose price rises after a heavy bid and falls after a heavy ask, up to chance. */
  function learn(count: number, turns = 0) {
    const random = seeded(9)
    const micro = createMicroPrice()
    let bid = 1000
    for (let i = 0; i < count; i++) {
      const imbalance = random.next()
      addQuote(micro, bid, bid + 1, imbalance, 1 - imbalance)
      if (random.next() < 0.5) bid += random.next() < imbalance ? 1 : -1
    }
    for (let i = 0; i < turns; i++) turnSession(micro)
    solveMicroPrice(micro)
    return micro
  }
  test('leans to the side that is empty, symmetric and rising with the imbalance', () => {
    const { lean } = learn(60_000)
    for (let i = 1; i < 10; i++) expect(lean[i]!).toBeGreaterThan(lean[i - 1]!)
    for (let i = 0; i < 10; i++) expect(lean[i]! + lean[9 - i]!).toBeCloseTo(0, 9)
    // Half of the quotes are followed by a move of 1, up with a chance of I; whatever comes then does not depend on I.
    expect(lean[9]!).toBeCloseTo((2 * 0.95 - 1) / 2, 1)
    expect([...lean.subarray(10)].every(Number.isNaN)).toBe(true)
  })

  test('of the session before still counts, that of two sessions ago does not', () => {
    expect(learn(5000, 1).lean[9]!).toBeGreaterThan(0.35)
    expect(learn(5000, 2).lean[9]).toBeNaN()
  })

  test('is unknown where the price never moves', () => {
    const micro = createMicroPrice()
    for (let i = 0; i < 50; i++) addQuote(micro, 10, 11, 1, 1 + (i % 3))
    solveMicroPrice(micro)
    expect(micro.lean.every(Number.isNaN)).toBe(true)
    expect(quoteState(10, 12, 1, 0)).toBe(19)
  })
})
