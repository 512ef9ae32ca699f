import { describe, expect, test } from 'vitest'
import { WireFeed } from '../wire-feed.ts'
import { connect, decoded, received, T0 } from '../wire-fixture.ts'
import { GeminiDecoder } from './gemini-decoder.ts'

const symbol = 'BTCUSD'
const l2 = (...changes: string[][]) => ({ type: 'l2_updates', symbol, changes })
const snapshot = { ...l2(['buy', '60646.46', '0.2982'], ['sell', '60650', '1']), trades: [{ type: 'trade' }], auction_events: [] }

describe('GeminiDecoder', () => {
  test('the first message of a symbol is its book, all others change it', () => {
    expect(decoded(new GeminiDecoder(), snapshot, l2(['sell', '60650', '0'], ['buy', '60646.47', '2']))).toEqual([
      { kind: 'book', symbol, eventUs: T0, update: 'snapshot', bids: [['60646.46', '0.2982']], asks: [['60650', '1']] },
      { kind: 'book', symbol, eventUs: T0 + 1000, update: 'delta', bids: [['60646.47', '2']], asks: [['60650', '0']] },
    ])
  })

  test('a book that is lost comes back with a new connection only', () => {
    const feed = new WireFeed(new GeminiDecoder())
    const update = l2(['buy', '1', '1'])
    const lines = [connect(), ...received([snapshot, 'x', update]), connect(), ...received([snapshot, update]), connect(), ...received([snapshot])]
    expect(lines.flatMap((line) => feed.read(line)).map((event) => ('update' in event ? event.update : 'reason' in event ? event.reason : event.kind))).toEqual([
      'snapshot', 'reject', 'broken', 'snapshot', 'delta', 'reconnect', 'snapshot',
    ])
  })

  test('trades carry the side of the taker', () => {
    const trade = { type: 'trade', symbol, event_id: 34_359_626_684, timestamp: 1_618_677_942_606, price: '62.0131', quantity: '8.79', side: 'buy' }
    expect(decoded(new GeminiDecoder(), trade)).toEqual([
      { kind: 'trade', symbol, eventUs: 1_618_677_942_606_000, price: '62.0131', quantity: '8.79', aggressor: 'buy', id: '34359626684' },
    ])
  })

  test.each([
    [{ type: 'heartbeat' }, undefined],
    [{ type: 'auction_open' }, undefined],
    [{ type: 'news' }, 'feed.unknown'],
    [{}, 'feed.unknown'],
    [l2(['up', '1', '1']), 'feed.broken'],
    [l2(['buy', '0', '1']), 'feed.broken'],
    [{ type: 'trade', side: 'x' }, 'feed.broken'],
  ])('%j is %s', (message, code) => {
    expect(decoded(new GeminiDecoder(), message).map((event) => 'code' in event && event.code)).toEqual(code ? [code] : [])
  })

  test('its symbols are told', () => {
    expect(['BTCUSD', 'ZECBTC', 'AMPGUSD', 'ODD'].map((one) => new GeminiDecoder().listing(one)?.symbol)).toEqual(['BTC/USD', 'ZEC/BTC', 'AMP/GUSD', undefined])
  })
})
