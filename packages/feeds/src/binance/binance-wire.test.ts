import { describe, expect, test } from 'vitest'
import type { WireEvent } from '../venue-decoder.ts'
import { WireFeed, type WireReject } from '../wire-feed.ts'
import { connect, decoded, received, response, T0 } from '../wire-fixture.ts'
import { BinanceWire, type BinanceMarket } from './binance-wire.ts'

type Side = string[][]
const symbol = 'BTCUSDT'
const depth = (U: number, u: number, b: Side = [], a: Side = [], rest: object = {}) => ({
  stream: 'btcusdt@depth@100ms', data: { e: 'depthUpdate', E: 1_617_566_591_307, s: symbol, U, u, b, a, ...rest },
})
const rest = (lastUpdateId: number, bids: Side = [['100.10', '1']], asks: Side = [['100.20', '2']], more: object = {}) =>
  response(`https://venue.example/depth?symbol=${symbol}&limit=1000`, { lastUpdateId, bids, asks, ...more })
function read(market: BinanceMarket, ...lines: readonly (string | object)[]): (WireEvent | WireReject)[] {
  const feed = new WireFeed(new BinanceWire(market))
  return lines.flatMap((line) => (typeof line === 'string' ? [line] : received([line]))).flatMap((line) => feed.read(line))
}
const told = (events: readonly (WireEvent | WireReject)[]) =>
  events.map((event) => (event.kind === 'book' ? `${event.update} ${event.id}` : event.kind === 'gap' ? event.reason : event.kind))

describe('BinanceWire', () => {
  test('updates wait for the snapshot and follow it; each begins where the one before ended', () => {
    const events = read('spot', connect(), depth(5, 9), depth(10, 12, [['100.10', '0']]), rest(10), depth(13, 13), depth(15, 16), depth(17, 17), rest(20))
    expect(told(events)).toEqual(['snapshot 10', 'delta 12', 'delta 13', 'desync', 'snapshot 20'])
    expect(events.slice(0, 2)).toEqual([
      { kind: 'book', symbol, eventUs: 1_617_566_591_307_000, update: 'snapshot', id: 10, bids: [['100.10', '1']], asks: [['100.20', '2']] },
      { kind: 'book', symbol, eventUs: 1_617_566_591_307_000, update: 'delta', id: 12, bids: [['100.10', '0']], asks: [] },
    ])
  })

  test('on futures each update names the one before; one that ends at the snapshot says nothing new', () => {
    const next = (U: number, u: number, pu: number) => depth(U, u, [], [], { pu, T: 1_617_566_591_000 })
    const events = read('usdm', connect(), next(90, 100, 80), next(105, 110, 100), rest(100), next(120, 130, 110), next(140, 150, 131))
    expect(told(events)).toEqual(['snapshot 100', 'delta 110', 'delta 130', 'desync'])
    expect(events[1]).toMatchObject({ eventUs: 1_617_566_591_000_000 })
  })

  test('a snapshot has the time of receipt where nothing tells another, and is partial when it was cut off', () => {
    const side = Array.from({ length: 1000 }, (_, i) => [String(2000 - i), '1'])
    expect(read('spot', rest(1))).toMatchObject([{ eventUs: T0 }])
    expect(read('coinm', rest(1, side, [], { T: 5 }))).toMatchObject([{ eventUs: 5000, partial: true }])
  })

  test('a snapshot that waiting updates do not continue is not used, or loses the book', () => {
    expect(told(read('spot', connect(), depth(20, 21), rest(10), rest(19)))).toEqual(['snapshot 19', 'delta 21'])
    expect(told(read('spot', connect(), rest(10), depth(13, 14), rest(11), depth(15, 15), rest(12)))).toEqual(['snapshot 10', 'desync', 'snapshot 12', 'delta 14', 'delta 15'])
  })

  test('a connection made again begins anew', () => {
    const events = read('spot', connect(), depth(1, 2), connect(), depth(11, 12), rest(11), depth(13, 13), connect(), depth(20, 20), rest(19))
    expect(told(events)).toEqual(['snapshot 11', 'delta 12', 'delta 13', 'reconnect', 'snapshot 19', 'delta 20'])
  })

  test('aggregate trades are used where no single trades come', () => {
    const trade = (e: string) => ({ e, E: 1, s: symbol, a: 7, t: 8, p: '5.50', q: '0.1', T: 1_617_566_591_314, m: true })
    const common = { kind: 'trade', symbol, eventUs: 1_617_566_591_314_000, price: '5.50', quantity: '0.1', aggressor: 'sell' }
    expect(read('spot', connect(), trade('aggTrade'), trade('trade'), trade('aggTrade'))).toEqual([{ ...common, id: '7' }, { ...common, id: '8' }])
    const both = connect('ws', 'wss://venue.example/stream?streams=btcusdt@trade/btcusdt@aggTrade')
    expect(read('spot', both, trade('aggTrade'), { ...trade('trade'), m: false })).toEqual([{ ...common, id: '8', aggressor: 'buy' }])
  })

  test('best quotes carry the id of an update', () => {
    const quote = { u: 400, s: symbol, b: '25.35', B: '31.2', a: '25.36', A: '40.6' }
    const common = { kind: 'quote', symbol, id: 400, bid: '25.35', ask: '25.36', quantities: ['31.2', '40.6'] }
    expect(read('spot', quote, { ...quote, e: 'bookTicker', T: 5 })).toEqual([{ ...common, eventUs: T0 }, { ...common, eventUs: 5000 }])
  })

  test.each([
    [{ result: null, id: 1 }, undefined],
    [{ stream: 'x', data: { e: 'kline' } }, undefined],
    [{ e: 'news' }, 'feed.unknown'],
    [{ e: 'aggTrade', m: 1 }, 'feed.broken'],
    [depth(1, 2, [['1', '-1']]), 'feed.broken'],
    [{ data: 5 }, 'feed.broken'],
  ])('%j is %s', (message, code) => {
    expect(decoded(new BinanceWire('spot'), message).map((event) => 'code' in event && event.code)).toEqual(code ? [code] : [])
  })

  test('an answer that is no snapshot is no news, one that cannot be read is a reject', () => {
    expect(read('spot', response('https://venue.example/exchangeInfo', {}))).toEqual([])
    expect(read('spot', response('https://venue.example/depth', { lastUpdateId: 1 }))).toMatchObject([{ code: 'feed.broken' }])
  })

  test.each([
    ['spot', 'ETHBTC', { symbol: 'ETH/BTC', kind: 'spot' }],
    ['usdm', 'BTCUSDT', { symbol: 'BTC/USDT:USDT', kind: 'linear' }],
    ['usdm', 'BTCUSDT_210924', { symbol: 'BTC/USDT:USDT-210924', kind: 'linear' }],
    ['coinm', 'BTCUSD_PERP', { symbol: 'BTC/USD:BTC', kind: 'inverse', contractSize: '100' }],
    ['coinm', 'ETHUSD_210924', { symbol: 'ETH/USD:ETH-210924', kind: 'inverse', contractSize: '10' }],
    ['coinm', 'ODD', undefined],
    ['spot', 'ODD_1', undefined],
  ] as const)('on %s %s is told', (market, raw, listing) => {
    expect(new BinanceWire(market).listing(raw)).toEqual(listing)
  })
})
