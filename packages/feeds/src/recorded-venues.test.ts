import { existsSync, readdirSync } from 'node:fs'
import { instrument } from '@tapeloom/core'
import { VenueBook } from '@tapeloom/data/book'
import { describe, expect, test } from 'vitest'
import { CaptureReader } from './capture-reader.ts'
import { feedCheck } from './feed-check.ts'
import { VENUES } from './venues.ts'
import { WireFeed } from './wire-feed.ts'

const data = process.env['TAPELOOM_DATA'] ?? '../shared/data'
const folder = `${data}/captures`
const absent = !existsSync(folder)
if (absent) console.warn(`Skipped: ${folder} is absent. Set TAPELOOM_DATA to the folder of recorded data.`)
const fileOf = (venue: string): string => `${folder}/${readdirSync(folder).find((name) => name.startsWith(`${venue}_`))}`

describe.skipIf(absent)('recorded traffic', () => {
  test.each([
    ['kraken', { messages: 14_636, bookMessages: 14_506, checksums: { ok: 14_496, failed: 0 } }],
    ['binance', { messages: 4716, bookMessages: 3 + 2656, trades: 1910 }],
    ['binance-delivery', { messages: 4371, bookMessages: 10 + 1783, trades: 51, top: { ok: 1781, total: 1783 } }],
    ['bitflyer', { messages: 1103, bookMessages: 749, trades: 162 }],
    ['bitmex', { messages: 7043, trades: 112, top: { ok: 492, total: 500 } }],
    ['bitstamp', { messages: 747, bookMessages: 625, trades: 10 }],
    ['bybit', { messages: 4440, bookMessages: 10 + 4268, trades: 251 }],
    ['coinbase', { messages: 1030, checksums: { ok: 0, failed: 0 }, top: { ok: 132, total: 154 } }],
    ['gemini', { messages: 993, bookMessages: 935, trades: 51 }],
    ['kraken-futures', { messages: 7175, bookMessages: 10 + 7014, trades: 3 }],
    ['okx', { checksums: { ok: 290, failed: 0 } }],
  ])('%s: nothing is missing, no book crosses', async (venue, expected) => {
    expect(await feedCheck([fileOf(venue)])).toMatchObject([{ gaps: 0, crossed: 0, faults: 0, ...expected }])
  }, 60_000)

  test.each([
    ['l2/coinbase_BTC-USD_L2_snapshot_2026-08-07.json.gz', { venue: 'coinbase', messages: 1, bookMessages: 1 }],
    ['l3/bitstamp_BTCUSD_2015-05-01_events.log.gz', { venue: 'bitstamp', messages: 56_000, bookMessages: 5011, trades: 575 }],
  ])('%s, in a format of its own, is whole', async (name, expected) => {
    expect(await feedCheck([`${data}/${name}`])).toMatchObject([{ gaps: 0, crossed: 0, faults: 0, ...expected }])
  }, 60_000)

  test.each([
    ['okx', 'OKX', 'BTC-USDT', 400], ['bybit', 'BYBIT', 'BTCUSD', 25], ['kraken', 'KRAKEN', 'XBT/USD', 1000],
  ])('%s keeps so many levels of %s: the known range ends at the last of them after each change', async (name, exchange, symbol, levels) => {
    const reader = new CaptureReader(fileOf(name))
    const feed = new WireFeed(VENUES[exchange]!.decoder())
    const book = new VenueBook(instrument('A/B', { venue: 'x', tickSize: '0.00001', lotSize: '0.00000001' }))
    const [seen, edges] = [new Set<number>(), new Set<number>()]
    while (await reader.load()) {
      while (reader.next()) {
        for (const event of feed.read(reader.whole())) {
          if (event.kind !== 'book' || event.symbol !== symbol) continue
          book.apply({ ...event, kind: 'book' })
          seen.add(book.ladder.bids.levels)
          edges.add(book.knownBidsFrom)
          if (book.knownBidsFrom !== book.ladder.bids.worstTicks / 1e5) throw new Error('the edge is elsewhere')
        }
      }
    }
    expect([...seen]).toEqual([levels])
    expect(edges.size).toBeGreaterThan(1)
  }, 60_000)

  test.each([
    ['binance', 'BINANCE', 'desync'], ['binance-delivery', 'BINANCE_DELIVERY', 'desync'], ['coinbase', 'COINBASE', 'desync'],
    ['kraken', 'KRAKEN', 'checksum'], ['kraken-futures', 'KRAKEN_FUTURES', 'desync'], ['okx', 'OKX', 'checksum'],
  ])('%s: a removed update is found', async (name, exchange, reason) => {
    const reader = new CaptureReader(fileOf(name))
    const [whole, holed] = [new WireFeed(VENUES[exchange]!.decoder()), new WireFeed(VENUES[exchange]!.decoder())]
    let updates = 0
    const gaps: unknown[] = []
    while (await reader.load()) {
      while (reader.next()) {
        const line = reader.whole()
        const isUpdate = whole.read(line).some((event) => event.kind === 'book' && event.update === 'delta' && event.asks.length > 0)
        if (isUpdate && ++updates === 100) continue
        gaps.push(...holed.read(line).flatMap((event) => (event.kind === 'gap' ? [event.reason] : [])))
      }
    }
    expect(gaps[0]).toBe(reason)
  }, 60_000)

  test('kraken: of the right checksums, 5788 are those of XBT/USD', async () => {
    const reader = new CaptureReader(fileOf('kraken'))
    const feed = new WireFeed(VENUES['KRAKEN']!.decoder())
    let right = 0
    while (await reader.load()) {
      while (reader.next()) {
        for (const event of feed.read(reader.whole())) if (event.kind === 'book' && event.checked && event.symbol === 'XBT/USD') right++
      }
    }
    expect(right).toBe(5788)
  }, 60_000)
})
