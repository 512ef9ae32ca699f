import { describe, expect, test } from 'vitest'
import type { WireEvent } from '../venue-decoder.ts'
import { WireFeed, type WireReject } from '../wire-feed.ts'
import { connect, decoded, received } from '../wire-fixture.ts'
import { BybitDecoder } from './bybit-decoder.ts'
import { bybitListing } from './bybit-symbol.ts'

const symbol = 'BTCUSDT'
const told = (events: readonly (WireEvent | WireReject)[]) =>
  events.map((event) => ('update' in event ? event.update : 'reason' in event ? event.reason : event.kind))

describe('Bybit v5', () => {
  type Side = string[][]
  const book = (type: string, u: number, b: Side = [], a: Side = [], depth = 50) => ({
    topic: `orderbook.${depth}.${symbol}`, type, ts: 1_671_179_923_046, cts: 1_671_179_923_040, data: { s: symbol, b, a, u, seq: 22_520_573_250 },
  })
  const snapshot = (u: number, depth = 50) => book('snapshot', u, [['17440.00', '40.833']], [['17440.50', '78.815']], depth)

  test('a snapshot and deltas are a book, with the time of the matching engine', () => {
    const eventUs = 1_671_179_923_040_000
    expect(decoded(new BybitDecoder(), book('delta', 4), snapshot(5), book('delta', 6, [['17440.00', '0']], [['17442.00', '1.510']]))).toEqual([
      { kind: 'book', symbol, eventUs, update: 'snapshot', bids: [['17440.00', '40.833']], asks: [['17440.50', '78.815']] },
      { kind: 'book', symbol, eventUs, update: 'delta', partial: true, bids: [['17440.00', '0']], asks: [['17442.00', '1.510']] },
    ])
  })

  test('numbers rise by one: a missing one is a gap, an old one is dropped, and 1 begins anew', () => {
    const delta = (u: number) => book('delta', u)
    expect(told(decoded(new BybitDecoder(), snapshot(5), delta(5), delta(6), delta(8), delta(9), snapshot(20), delta(21)))).toEqual([
      'snapshot', 'delta', 'desync', 'snapshot', 'delta',
    ])
    expect(told(decoded(new BybitDecoder(), snapshot(5), delta(1), delta(2)))).toEqual(['snapshot', 'snapshot', 'delta'])
  })

  test('of several depths of a symbol the deepest is used, and a full one is partial', () => {
    const side = Array.from({ length: 200 }, (_, i) => [String(1000 - i), '1'])
    const events = decoded(new BybitDecoder(), snapshot(9, 1), book('snapshot', 5, side, [], 200), snapshot(10, 1), book('delta', 11, [], [], 1), book('delta', 6, [], [], 200))
    expect(told(events)).toEqual(['snapshot', 'snapshot', 'delta'])
    expect(events.map((event) => 'partial' in event)).toEqual([true, true, true])
  })

  test('trades carry the side of the taker; spot is told by the address of the connection', () => {
    const trade = { topic: `publicTrade.${symbol}`, type: 'snapshot', ts: 5, data: [{ T: 1_672_304_486_865, s: symbol, S: 'Buy', v: '0.001', p: '16578.50', i: '20f43950' }] }
    const feed = new WireFeed(new BybitDecoder())
    const lines = [connect('a', 'wss://venue.example/v5/public/spot'), connect('b', 'wss://venue.example/v5/public/linear')]
    const events = [...lines, ...received([trade], 'a'), ...received([trade], 'b')].flatMap((line) => feed.read(line))
    const common = { kind: 'trade', eventUs: 1_672_304_486_865_000, price: '16578.50', quantity: '0.001', aggressor: 'buy', id: '20f43950' }
    expect(events).toEqual([{ ...common, symbol: `spot:${symbol}` }, { ...common, symbol }])
  })
})

describe('Bybit in 2021', () => {
  const row = (price: string, side: string, size?: number) => ({ price, symbol, id: '1', side, ...(size !== undefined && { size }) })
  const message = (type: string, data: unknown) => ({ topic: `orderBookL2_25.${symbol}`, type, data, cross_seq: '1', timestamp_e6: '1618677785235281' })
  const rows = [row('100.5', 'Buy', 2), row('101', 'Sell', 642.60004)]
  const delta = message('delta', { delete: [row('100.5', 'Buy')], update: [row('101', 'Sell', 3)], insert: [row('100', 'Buy', 1)] })

  test.each([[message('snapshot', rows)], [message('snapshot', { order_book: rows })]])('delete, update and insert change the snapshot', (snapshot) => {
    const eventUs = 1_618_677_785_235_281
    expect(decoded(new BybitDecoder(), delta, snapshot, delta)).toEqual([
      { kind: 'book', symbol, eventUs, update: 'snapshot', bids: [['100.5', '2']], asks: [['101', '642.60004']] },
      { kind: 'book', symbol, eventUs, update: 'delta', partial: true, bids: [['100.5', '0'], ['100', '1']], asks: [['101', '3']] },
    ])
  })

  test('as nothing is numbered, a message that cannot be read loses the book until the next snapshot', () => {
    const bad = message('delta', { delete: [row('100.5', 'Up')], update: [], insert: [] })
    expect(told(decoded(new BybitDecoder(), message('snapshot', rows), bad, delta, message('snapshot', rows)))).toEqual(['snapshot', 'reject', 'broken', 'snapshot'])
  })

  test('trades carry the side of the taker', () => {
    const trade = { symbol, price: '1053.90', size: 0.14, trade_time_ms: '1618677785116', side: 'Sell', trade_id: '01cacfe9' }
    expect(decoded(new BybitDecoder(), { topic: `trade.${symbol}`, data: [trade] })).toEqual([
      { kind: 'trade', symbol, eventUs: 1_618_677_785_116_000, price: '1053.90', quantity: '0.14', aggressor: 'sell', id: '01cacfe9' },
    ])
  })
})

test.each([
  [{ success: true, ret_msg: '' }, undefined],
  [{ op: 'pong' }, undefined],
  [{ topic: 'tickers.BTCUSDT' }, undefined],
  [{ topic: 'news' }, 'feed.unknown'],
  [{}, 'feed.unknown'],
  [{ topic: 'orderbook.50.BTCUSDT', type: 'x', ts: 1, data: { u: 1 } }, 'feed.broken'],
  [{ topic: 'orderBookL2_25.BTCUSD', type: 'delta', data: {} }, 'feed.broken'],
  [{ topic: 'publicTrade.BTCUSDT', data: [{ S: 'X' }] }, 'feed.broken'],
])('%j is %s', (message, code) => {
  expect(decoded(new BybitDecoder(), message).map((event) => 'code' in event && event.code)).toEqual(code ? [code] : [])
})

test.each([
  ['BTCUSD', 'BTC/USD:BTC', 'inverse'],
  ['BTCUSDM21', 'BTC/USD:BTC-210625', 'inverse'],
  ['BTCUSDT', 'BTC/USDT:USDT', 'linear'],
  ['BTCPERP', 'BTC/USDC:USDC', 'linear'],
  ['BTC-26SEP25', 'BTC/USDC:USDC-250926', 'linear'],
  ['BTCUSDT-26SEP25', 'BTC/USDT:USDT-250926', 'linear'],
  ['spot:ETHBTC', 'ETH/BTC', 'spot'],
  ['BTC-26XXX25', undefined, undefined],
  ['ODD', undefined, undefined],
])('%s is %s', (raw, unified, kind) => {
  expect([bybitListing(raw)?.symbol, bybitListing(raw)?.kind]).toEqual([unified, kind])
})
