import { crc32 } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { WireLevel } from '../venue-decoder.ts'
import { WireBook } from '../wire-book.ts'
import { decoded } from '../wire-fixture.ts'
import { krakenChecksum } from './kraken-book.ts'
import { KrakenDecoder } from './kraken-decoder.ts'

const pair = 'XBT/USD'
const book = (...parts: object[]) => [336, ...parts, 'book-3', pair]
const level = (price: string, volume: string, s = 1) => [price, volume, `170000000${s}.000250`]
const snapshot = book({
  as: [level('101.5', '1.00'), level('102.0', '2.00'), level('103.0', '0.05')], bs: [level('100.0', '0.50', 2), level('99.5', '3.00')],
})
const delta = (c: number, a: unknown[][] = [], b: unknown[][] = []) =>
  book(...(a.length > 0 ? [{ a }] : []), { ...(b.length > 0 && { b }), c: String(c) })

describe('KrakenDecoder', () => {
  test('the checksum of the book in the documents is right', () => {
    const levels = (prices: number[]): WireLevel[] => prices.map((price) => [`0.0${price}`, '0.00000500'])
    const wire = new WireBook()
    const asks = Array.from({ length: 12 }, (_, i) => 5005 + 5 * i)
    wire.reset(levels([5000, 4995, 4990, 4980, 4975, 4970, 4965, 4960, 4955, 4950, 4945]), levels(asks))
    expect(krakenChecksum(wire)).toBe(974_947_235)
  })

  test('a book is cut to its depth, then its checksum is compared', () => {
    const sum = crc32(['1014150', '1015100', '1020200', '100050', '995300'].join(''))
    const events = decoded(new KrakenDecoder(), snapshot, delta(sum, [level('101.4', '1.50', 3), level('101.5', '1.00')]))
    expect(events).toEqual([
      {
        kind: 'book', symbol: pair, eventUs: 1_700_000_002_000_250, update: 'snapshot', partial: true,
        bids: [['100.0', '0.50'], ['99.5', '3.00']], asks: [['101.5', '1.00'], ['102.0', '2.00'], ['103.0', '0.05']],
      },
      {
        kind: 'book', symbol: pair, eventUs: 1_700_000_003_000_250, update: 'delta', checked: true, partial: true,
        bids: [], asks: [['101.4', '1.50'], ['101.5', '1.00'], ['103.0', '0']],
      },
    ])
  })

  test('a wrong checksum is a gap, and nothing comes until the next snapshot', () => {
    const events = decoded(new KrakenDecoder(), snapshot, delta(1, [level('101.4', '1.50')]), delta(2, [level('101.4', '0.00')]), snapshot)
    expect(events.map((event) => [event.kind, 'reason' in event && event.reason])).toEqual([['book', false], ['gap', 'checksum'], ['book', false]])
  })

  test('both sides may change in one message', () => {
    const right = crc32(['1020200', '10305', '995300'].join(''))
    const both = (c: number) => delta(c, [level('101.5', '0.00')], [level('100.0', '0.00')])
    expect(decoded(new KrakenDecoder(), snapshot, both(right)).at(-1)).toMatchObject({ checked: true, bids: [['100.0', '0.00']] })
    expect(decoded(new KrakenDecoder(), snapshot, both(right + 1)).at(-1)).toMatchObject({ kind: 'gap' })
  })

  test('trades carry the side of the taker', () => {
    const trades = [321, [['5541.20000', '0.15850568', '1534614057.321597', 's', 'l', ''], ['6060.0', '0.02', '1534614057.324998', 'b', 'l', '']], 'trade', pair]
    expect(decoded(new KrakenDecoder(), trades)).toEqual([
      { kind: 'trade', symbol: pair, eventUs: 1_534_614_057_321_597, price: '5541.20000', quantity: '0.15850568', aggressor: 'sell' },
      { kind: 'trade', symbol: pair, eventUs: 1_534_614_057_324_998, price: '6060.0', quantity: '0.02', aggressor: 'buy' },
    ])
  })

  test.each([
    [{ event: 'heartbeat' }, undefined],
    [[1, { a: ['1'] }, 'ticker', pair], undefined],
    [{ event: 'other' }, 'feed.unknown'],
    [[1, {}, 'news', pair], 'feed.unknown'],
    [[1, [['1', '1', '1', 'x']], 'trade', pair], 'feed.broken'],
    [[1, [['1', '0', '1', 'b']], 'trade', pair], 'feed.broken'],
    [book({ a: [['-1', '1', '1']], c: '1' }), 'feed.broken'],
    [book({ a: [['1', '1', '1']] }), 'feed.broken'],
    [[], 'feed.broken'],
    [5, 'feed.broken'],
    ['nonsense', 'feed.broken'],
  ])('%j is %s', (message, code) => {
    expect(decoded(new KrakenDecoder(), message).map((event) => 'code' in event && event.code)).toEqual(code ? [code] : [])
  })

  test('its symbols are told', () => {
    const decoder = new KrakenDecoder()
    expect(['XBT/USD', 'XDG/EUR', 'ALGO/XBT', 'odd'].map((one) => decoder.listing(one)?.symbol)).toEqual(['BTC/USD', 'DOGE/EUR', 'ALGO/BTC', undefined])
  })
})
