import type { MarketInput, MarketSymbol } from '@tapeloom/core'
import { fixtures, harness, testModule } from '@tapeloom/core/testing'
import { correlationOf, exponentialCovarianceOf, linearRegressionOf } from '@tapeloom/indicators'
import { describe, expect, test } from 'vitest'
import { correlation } from './index.ts'

const [BTC, ETH] = ['BTC/USDT', 'ETH/USDT'] as const
type CandleInput = Extract<MarketInput, { kind: 'candle' }>

/** Minutes of two symbols, of which the second follows the first with beta `beta` and noise of its own. */
function pairOf(count: number, beta = 1.5, symbol: MarketSymbol = ETH): CandleInput[] {
  const reference = Array.from(fixtures.candles(BTC, '1m', { count })) as CandleInput[]
  const other = Array.from(fixtures.candles(symbol, '1m', { count, seed: 9 })) as CandleInput[]
  let before = 3000
  return reference.flatMap((one, i) => {
    const [move, noise] = [one, other[i] as CandleInput].map(({ open, close }) => Math.log(Number(close) / Number(open))) as [number, number]
    const open = before
    before = Math.round(100 * open * Math.exp(beta * move + noise)) / 100
    return [one, { ...one, symbol, open, close: before, high: Math.max(open, before) + 1, low: Math.min(open, before) - 1 }]
  })
}
const closesOf = (events: readonly MarketInput[], symbol: string) =>
  new Map(events.flatMap((event) => (event.kind === 'candle' && event.symbol === symbol ? [[event.openTime, Number(event.close)] as const] : [])))

/** Log returns between the times that both have. */
function returnsOf(events: readonly MarketInput[], symbol: string) {
  const [reference, asset] = [closesOf(events, BTC), closesOf(events, symbol)]
  const common = [...reference.keys()].filter((time) => asset.has(time))
  const steps = (of: ReadonlyMap<number, number>) => common.slice(1).map((time, i) => Math.log((of.get(time) ?? NaN) / (of.get(common[i] ?? NaN) ?? NaN)))
  return { x: steps(reference), y: steps(asset) }
}
const columns = ['rho60', 'rho240', 'rho1440', 'rhoEwma', 'fisherZ', 'beta', 'residualZ', 'breakdown'] as const

/** The columns of a symbol that is not the reference, from all candles. */
function columnsOf(events: readonly MarketInput[], symbol: string) {
  const { x, y } = returnsOf(events, symbol)
  const rho = (length: number) => correlationOf(x.slice(-length), y.slice(-length), length).value.at(-1) ?? NaN
  const [rho60, rho240, rho1440] = [rho(60), rho(240), rho(1440)]
  const line = (end: number) => {
    const { value, intercept, residualVariance } = linearRegressionOf(x.slice(end - 240, end), y.slice(end - 240, end), 240)
    return [value.at(-1) ?? NaN, intercept.at(-1) ?? NaN, residualVariance.at(-1) ?? NaN] as const
  }
  const [slope, intercept, variance] = x.length > 240 ? line(x.length - 1) : [NaN, NaN, NaN]
  const gap = Math.abs(rho60 - rho1440) - (3 * (1 - rho1440 * rho1440)) / Math.sqrt(59)
  return {
    rho60, rho240, rho1440,
    rhoEwma: x.length < 30 ? NaN : (exponentialCovarianceOf(x, y, 0.94, 30).correlation.at(-1) ?? NaN),
    fisherZ: Math.atanh(rho60) * Math.sqrt(57),
    beta: x.length >= 240 ? line(x.length)[0] : NaN,
    residualZ: ((y.at(-1) ?? NaN) - intercept - slope * (x.at(-1) ?? NaN)) / Math.sqrt(variance),
    breakdown: Number.isNaN(gap) ? NaN : gap > 0 ? 1 : 0,
  }
}

