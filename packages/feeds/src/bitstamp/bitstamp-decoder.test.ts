import { describe, expect, test } from 'vitest'
import type { WireEvent } from '../venue-decoder.ts'
import { WireFeed, type WireReject } from '../wire-feed.ts'
import { connect, decoded, received, response } from '../wire-fixture.ts'
import { BitstampDecoder } from './bitstamp-decoder.ts'

const symbol = 'ethusd'
type Side = string[][]
const diff = (us: number, bids: Side = [], asks: Side = []) => ({
  data: { timestamp: '1641343691', microtimestamp: String(us), bids, asks }, channel: 'diff_order_book_ethusd', event: 'data',
})
const rest = (us: number) =>
  response('https://venue.example/api/v2/order_book/ethusd', { microtimestamp: String(us), bids: [['3802.90', '0.6']], asks: [['3803', '1']] })
function read(...lines: readonly (string | object)[]): (WireEvent | WireReject)[] {
  const feed = new WireFeed(new BitstampDecoder())
  return lines.flatMap((line) => (typeof line === 'string' ? [line] : received([line]))).flatMap((line) => feed.read(line))
}
const told = (events: readonly (WireEvent | WireReject)[]) =>
  events.map((event) => (event.kind === 'book' ? `${event.update} ${event.eventUs}` : event.kind === 'gap' ? event.reason : event.kind))

describe('BitstampDecoder', () => {
  test('updates wait for the snapshot; those that are not younger are dropped', () => {
    const events = read(connect(), diff(5), diff(10), diff(11, [['3802.90', '0.00000000']]), rest(10), diff(11), diff(12, [], [['3803', '2']]))
    expect(told(events)).toEqual(['snapshot 10', 'delta 11', 'delta 11', 'delta 12'])
    expect(events.slice(0, 2)).toEqual([
      { kind: 'book', symbol, eventUs: 10, update: 'snapshot', bids: [['3802.90', '0.6']], asks: [['3803', '1']] },
      { kind: 'book', symbol, eventUs: 11, update: 'delta', bids: [['3802.90', '0.00000000']], asks: [] },
    ])
  })

  test('a snapshot that is older than the book leaves the book as it is', () => {
    const later = diff(12, [], [['3803', '2']])
    expect(told(read(connect(), rest(10), later, rest(11), diff(13), rest(13)))).toEqual(['snapshot 10', 'delta 12', 'delta 13', 'snapshot 13'])
    expect(told(read(connect(), later, rest(10), rest(11), rest(12)))).toEqual(['snapshot 10', 'delta 12', 'snapshot 12'])
  })

  test('a lost connection and a message that cannot be read lose the book until the next snapshot', () => {
    const bad = diff(11, [['0', '1']])
    expect(told(read(connect(), diff(1), rest(10), bad, diff(12), rest(11), connect(), diff(20), rest(19)))).toEqual([
      'snapshot 10', 'reject', 'broken', 'snapshot 11', 'delta 12', 'reconnect', 'snapshot 19', 'delta 20',
    ])
  })

  test('of a trade, type 0 is a buyer who takes; digits are those of the text', () => {
    const data = { id: 216_000_477, amount: 0.0792, amount_str: '0.07920000', price: 3805.44, type: 1, microtimestamp: '1641343699596000' }
    const trade = (more: object) => ({ data: { ...data, ...more }, channel: 'live_trades_ethusd', event: 'trade' })
    const common = { kind: 'trade', symbol, eventUs: 1_641_343_699_596_000, price: '3805.44', quantity: '0.07920000', id: '216000477' }
    expect(decoded(new BitstampDecoder(), trade({}), trade({ type: 0 }))).toEqual([{ ...common, aggressor: 'sell' }, { ...common, aggressor: 'buy' }])
    expect(decoded(new BitstampDecoder(), trade({ type: 2 }))).toMatchObject([{ code: 'feed.broken' }])
  })

  test.each([
    [{ event: 'bts:subscription_succeeded', channel: 'x' }, undefined],
    [{ event: 'data', channel: 'order_book_ethusd', data: {} }, undefined],
    [{ event: 'data', channel: 'news' }, 'feed.unknown'],
    [{ event: 'data' }, 'feed.unknown'],
    [{}, 'feed.unknown'],
    [diff(NaN), 'feed.broken'],
  ])('%j is %s', (message, code) => {
    expect(decoded(new BitstampDecoder(), message).map((event) => 'code' in event && event.code)).toEqual(code ? [code] : [])
  })

  test('its symbols are told, by the list of pairs where it was asked for', () => {
    const decoder = new BitstampDecoder()
    const told = () => ['ethusd', 'batbtc', 'usdtusd', 'sgbjpy', 'odd'].map((one) => decoder.listing(one)?.symbol)
    expect(told()).toEqual(['ETH/USD', 'BAT/BTC', 'USDT/USD', undefined, undefined])
    new WireFeed(decoder).read(response('https://venue.example/api/v2/trading-pairs-info/', [{ url_symbol: 'sgbjpy', name: 'SGB/JPY' }, {}]))
    expect(told()[3]).toBe('SGB/JPY')
  })
})
