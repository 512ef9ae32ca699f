import { describe, expect, test } from 'vitest'
import { decoded } from '../wire-fixture.ts'
import { KrakenFuturesDecoder } from './kraken-futures-decoder.ts'

const symbol = 'PI_ETHUSD'
const timestamp = 1_626_994_927_744
const eventUs = 1_626_994_927_744_000
const update = (seq: number, side: string, price: unknown, qty: unknown) => ({ feed: 'book', product_id: symbol, side, seq, price, qty, timestamp })
const snapshot = (seq: number) => ({
  feed: 'book_snapshot', product_id: symbol, timestamp, seq, tickSize: null, bids: [{ price: 2004.5, qty: 20 }], asks: [{ price: 2005, qty: 3 }],
})

describe('KrakenFuturesDecoder', () => {
  test('each update is one level, numbered one after the other', () => {
    const events = decoded(new KrakenFuturesDecoder(), update(6, 'buy', 1, 1), snapshot(7), update(7, 'buy', 1, 1), update(8, 'sell', 2004.85, 4787), update(9, 'buy', 2004.5, 0))
    expect(events).toEqual([
      { kind: 'book', symbol, eventUs, update: 'snapshot', bids: [['2004.5', '20']], asks: [['2005', '3']] },
      { kind: 'book', symbol, eventUs, update: 'delta', bids: [], asks: [['2004.85', '4787']] },
      { kind: 'book', symbol, eventUs, update: 'delta', bids: [['2004.5', '0']], asks: [] },
    ])
  })

  test('a missing number loses the book until the next snapshot', () => {
    const events = decoded(new KrakenFuturesDecoder(), snapshot(7), update(9, 'buy', 1, 1), update(10, 'buy', 1, 1), snapshot(10), update(11, 'buy', 1, 1))
    expect(events.map((event) => ('reason' in event ? event.reason : 'update' in event && event.update))).toEqual(['snapshot', 'desync', 'snapshot', 'delta'])
  })

  test('a message that cannot be read is missing to the next one', () => {
    const events = decoded(new KrakenFuturesDecoder(), snapshot(7), update(8, 'buy', -1, 1), update(9, 'buy', 1, 1))
    expect(events.map(({ kind }) => kind)).toEqual(['book', 'reject', 'gap'])
  })

  test('trades carry the side of the taker; those of a snapshot are not used', () => {
    const trade = { feed: 'trade', product_id: symbol, uid: 'e2429e31', side: 'buy', type: 'fill', seq: 5956, time: 1_626_994_929_946, qty: 320.0, price: 119.44 }
    expect(decoded(new KrakenFuturesDecoder(), { feed: 'trade_snapshot', product_id: symbol, trades: [trade] }, trade)).toEqual([
      { kind: 'trade', symbol, eventUs: 1_626_994_929_946_000, price: '119.44', quantity: '320', aggressor: 'buy', id: 'e2429e31' },
    ])
  })

  test.each([
    [{ event: 'subscribed' }, undefined],
    [{ feed: 'ticker_lite' }, undefined],
    [{ feed: 'news' }, 'feed.unknown'],
    [update(1, 'up', 1, 1), 'feed.broken'],
    [{ feed: 'trade' }, 'feed.broken'],
    [{ feed: 'book_snapshot', product_id: symbol, timestamp, seq: 'x', bids: [], asks: [] }, 'feed.broken'],
  ])('%j is %s', (message, code) => {
    expect(decoded(new KrakenFuturesDecoder(), message).map((event) => 'code' in event && event.code)).toEqual(code ? [code] : [])
  })

  test.each([
    ['PI_XBTUSD', 'BTC/USD:BTC', 'inverse'],
    ['FI_ETHUSD_211231', 'ETH/USD:ETH-211231', 'inverse'],
    ['PF_XBTUSD', 'BTC/USD:USD', 'linear'],
    ['pv_xrpxbt', 'XRP/BTC:BTC', 'linear'],
    ['IN_XBTUSD', undefined, undefined],
  ])('%s is %s', (raw, unified, kind) => {
    const listing = new KrakenFuturesDecoder().listing(raw)
    expect([listing?.symbol, listing?.kind]).toEqual([unified, kind])
  })
})