testModule(correlation, {
  test,
  events: pairOf(2000),
  batch(events, _options, symbol) {
    const values = symbol === BTC ? undefined : columnsOf(events, symbol)
    return Object.fromEntries(columns.map((name) => [name, values && !Number.isNaN(values[name]) ? values[name] : null]))
  },
})
describe('filtered', () => {
  testModule(correlation, {
    test,
    events: pairOf(3600),
    options: { beta: 'kalman' },
  })
})
const seconds = [BTC, ETH].flatMap((symbol, i) => [
  ...fixtures.candles(symbol, '1s', { count: 1800, seed: i }),
  ...fixtures.trades(symbol, { count: 3600, every: '500ms', seed: i }),
])
describe('with ticks', () => {
  testModule(correlation, {
    test,
    events: seconds,
    options: { timeframe: '1s', ticks: 'trade', tickWindow: '60s', lagStep: '500ms', lags: 4 },
  })
})

const run = (events: Iterable<MarketInput>, options: Parameters<typeof harness<typeof correlation>>[1] = {}) => {
  const host = harness(correlation, { others: [ETH], ...options })
  host.feed(events)
  return host.featuresOf(ETH)
}

test('the planted beta is found, by window and by filter, and the reference has no columns of its own', () => {
  const host = harness(correlation, { others: [ETH] })
  host.feed(pairOf(1600))
  expect(host.featuresOf(ETH).beta).toBeCloseTo(1.5, 0)
  expect(host.featuresOf(ETH).rho1440).toBeGreaterThan(0.75)
  expect(Object.values(host.features).filter((value) => value !== null)).toEqual([])
  expect(run(pairOf(1600), { options: { beta: 'kalman' } }).beta).toBeCloseTo(1.5, 0)
  expect(run(pairOf(1600), { options: { beta: 'kalman', stateNoise: 0 } }).beta).toBeCloseTo(1.5, 1)
})

test('without state noise the filtered beta is least squares of all pairs', () => {
  const events = pairOf(900)
  const { x, y } = returnsOf(events, ETH)
  const { value } = linearRegressionOf(x, y, x.length)
  expect(run(events, { options: { beta: 'kalman', stateNoise: 0 } }).beta).toBeCloseTo(value.at(-1) ?? NaN, 6)
})

test('a constant price and fewer than 30 pairs have no correlation', () => {
  const still = pairOf(100).map((one) => (one.symbol === ETH ? { ...one, open: 10, high: 10, low: 10, close: 10 } : one))
  expect(run(still)).toMatchObject({ rho60: null, rhoEwma: null, fisherZ: null, beta: null, residualZ: null })
  expect(run(pairOf(30)).rhoEwma).toBeNull() // 29 returns
  expect(run(pairOf(31)).rhoEwma).not.toBeNull()
})

test('where one has gaps, returns are taken between the times at which both are new', () => {
  const events = pairOf(400).filter((one, i) => one.symbol === BTC || i % 7 !== 1)
  const expected = columnsOf(events, ETH)
  const found = run(events)
  expect(found.rho60).toBeCloseTo(expected.rho60, 9)
  expect(found.residualZ).toBeCloseTo(expected.residualZ, 6)
})

test('a symbol or a reference whose candles cease has no columns, until a pair comes again', () => {
  const events = pairOf(400)
  for (const silent of [ETH, BTC]) {
    const host = harness(correlation, { others: [ETH] })
    const isHeard = (one: CandleInput) => one.symbol !== silent || one.openTime < 300 * 60e6 || one.openTime >= 310 * 60e6
    const heard = events.filter(isHeard)
    const until = (minute: number) => heard.filter(({ openTime }) => openTime < minute * 60e6)
    host.feed(until(301))
    expect(host.featuresOf(ETH).rho60).not.toBeNull() // one candle late is not lost
    host.feed(until(302).slice(until(301).length))
    expect(Object.values(host.featuresOf(ETH)).filter((value) => value !== null)).toEqual([])
    host.feed(heard.slice(until(302).length))
    expect(host.featuresOf(ETH).rho60).not.toBeNull()
  }
})

test('shifts of more than an hour are refused at load', () => {
  expect(() => harness(correlation, { options: { lagStep: '1m', lags: 61 } })).toThrow('reach 3660 s')
  expect(() => harness(correlation, { options: { lagStep: '1m', lags: 60 } })).not.toThrow()
})

