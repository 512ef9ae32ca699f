import { crc32 } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { WireBook } from '../wire-book.ts'
import { WireFeed } from '../wire-feed.ts'
import { connect, decoded, received, response } from '../wire-fixture.ts'
import { OkxDecoder, okxChecksum } from './okx-decoder.ts'

const symbol = 'BTC-USDT'
type Side = string[][]
const book = (action: string, bids: Side, asks: Side, rest: object) => ({
  arg: { channel: 'books', instId: symbol }, action, data: [{ asks, bids, ts: '1652459225464', ...rest }],
})
const sum = (text: string) => ({ checksum: crc32(text) | 0 })
const level = (price: string, size: string) => [price, size, '0', '1']
const snapshot = book('snapshot', [level('100.1', '2'), level('100', '1')], [level('100.2', '0.5')], sum('100.1:2:100.2:0.5:100:1'))

describe('OkxDecoder', () => {
  test('the checksum of the book in the documents is right', () => {
    const wire = new WireBook()
    wire.reset([['3366.1', '7'], ['3366', '6']], [['3366.8', '9'], ['3368', '8']])
    expect(okxChecksum(wire)).toBe(-1_881_014_294)
  })

  test('updates are compared with their checksums, also where one side is longer', () => {
    const update = book('update', [level('100.1', '0')], [level('100.3', '4')], sum('100:1:100.2:0.5:100.3:4'))
    expect(decoded(new OkxDecoder(), snapshot, update)).toEqual([
      {
        kind: 'book', symbol, eventUs: 1_652_459_225_464_000, update: 'snapshot', checked: true,
        bids: [['100.1', '2'], ['100', '1']], asks: [['100.2', '0.5']],
      },
      { kind: 'book', symbol, eventUs: 1_652_459_225_464_000, update: 'delta', checked: true, bids: [['100.1', '0']], asks: [['100.3', '4']] },
    ])
  })

  test('a wrong checksum is a gap, of a snapshot as well', () => {
    const wrong = book('update', [level('99', '1')], [], { checksum: 7 })
    const events = decoded(new OkxDecoder(), snapshot, wrong, wrong, snapshot, { ...snapshot, data: [{ ...snapshot.data[0], checksum: 8 }] }, wrong)
    expect(events.map((event) => 'reason' in event && event.reason)).toEqual([false, 'checksum', false, 'checksum'])
  })

  test('where updates are numbered, each names the one before; an empty one counts too', () => {
    const numbered = (previous: number, seqId: number) => book('update', [], [], { checksum: 0, seqId, prevSeqId: previous })
    const first = book('snapshot', [level('1', '1')], [], { checksum: 0, seqId: 10, prevSeqId: -1 })
    const events = decoded(new OkxDecoder(), first, numbered(10, 15), numbered(15, 15), numbered(16, 17), numbered(17, 18))
    expect(events.map((event) => [event.kind, 'checked' in event])).toEqual([['book', false], ['book', false], ['book', false], ['gap', false]])
  })

  test('a book of the full depth of its channel is partial', () => {
    const bids = Array.from({ length: 400 }, (_, i) => level(String(1000 - i), '1'))
    expect(decoded(new OkxDecoder(), book('snapshot', bids, [], { seqId: 1, checksum: 0 }))).toMatchObject([{ partial: true }])
  })

  test('trades carry the side of the taker', () => {
    const data = [{ instId: symbol, tradeId: '7849', px: '30218.8', sz: '1', side: 'sell', ts: '1652459199958' }]
    expect(decoded(new OkxDecoder(), { arg: { channel: 'trades', instId: symbol }, data })).toEqual([
      { kind: 'trade', symbol, eventUs: 1_652_459_199_958_000, price: '30218.8', quantity: '1', aggressor: 'sell', id: '7849' },
    ])
  })

  test.each([
    [{ event: 'subscribe', arg: {} }, undefined],
    [{ arg: { channel: 'tickers', instId: symbol }, data: [{}] }, undefined],
    [{ arg: { channel: 'candle1m', instId: symbol }, data: [] }, undefined],
    [{ arg: { channel: 'news' }, data: [] }, 'feed.unknown'],
    [{ arg: {} }, 'feed.broken'],
    [book('replace', [], [], { checksum: 1 }), 'feed.broken'],
    [book('snapshot', [], [], {}), 'feed.broken'],
    [book('snapshot', [['-1', '1']], [], { checksum: 1 }), 'feed.broken'],
    [{ arg: { channel: 'trades' }, data: [{ side: 'up' }] }, 'feed.broken'],
  ])('%j is %s', (message, code) => {
    expect(decoded(new OkxDecoder(), message).map((event) => 'code' in event && event.code)).toEqual(code ? [code] : [])
  })

  test('its symbols are told, and the size of contracts when instruments were asked for', () => {
    const decoder = new OkxDecoder()
    const told = () => ['BTC-USDT', 'UNI-USD-SWAP', 'BTC-USDT-SWAP', 'BTC-USD-220527', 'BTC-USD-220527-30000-C', 'odd'].map((one) => decoder.listing(one))
    expect(told().map((one) => one?.symbol)).toEqual([
      'BTC/USDT', 'UNI/USD:UNI', 'BTC/USDT:USDT', 'BTC/USD:BTC-220527', undefined, undefined,
    ])
    expect(told().map((one) => one?.kind)).toEqual(['spot', 'inverse', 'linear', 'inverse', undefined, undefined])
    const data = [{ instId: 'UNI-USD-SWAP', ctVal: '10', ctType: 'inverse' }, { instId: symbol, ctVal: '' }]
    const feed = new WireFeed(decoder)
    for (const line of [connect(), response('https://venue.example/api/v5/public/instruments?instType=SWAP', { data }), ...received(['"pong"'])]) {
      expect(feed.read(line)).toEqual([])
    }
    expect(told().map((one) => one?.contractSize)).toEqual([undefined, '10', undefined, undefined, undefined, undefined])
  })
})
