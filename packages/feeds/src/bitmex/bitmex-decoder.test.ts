import { describe, expect, test } from 'vitest'
import { connect, decoded, received, T0 } from '../wire-fixture.ts'
import { WireFeed } from '../wire-feed.ts'
import { BitmexDecoder } from './bitmex-decoder.ts'
import { bitmexListing } from './bitmex-symbol.ts'

const symbol = 'XBTM21'
const row = (id: number, side: string, size?: number, price?: number) => ({
  symbol, id, side, ...(size !== undefined && { size }), ...(price !== undefined && { price }),
})
const book = (action: string, ...data: object[]) => ({ table: 'orderBookL2', action, data })
const partial = book('partial', row(2, 'Sell', 10, 101.5), row(1, 'Buy', 5, 101))
const timestamp = '2021-04-05T18:41:15.702Z'

describe('BitmexDecoder', () => {
  test('updates and deletions find their price by id and side', () => {
    const events = decoded(new BitmexDecoder(), book('update', row(1, 'Buy', 3)), partial, book('update', row(2, 'Sell', 4)), book('delete', row(1, 'Buy')))
    expect(events).toEqual([
      { kind: 'book', symbol, eventUs: T0 + 1000, update: 'snapshot', bids: [['101', '5']], asks: [['101.5', '10']] },
      { kind: 'book', symbol, eventUs: T0 + 2000, update: 'delta', bids: [], asks: [['101.5', '4']] },
      { kind: 'book', symbol, eventUs: T0 + 3000, update: 'delta', bids: [['101', '0']], asks: [] },
    ])
  })

  test('an id on both sides is two levels', () => {
    const events = decoded(new BitmexDecoder(), partial, book('insert', row(2, 'Buy', 7, 101.5)), book('delete', row(2, 'Sell')), book('update', row(2, 'Buy', 8)))
    expect(events.slice(1)).toMatchObject([{ bids: [['101.5', '7']] }, { asks: [['101.5', '0']] }, { bids: [['101.5', '8']] }])
  })

  test('an id that is not known loses the book until the next partial', () => {
    const unknown = book('update', row(9, 'Buy', 7))
    const events = decoded(new BitmexDecoder(), partial, unknown, book('delete', row(1, 'Buy')), partial, book('delete', row(2, 'Buy')))
    expect(events.map((event) => 'reason' in event && event.reason)).toEqual([false, 'desync', false, 'desync'])
  })

  test('a book may be empty, and later be of two symbols in one message', () => {
    const empty = (name: string) => ({ ...book('partial'), filter: { symbol: name } })
    const both = book('insert', { ...row(1, 'Buy', 5, 101), timestamp }, { ...row(1, 'Buy', 1, 2), symbol: 'ETHUSD', timestamp })
    const events = decoded(new BitmexDecoder(), empty(symbol), empty('ETHUSD'), both)
    expect(events).toMatchObject([
      { symbol, bids: [], asks: [] }, { symbol: 'ETHUSD', bids: [] },
      { symbol, bids: [['101', '5']], eventUs: 1_617_648_075_702_000 }, { symbol: 'ETHUSD', bids: [['2', '1']] },
    ])
  })

  test('as nothing is numbered, a message that cannot be read loses the books of its connection', () => {
    const feed = new WireFeed(new BitmexDecoder())
    const lines = [connect(), ...received([partial, 'x', book('delete', row(1, 'Buy'))])]
    expect(lines.flatMap((line) => feed.read(line)).map((event) => [event.kind, 'reason' in event && event.reason])).toEqual([
      ['book', false], ['reject', false], ['gap', 'broken'],
    ])
  })

  test('only the books that such a message names are lost, where it names any', () => {
    const eth = { ...book('partial'), filter: { symbol: 'ETHUSD' } }
    const bad = { ...book('insert', { ...row(1, 'Buy', -1, 1), symbol: 'ETHUSD' }) }
    const lost = (message: unknown) => decoded(new BitmexDecoder(), partial, eth, message).flatMap((one) => (one.kind === 'gap' ? [one.symbol] : []))
    expect([lost(bad), lost(book('insert', {})), lost('x')]).toEqual([['ETHUSD'], [symbol, 'ETHUSD'], [symbol, 'ETHUSD']])
  })

  test('trades carry the side of the taker; of quotes the last one counts', () => {
    const trade = { timestamp, symbol, side: 'Sell', size: 7415, price: 0.00000216, trdMatchID: '7e4a4dbd' }
    const quote = { timestamp, symbol, bidSize: 1, bidPrice: 31.5965, askPrice: 31.6635, askSize: 25 }
    const data = [quote, { ...quote, bidSize: 2 }, { ...quote, symbol: 'ETHUSD', bidPrice: null }]
    const events = decoded(new BitmexDecoder(), { table: 'trade', action: 'insert', data: [trade] }, { table: 'quote', action: 'insert', data })
    expect(events).toEqual([
      { kind: 'trade', symbol, eventUs: 1_617_648_075_702_000, price: '0.00000216', quantity: '7415', aggressor: 'sell', id: '7e4a4dbd' },
      { kind: 'quote', symbol, eventUs: 1_617_648_075_702_000, bid: '31.5965', ask: '31.6635', quantities: ['2', '25'] },
    ])
    expect(decoded(new BitmexDecoder(), { table: 'trade', action: 'partial', data: [trade] }, { table: 'quote', action: 'partial', data })).toEqual([])
  })

  test.each([
    [{ info: 'Welcome' }, undefined],
    [{ success: true }, undefined],
    [{ table: 'instrument', action: 'update', data: [] }, undefined],
    [{ table: 'news' }, 'feed.unknown'],
    [{}, 'feed.unknown'],
    [book('replace'), 'feed.broken'],
    [book('insert', row(1, 'Up', 1, 1)), 'feed.broken'],
    [book('insert', row(1, 'Buy', 1)), 'feed.broken'],
    [book('update', row(1, 'Buy', -1)), 'feed.broken'],
    [{ table: 'trade', action: 'insert', data: [{ symbol }] }, 'feed.broken'],
  ])('%j is %s', (message, code) => {
    expect(decoded(new BitmexDecoder(), message).map((event) => 'code' in event && event.code)).toEqual(code ? [code] : [])
  })

  test.each([
    ['XBTUSD', 'BTC/USD:BTC', 'inverse'],
    ['XBTM21', 'BTC/USD:BTC-210625', 'inverse'],
    ['XBTU21', 'BTC/USD:BTC-210924', 'inverse'],
    ['ETHUSDM21', 'ETH/USD:BTC-210625', 'linear'],
    ['ADAZ21', 'ADA/BTC:BTC-211231', 'linear'],
    ['DOGEUSDT', 'DOGE/USDT:USDT', 'linear'],
    ['XBT_USDT', 'BTC/USDT', 'spot'],
    ['.BXBT', undefined, undefined],
  ])('%s is %s', (name, unified, kind) => {
    expect([bitmexListing(name)?.symbol, bitmexListing(name)?.kind]).toEqual([unified, kind])
  })
})