test('the order in which two candles of one time come does not matter, and a backfill changes nothing', () => {
  const events = pairOf(300)
  const swapped = events.map((_, i) => events[i ^ 1] as CandleInput)
  expect(run(swapped)).toEqual(run(events))
  const again = { ...(events.at(-1) as CandleInput), close: 1, backfill: true, tsEvent: 301 * 60e6 }
  expect(run([...events, again])).toEqual(run(events))
})

test('a relation that ends is a breakdown, and one that holds is none', () => {
  const [bound, free] = [pairOf(1700), pairOf(1700, 0)]
  const broken = bound.map((one, i) => (one.symbol === ETH && i > 3260 ? { ...(free[i] as CandleInput) } : one))
  expect(run(bound).breakdown).toBe(0)
  expect(run(broken)).toMatchObject({ breakdown: 1 })
})

test('a jump that beta does not foresee is many standard deviations', () => {
  const events = pairOf(400)
  const last = events.at(-1) as CandleInput
  const high = 1.05 * Number(last.close)
  expect(run([...events.slice(0, -1), { ...last, close: high, high }]).residualZ).toBeGreaterThan(20)
})

/** A walk of the reference that the other repeats `lagUs` later; candles close each minute. */
function chase(lagUs: number, kind: 'trade' | 'book'): MarketInput[] {
  const walk = Array.from(fixtures.trades(BTC, { count: 900, every: '170ms', aggressor: 'buy' })) as Extract<MarketInput, { kind: 'trade' }>[]
  const tick = (symbol: MarketSymbol, tsEvent: number, price: number, i: number): MarketInput =>
    kind === 'trade'
      ? { kind, symbol, tsEvent, price, quantity: 1, aggressor: 'buy' }
      : { kind, symbol, tsEvent, update: 'snapshot', bids: [[price - 1, 1]], asks: [[price + 1, 1]], sourceSequence: i }
  const events = walk.flatMap(({ tsEvent, price }, i) => [tick(BTC, tsEvent, Number(price), 2 * i), tick(ETH, tsEvent + lagUs, Number(price), 2 * i + 1)])
  return [...events, ...pairOf(3)].sort((a, b) => (a.tsEvent ?? 0) - (b.tsEvent ?? 0))
}

test('who leads is found from trades and from books, with the shift', () => {
  for (const kind of ['trade', 'book'] as const) {
    const found = run(chase(400_000, kind), { options: { ticks: kind === 'trade' ? 'trade' : 'mid', lagStep: '200ms' } })
    expect(found.leadLagUs).toBe(400_000)
    expect(found.leadLagStrength).toBeGreaterThan(0.9)
    expect(found.hayashiYoshida).toBeLessThan(0.5)
  }
  const unused = run(chase(400_000, 'trade'))
  expect([unused.leadLagUs, unused.hayashiYoshida, unused.aboveOne]).toEqual([null, null, null])
})

test('without shifts only the ratio at 0 is told', () => {
  const found = run(chase(0, 'trade'), { options: { ticks: 'trade', lags: 0 } })
  expect(found).toMatchObject({ leadLagUs: null, leadLagStrength: null, hayashiYoshida: expect.closeTo(1, 9) })
})

test('a ratio above 1 is told as it is, and flagged', () => {
  const prices = (symbol: MarketSymbol, each: number, step: number): MarketInput[] =>
    Array.from({ length: 600 / each }, (_, i): MarketInput => ({
      kind: 'trade', symbol, tsEvent: 1e5 * each * (i + 1), price: 1000 * Math.exp(step * each * i), quantity: 1, aggressor: 'buy',
    }))
  const events = [...prices(BTC, 1, 1e-4), ...prices(ETH, 10, 1e-4), ...pairOf(3)].sort((a, b) => (a.tsEvent ?? 0) - (b.tsEvent ?? 0))
  const found = run(events, { options: { ticks: 'trade', lags: 2 } })
  expect(found.aboveOne).toBe(1)
  expect(found.hayashiYoshida).toBeGreaterThan(2)
})
