import { existsSync } from 'node:fs'
import { instrument, toGrid, type BookMessage, type MarketInput } from '@tapeloom/core'
import { ConsolidatedBook, VenueBook } from '@tapeloom/data/book'
import { describe, expect, test } from 'vitest'
import { BinanceParser } from './binance/binance-parser.ts'
import { CaptureReader } from './capture-reader.ts'
import { captureSource } from './capture-source.ts'

const folder = `${process.env['TAPELOOM_DATA'] ?? '../shared/data'}/l2`
const absent = !existsSync(folder)
if (absent) console.warn(`Skipped: ${folder} is absent. Set TAPELOOM_DATA to the folder of recorded data.`)
const files = ['spot', 'usdm'].map((market) => `${folder}/binance-${market}_btcusdt_20240808.txt.gz`)

/** Spot and perpetual as if they were one good: what consolidating refuses otherwise. */
const goods = ['spot', 'perpetual'].map((venue) => instrument('BTC/USDT', { venue, tickSize: '0.01', lotSize: '0.00001' }))

interface Quote {
  readonly receivedUs: number
  readonly venue: number
  readonly levels: readonly number[]
}

async function quotesOf(file: string, venue: number): Promise<Quote[]> {
  const [reader, parser, quotes] = [new CaptureReader(file), new BinanceParser(), [] as Quote[]]
  while (await reader.load()) {
    while (reader.next()) {
      const { kind, receivedUs, levels } = parser.parse(reader.bytes, reader.start, reader.end)
      if (kind === 'quote') quotes.push({ receivedUs, venue, levels: [...levels.subarray(0, 4)] })
    }
  }
  return quotes
}

describe.skipIf(absent)('spot and perpetual merged anyway', () => {
  test('cross nearly always, by the basis between them', async () => {
    const merged = new ConsolidatedBook(goods)
    const quotes = (await Promise.all(files.map(quotesOf))).flat().sort((a, b) => a.receivedUs - b.receivedUs)
    const middles = [NaN, NaN]
    const touch = [[NaN, NaN], [NaN, NaN]]
    let [since, crossed, total, sum, squares] = [NaN, 0, 0, 0, 0]
    for (const { receivedUs, venue, levels: [bid = 0, bidQuantity = 0, ask = 0, askQuantity = 0] } of quotes) {
      if (merged.coverage === 1) {
        const [span, basis] = [receivedUs - since, middles[1]! - middles[0]!]
        total += span
        if (merged.crossed) crossed += span
        sum += span * basis
        squares += span * basis * basis
      }
      since = receivedUs
      middles[venue] = (bid + ask) / 2
      for (const [i, side, price, quantity] of [[0, 'bid', bid, bidQuantity], [1, 'ask', ask, askQuantity]] as const) {
        const { tick, lot } = goods[venue]!
        const before = touch[venue]![i]!
        if (!Number.isNaN(before)) merged.set(venue, side, before, 0)
        merged.set(venue, side, (touch[venue]![i] = toGrid(tick, price)), toGrid(lot, quantity))
      }
    }
    const mean = sum / total
    expect(crossed / total).toBeCloseTo(0.99999, 5)
    expect(Math.abs(mean + 22.754)).toBeLessThan(1e-3)
    expect(Math.abs(Math.sqrt(squares / total - mean * mean) - 3.545)).toBeLessThan(1e-3)
  }, 60_000)

  test('as whole books cross as well, no level is lost, and newer quotes evict all that crosses', async () => {
    const venues = goods.map((good) => new VenueBook(good))
    const merged = new ConsolidatedBook(goods)
    let [both, crossed, evicted] = [0, 0, 0]
    const take = (input: MarketInput) => {
      if (input.kind !== 'book') return
      const venue = input.symbol === 'BTC/USDT' ? 0 : 1
      expect(venues[venue]!.apply(input as BookMessage)).toBe('applied')
      merged.follow(venue, venues[venue]!)
      if (merged.coverage < 1) return
      both++
      if (merged.crossed) crossed++
      const { bid, ask } = merged.bbo({ evictOlderCrossed: true })
      if (bid > ask) evicted++
    }
    const { signal } = new AbortController()
    for await (const inputs of captureSource(files[0]!, files[1]!).events({ after: undefined, signal })) {
      for (const input of [inputs].flat() as MarketInput[]) take(input)
    }
    expect(both).toBeGreaterThan(9900)
    expect([crossed / both > 0.999, evicted]).toEqual([true, 0])
    expect([0, 1].map((venue) => merged.bids.levelsOf(venue))).toEqual(venues.map(({ ladder }) => ladder.bids.levels))
    expect([0, 1].map((venue) => merged.asks.levelsOf(venue))).toEqual(venues.map(({ ladder }) => ladder.asks.levels))
  }, 60_000)
})
