import { crc32 } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { decoded, received } from '../wire-fixture.ts'
import { WireFeed } from '../wire-feed.ts'
import { KrakenDecoder } from './kraken-decoder.ts'

type Row = readonly [price: string, qty: string]
const side = (rows: readonly Row[]) => rows.map(([price, qty]) => `{"price":${price},"qty":${qty}}`).join(',')
/** A message as it stands on the wire: numbers with the zeros that JSON.stringify would drop. */
const book = (type: string, bids: readonly Row[], asks: readonly Row[], checksum: number, symbol = 'BTC/USD') =>
  `{"channel":"book","type":"${type}","data":[{"symbol":"${symbol}","bids":[${side(bids)}],"asks":[${side(asks)}],"checksum":${checksum},"timestamp":"2023-10-06T17:35:55.440295Z"}]}`
const subscribed = (depth: number) => ({ method: 'subscribe', result: { channel: 'book', depth, snapshot: true, symbol: 'BTC/USD' }, success: true })

/** The worked example of the venue's guide. */
const bids: Row[] = [
  ['45283.5', '0.10000000'], ['45283.4', '1.54582015'], ['45282.1', '0.10000000'], ['45281.0', '0.10000000'], ['45280.3', '1.54592586'],
  ['45279.0', '0.07990000'], ['45277.6', '0.03310103'], ['45277.5', '0.30000000'], ['45277.3', '1.54602737'], ['45276.6', '0.15445238'],
]
const asks: Row[] = [
  ['45285.2', '0.00100000'], ['45286.4', '1.54571953'], ['45286.6', '1.54571109'], ['45289.6', '1.54560911'], ['45290.2', '0.15890660'],
  ['45291.8', '1.54553491'], ['45294.7', '0.04454749'], ['45296.1', '0.35380000'], ['45297.5', '0.09945542'], ['45299.5', '0.18772827'],
]
const sum = (some: readonly Row[], others: readonly Row[]) =>
  crc32([...others, ...some].flat().map((digits) => digits.replace('.', '').replace(/^0+/, '')).join(''))

describe('Kraken v2', () => {
  test('the snapshot in the documents has the checksum in the documents, and numbers keep their zeros', () => {
    expect(decoded(new KrakenDecoder(), book('snapshot', bids, asks, 3_310_070_434))).toEqual([
      { kind: 'book', symbol: 'BTC/USD', eventUs: 1_696_613_755_440_295, update: 'snapshot', partial: true, checked: true, bids, asks },
    ])
  })

  test('an update is cut to the depth of the subscription before its checksum is compared', () => {
    const better: Row = ['45284.0', '0.50000000']
    const right = sum([better, ...bids.slice(0, 9)], asks)
    const events = decoded(new KrakenDecoder(), subscribed(10), book('snapshot', bids, asks, 3_310_070_434), book('update', [better], [], right))
    expect(events.at(-1)).toMatchObject({ update: 'delta', checked: true, partial: true, bids: [better, ['45276.6', '0']], asks: [] })
    const deeper = decoded(new KrakenDecoder(), subscribed(25), book('snapshot', bids, asks, 3_310_070_434), book('update', [better], [], right))
    expect(deeper).toMatchObject([{ update: 'snapshot' }, { update: 'delta', bids: [better] }])
    expect(deeper.some((event) => 'partial' in event)).toBe(false)
  })

  test('a wrong checksum is a gap, of a snapshot as well, and updates wait for the next snapshot', () => {
    const wrong = book('update', [['45283.5', '0']], [], 1)
    const told = decoded(new KrakenDecoder(), book('snapshot', bids, asks, 5), wrong, book('snapshot', bids, asks, 3_310_070_434), wrong, wrong)
    expect(told.map((event) => ('reason' in event ? event.reason : event.kind))).toEqual(['checksum', 'book', 'checksum'])
  })

  test('strings are read as numbers are', () => {
    const quoted = book('snapshot', bids, asks, 3_310_070_434).replaceAll(/"(price|qty)":([\d.]+)/g, '"$1":"$2"')
    expect(decoded(new KrakenDecoder(), quoted)).toMatchObject([{ checked: true, bids, asks }])
  })

  test('trades carry the side of the taker; those in a snapshot were before', () => {
    const trade = (type: string) =>
      `{"channel":"trade","type":"${type}","data":[{"symbol":"BTC/USD","side":"sell","price":45283.40,"qty":0.00050000,"ord_type":"market","trade_id":42,"timestamp":"2023-09-25T07:49:36.925603Z"}]}`
    expect(decoded(new KrakenDecoder(), trade('snapshot'), trade('update'))).toEqual([
      { kind: 'trade', symbol: 'BTC/USD', eventUs: 1_695_628_176_925_603, price: '45283.40', quantity: '0.00050000', aggressor: 'sell', id: '42' },
    ])
  })

  test.each([
    [{ channel: 'heartbeat' }, undefined],
    [{ channel: 'status', type: 'update', data: [] }, undefined],
    [{ method: 'pong' }, undefined],
    [{ method: 'subscribe', success: true, result: { channel: 'book', symbol: 'A/B', depth: 10 } }, undefined],
    [{ method: 'subscribe', success: false, error: 'no' }, 'feed.unknown'],
    [{ channel: 'news' }, 'feed.unknown'],
    [{ channel: 'book', type: 'other', data: [] }, 'feed.broken'],
    [{ channel: 'book', type: 'update', data: [{ symbol: 'A/B', bids: [{ price: -1, qty: 1 }], asks: [], checksum: 1 }] }, 'feed.broken'],
    [{ channel: 'book', type: 'update', data: [{ symbol: 'A/B', bids: [], asks: [] }] }, 'feed.broken'],
    [{ channel: 'trade', type: 'update', data: [{ symbol: 'A/B', side: 'up', price: 1, qty: 1 }] }, 'feed.broken'],
  ])('%j is %s', (message, code) => {
    expect(decoded(new KrakenDecoder(), message).map((event) => 'code' in event && event.code)).toEqual(code ? [code] : [])
  })

  test('a message without its text is read by its values', () => {
    const decoder = new KrakenDecoder()
    const json: unknown = JSON.parse(book('snapshot', [['5.5', '1.25']], [], crc32('55125')))
    expect(decoder.receive({ json, connection: 'ws', receivedUs: 5 })).toMatchObject([{ checked: true, bids: [['5.5', '1.25']] }])
    const feed = new WireFeed(new KrakenDecoder())
    expect(received([book('snapshot', [], [], 0)]).flatMap((line) => feed.read(line))).toMatchObject([{ bids: [], asks: [] }])
    expect(decoder.listing('BTC/USD')).toEqual({ symbol: 'BTC/USD' })
  })
})
