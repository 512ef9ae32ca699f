import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fixtures } from './fixtures.ts'
import { TestLadder } from './test-ladder.ts'

test('the same arguments give the same events, each time they are iterated', () => {
  const events = fixtures.trades('BTC/USDT', { count: 50 })
  expect([...events]).toEqual([...events])
  expect([...fixtures.book('BTC/USDT', { count: 50 })]).toEqual([...fixtures.book('BTC/USDT', { count: 50 })])
  expect([...fixtures.candles('BTC/USDT', '1m', { count: 50 })]).toEqual([
    ...fixtures.candles('BTC/USDT', '1m', { count: 50 }),
  ])
})

test('another seed or symbol gives other events', () => {
  const prices = (symbol: 'A/B' | 'C/D', seed: number) =>
    Array.from(fixtures.trades(symbol, { count: 20, seed }), (event) => (event.kind === 'trade' ? event.price : 0))
  expect(prices('A/B', 1)).not.toEqual(prices('A/B', 2))
  expect(prices('A/B', 1)).not.toEqual(prices('C/D', 1))
})

test('trades come exactly `every`, from `from` on, from the given side', () => {
  const events = [...fixtures.trades('BTC/USDT', { count: 3, every: '100ms', from: '10m', aggressor: 'sell' })]
  expect(events.map(({ tsEvent }) => tsEvent)).toEqual([600e6, 600.1e6, 600.2e6])
  expect(events.every((event) => event.kind === 'trade' && event.aggressor === 'sell')).toBe(true)
})

test('trades are a second apart on average, and some share their time', () => {
  const times = Array.from(fixtures.trades('BTC/USDT'), ({ tsEvent = NaN }) => tsEvent)
  expect(times).toHaveLength(5000)
  expect((times.at(-1) ?? 0) / 4999).toBeGreaterThan(0.9e6)
  expect((times.at(-1) ?? 0) / 4999).toBeLessThan(1.1e6)
  expect(new Set(times).size).toBeLessThan(5000)
  expect(times).toEqual(times.toSorted((a, b) => a - b))
})

test('candles follow each other without a gap, and hold their open and close', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e6 }), (seed) => {
      let openTime = 0
      let close: unknown
      for (const candle of fixtures.candles('BTC/USDT', '5m', { count: 200, seed })) {
        if (candle.kind !== 'candle') throw new Error('no candle')
        expect(candle.openTime).toBe(openTime)
        expect(candle.open).toBe(close ?? candle.open)
        expect(Number(candle.high)).toBeGreaterThanOrEqual(Math.max(Number(candle.open), Number(candle.close)))
        expect(Number(candle.low)).toBeLessThanOrEqual(Math.min(Number(candle.open), Number(candle.close)))
        openTime += 300e6
        close = candle.close
      }
    }),
    { numRuns: 20 },
  )
})

test('a book has twenty levels a side and is never crossed', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e6 }), (seed) => {
      const ladder = new TestLadder()
      const [prices, quantities] = [new Float64Array(50), new Float64Array(50)]
      for (const event of fixtures.book('BTC/USDT', { count: 1500, seed })) {
        if (event.kind !== 'book') throw new Error('no book')
        ladder.apply(event.update, event.bids, event.asks)
        expect(ladder.bestBid).toBeLessThan(ladder.bestAsk)
        expect([ladder.depth('bid', 50, prices, quantities), ladder.depth('ask', 50, prices, quantities)]).toEqual([
          20, 20,
        ])
      }
    }),
    { numRuns: 10 },
  )
})
