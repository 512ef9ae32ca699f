import { instrument, type MarketSymbol } from '@tapeloom/core'
import { describe, expect, test } from 'vitest'
import { venueOf } from '../venues.ts'
import { binanceVenues } from '../binance/binance-live.ts'
import { bybitVenue } from '../bybit/bybit-live.ts'
import { coinbaseVenue } from '../coinbase/coinbase-live.ts'
import { krakenVenue } from '../kraken/kraken-live.ts'
import { okxVenue } from '../okx/okx-live.ts'
import type { LiveVenue } from './live-venue.ts'
import { liveVenues } from './venue-sources.ts'

interface Row {
  readonly venue: LiveVenue
  readonly names: Readonly<Record<string, string>>
  readonly socket: string
  readonly said: readonly unknown[]
  readonly again: readonly unknown[] | undefined
  readonly asked: readonly string[]
  readonly answer: object
  readonly steps: object
}
const rows: readonly Row[] = [
  {
    venue: binanceVenues.spot, names: { 'BTC/USDT': 'BTCUSDT', 'ETH/BTC': 'ETHBTC' }, said: [], again: undefined,
    socket: 'wss://stream.binance.com:9443/stream?streams=btcusdt@depth@100ms/btcusdt@aggTrade/ethbtc@depth@100ms/ethbtc@aggTrade',
    asked: ['https://api.binance.com/api/v3/exchangeInfo?symbols=%5B%22BTCUSDT%22%2C%22ETHBTC%22%5D', 'https://api.binance.com/api/v3/depth?symbol=BTCUSDT&limit=1000'],
    answer: { symbols: [{ symbol: 'BTCUSDT', filters: [{ filterType: 'PRICE_FILTER', tickSize: '0.01000000' }, { filterType: 'LOT_SIZE', stepSize: '0.00001000' }] }] },
    steps: { tickSize: '0.01000000', lotSize: '0.00001000' },
  },
  {
    venue: binanceVenues.usdm, names: { 'BTC/USDT:USDT': 'BTCUSDT' }, said: [], again: undefined,
    socket: 'wss://fstream.binance.com/stream?streams=btcusdt@depth@100ms/btcusdt@aggTrade',
    asked: ['https://fapi.binance.com/fapi/v1/exchangeInfo', 'https://fapi.binance.com/fapi/v1/depth?symbol=BTCUSDT&limit=1000'],
    answer: { symbols: [{ symbol: 'BTCUSDT', filters: [{ filterType: 'LOT_SIZE', stepSize: '0.001' }, { filterType: 'PRICE_FILTER', tickSize: '0.10' }] }] },
    steps: { tickSize: '0.10', lotSize: '0.001' },
  },
  {
    venue: krakenVenue, names: { 'BTC/USD': 'XBT/USD', 'DOGE/EUR': 'XDG/EUR' }, socket: 'wss://ws.kraken.com',
    said: [
      { event: 'subscribe', pair: ['XBT/USD', 'XDG/EUR'], subscription: { name: 'book', depth: 1000 } },
      { event: 'subscribe', pair: ['XBT/USD', 'XDG/EUR'], subscription: { name: 'trade' } },
    ],
    again: [
      { event: 'unsubscribe', pair: ['XBT/USD'], subscription: { name: 'book', depth: 1000 } },
      { event: 'subscribe', pair: ['XBT/USD'], subscription: { name: 'book', depth: 1000 } },
    ],
    asked: ['https://api.kraken.com/0/public/AssetPairs?pair=XBTUSD,XDGEUR'],
    answer: { error: [], result: { XXBTZUSD: { wsname: 'XBT/USD', pair_decimals: 1, lot_decimals: 8 } } },
    steps: { tickSize: '0.1', lotSize: '0.00000001' },
  },
  {
    venue: okxVenue, socket: 'wss://ws.okx.com:8443/ws/v5/public',
    names: { 'BTC/USDT:USDT': 'BTC-USDT-SWAP', 'BTC/USDT': 'BTC-USDT', 'BTC/USD:BTC-220527': 'BTC-USD-220527' },
    said: [{
      op: 'subscribe',
      args: ['books', 'trades'].flatMap((channel) => ['BTC-USDT-SWAP', 'BTC-USDT', 'BTC-USD-220527'].map((instId) => ({ channel, instId }))),
    }],
    again: ['unsubscribe', 'subscribe'].map((op) => ({ op, args: [{ channel: 'books', instId: 'BTC-USDT-SWAP' }] })),
    asked: ['SWAP', 'SPOT', 'FUTURES'].map((type) => `https://www.okx.com/api/v5/public/instruments?instType=${type}`),
    answer: { data: [{ instId: 'BTC-USDT-SWAP', tickSz: '0.1', lotSz: '0.01', ctVal: '0.01' }] },
    steps: { tickSize: '0.1', lotSize: '0.01', contractSize: '0.01' },
  },
  {
    venue: bybitVenue('spot'), names: { 'BTC/USDT': 'spot:BTCUSDT' }, socket: 'wss://stream.bybit.com/v5/public/spot',
    said: [{ op: 'subscribe', args: ['orderbook.200.BTCUSDT', 'publicTrade.BTCUSDT'] }],
    again: ['unsubscribe', 'subscribe'].map((op) => ({ op, args: ['orderbook.200.BTCUSDT'] })),
    asked: ['https://api.bybit.com/v5/market/instruments-info?category=spot&symbol=BTCUSDT'],
    answer: { result: { list: [{ symbol: 'BTCUSDT', priceFilter: { tickSize: '0.01' }, lotSizeFilter: { basePrecision: '0.000001' } }] } },
    steps: { tickSize: '0.01', lotSize: '0.000001' },
  },
  {
    venue: bybitVenue('linear'), names: { 'BTC/USDT:USDT': 'BTCUSDT', 'ETH/USDC:USDC': 'ETHPERP' }, socket: 'wss://stream.bybit.com/v5/public/linear',
    said: [{ op: 'subscribe', args: ['orderbook.200.BTCUSDT', 'publicTrade.BTCUSDT', 'orderbook.200.ETHPERP', 'publicTrade.ETHPERP'] }],
    again: ['unsubscribe', 'subscribe'].map((op) => ({ op, args: ['orderbook.200.BTCUSDT'] })),
    asked: ['BTCUSDT', 'ETHPERP'].map((name) => `https://api.bybit.com/v5/market/instruments-info?category=linear&symbol=${name}`),
    answer: { result: { list: [{ symbol: 'BTCUSDT', priceFilter: { tickSize: '0.10' }, lotSizeFilter: { qtyStep: '0.001' } }] } },
    steps: { tickSize: '0.10', lotSize: '0.001' },
  },
  {
    venue: coinbaseVenue, names: { 'BTC/USD': 'BTC-USD' }, socket: 'wss://advanced-trade-ws.coinbase.com',
    said: ['heartbeats', 'level2', 'market_trades'].map((channel) => ({ type: 'subscribe', product_ids: ['BTC-USD'], channel })),
    again: undefined, asked: ['https://api.coinbase.com/api/v3/brokerage/market/products/BTC-USD'],
    answer: { product_id: 'BTC-USD', quote_increment: '0.01', base_increment: '0.00000001' },
    steps: { tickSize: '0.01', lotSize: '0.00000001' },
  },
]

