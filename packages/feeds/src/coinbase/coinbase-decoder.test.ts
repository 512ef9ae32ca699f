import { describe, expect, test } from 'vitest'
import { WireFeed } from '../wire-feed.ts'
import { connect, decoded, received } from '../wire-fixture.ts'
import { CoinbaseDecoder } from './coinbase-decoder.ts'

const symbol = 'BTC-USD'
const timestamp = '2026-08-09T21:05:48.505350477Z'
const eventUs = 1_786_309_548_505_350
const message = (sequence_num: number, channel: string, ...events: object[]) => ({ channel, timestamp, sequence_num, events })
const level = (side: string, price_level: string, new_quantity: string) => ({ side, event_time: timestamp, price_level, new_quantity })
const l2 = (n: number, type: string, ...updates: object[]) => message(n, 'l2_data', { type, product_id: symbol, updates })
const snapshot = (n: number) => l2(n, 'snapshot', level('bid', '100.5', '2'), level('offer', '101', '0.25'))
const gaps = (...messages: unknown[]) =>
  decoded(new CoinbaseDecoder(), ...messages).map((event) => [event.kind, 'reason' in event && event.reason])

describe('CoinbaseDecoder', () => {
  test('a snapshot and its updates are a book, quantities absolute', () => {
    expect(decoded(new CoinbaseDecoder(), snapshot(0), l2(1, 'update', level('offer', '101', '0'), level('bid', '100.75', '1')))).toEqual([
      { kind: 'book', symbol, eventUs, update: 'snapshot', bids: [['100.5', '2']], asks: [['101', '0.25']] },
      { kind: 'book', symbol, eventUs, update: 'delta', bids: [['100.75', '1']], asks: [['101', '0']] },
    ])
  })

  test('numbers count the messages of all channels: a missing one loses the book', () => {
    const heartbeat = (n: number) => message(n, 'heartbeats', {})
    const [book, gap] = [['book', false], ['gap', 'desync']]
    expect(gaps(snapshot(0), heartbeat(1), l2(2, 'update'))).toEqual([book, book])
    expect(gaps(snapshot(0), heartbeat(2), l2(3, 'update'), snapshot(4), l2(5, 'update'))).toEqual([book, gap, book, book])
    expect(gaps(snapshot(0), message(2, 'news'), l2(3, 'update'))).toEqual([book, gap])
  })

  test('a message that comes twice is used once', () => {
    expect(gaps(snapshot(0), l2(1, 'update'), l2(1, 'update'), l2(2, 'update'))).toHaveLength(3)
  })

  test('a message that cannot be read is missing to the next one', () => {
    expect(gaps(snapshot(0), l2(1, 'update', level('bid', '-1', '1')), l2(2, 'update'))).toEqual([['book', false], ['reject', false], ['gap', 'desync']])
  })

  test('each connection counts for itself, and anew when it is made again', () => {
    const feed = new WireFeed(new CoinbaseDecoder())
    const lines = [connect('a'), connect('b'), ...received([snapshot(7)], 'a'), ...received([message(0, 'heartbeats', {})], 'b'), ...received([l2(8, 'update')], 'a')]
    expect(lines.flatMap((line) => feed.read(line)).map(({ kind }) => kind)).toEqual(['book', 'book'])
    const again = [connect('a'), ...received([snapshot(0), l2(1, 'update')], 'a')]
    expect(again.flatMap((line) => feed.read(line)).map(({ kind }) => kind)).toEqual(['gap', 'book', 'book'])
  })

  test('the aggressor of a trade is the other side than the maker; trades of a snapshot are not used', () => {
    const trade = { product_id: symbol, trade_id: '1068572091', price: '65083.67', size: '0.01034361', time: '2026-08-09T21:05:48.167634Z', side: 'SELL' }
    const trades = (n: number, type: string) => message(n, 'market_trades', { type, trades: [trade, { ...trade, side: 'BUY' }] })
    const common = { kind: 'trade', symbol, eventUs: 1_786_309_548_167_634, price: '65083.67', quantity: '0.01034361', id: '1068572091' }
    expect(decoded(new CoinbaseDecoder(), trades(0, 'snapshot'), trades(1, 'update'))).toEqual([
      { ...common, aggressor: 'buy' }, { ...common, aggressor: 'sell' },
    ])
  })

  test('tickers are quotes where both sides have one', () => {
    const ticker = { product_id: symbol, best_bid: '1', best_ask: '2', best_bid_quantity: '3', best_ask_quantity: '4' }
    const tickers = (n: number, ...all: object[]) => message(n, 'ticker', { type: 'update', tickers: all })
    expect(decoded(new CoinbaseDecoder(), tickers(0, ticker, { ...ticker, best_bid: '' }, { ...ticker, best_ask: '0' }, {}))).toEqual([
      { kind: 'quote', symbol, eventUs, bid: '1', ask: '2' },
    ])
  })

  test.each([
    [{ type: 'error', message: 'x' }, 'feed.unknown'],
    [message(0, 'news', {}), 'feed.unknown'],
    [{ channel: 'l2_data', events: [] }, 'feed.broken'],
    [l2(0, 'replace'), 'feed.broken'],
    [l2(0, 'snapshot', level('ask', '1', '1')), 'feed.broken'],
    [message(0, 'market_trades', { type: 'update', trades: [{ side: 'X' }] }), 'feed.broken'],
  ])('%j is %s', (one, code) => {
    expect(decoded(new CoinbaseDecoder(), one)).toMatchObject([{ code }])
  })

  test('its symbols are told', () => {
    expect(['BTC-USD', 'ETH-USDC', 'BIT-31OCT25-CDE'].map((one) => new CoinbaseDecoder().listing(one)?.symbol)).toEqual(['BTC/USD', 'ETH/USDC', undefined])
  })
})