describe.each(rows)('$venue.name at $socket', ({ venue, names, socket, said, again, asked, answer, steps }) => {
  const raws = Object.values(names)
  const first = raws[0]!

  test('names symbols as its decoder reads them', () => {
    for (const [symbol, raw] of Object.entries(names)) {
      expect(venue.raw(symbol as MarketSymbol)).toBe(raw)
      expect(venue.decoder().listing(raw)?.symbol).toBe(symbol)
    }
    expect(venueOf(venue.exchange, '').name).toBe(venue.name)
  })

  test('is reached, subscribed to and asked as its documents say', () => {
    expect(venue.socketUrl(venue.urls.socket, raws)).toBe(socket)
    expect(venue.subscribe(raws).map((text) => JSON.parse(text) as unknown)).toEqual(said)
    expect(venue.resubscribe?.(first).map((text) => JSON.parse(text) as unknown)).toEqual(again)
    const snapshot = venue.snapshot?.(venue.urls.rest, first)
    const requests = [...venue.instruments(venue.urls.rest, raws), ...(snapshot ? [snapshot] : [])]
    expect(requests.map(({ url }) => url)).toEqual(asked)
    expect(requests.every(({ weight }) => weight <= venue.requests.weight)).toBe(true)
  })

  test('tells tick and lot', () => {
    expect(venue.steps(answer, first)).toEqual(steps)
    expect(venue.steps(answer, 'NONE')).toBeUndefined()
  })
})

describe('live sources', () => {
  test('are live, and idle until they run', () => {
    for (const make of Object.values(liveVenues)) {
      const source = make({ symbols: ['BTC/USD'] })
      expect(source).toMatchObject({ live: true, instruments: [] })
      expect(source.status()).toMatchObject({ state: 'idle', connections: 0, booksAwaited: [] })
    }
  })

  test('take instruments that are given, and ask nobody', async () => {
    const given = instrument('BTC/USD', { venue: 'mine', tickSize: '0.5', lotSize: '0.1' })
    const source = liveVenues['kraken']!({ symbols: ['BTC/USD'], instruments: [given] })
    await source.prepare?.()
    expect(source.instruments).toEqual([{ ...given, venue: 'kraken' }])
  })

  test.each([
    ['binance', [], /no symbols/], ['binance', ['BTC/USDT', 'BTC/USDT'], /listed twice/], ['binance', ['BTCUSDT'], /symbol/],
    ['binance', ['BTC/USDT', 'ETH/USDT:USDT'], /of spot and of perpetuals/], ['binance', ['BTC/USD:BTC'], /cannot have 'BTC\/USD:BTC'/],
    ['bybit', ['BTC/USDT', 'BTC/USD:BTC'], /spot and inverse/], ['bybit', ['BTC/USDT:USDT-260925'], /cannot have/],
    ['kraken', ['BTC/USD:USD'], /cannot have/], ['coinbase', ['BTC/USD:USD'], /cannot have/], ['okx', ['BTC/USDT:BTC'], /cannot have/],
  ] as const)('%s refuses %j', (venue, symbols, message) => {
    expect(() => liveVenues[venue]!({ symbols: [...symbols] as MarketSymbol[] })).toThrow(message)
  })
})
