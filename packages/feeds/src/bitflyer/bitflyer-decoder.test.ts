import { describe, expect, test } from 'vitest'
import { decoded, T0 } from '../wire-fixture.ts'
import { BitflyerDecoder } from './bitflyer-decoder.ts'

const symbol = 'FX_BTC_JPY'
const on = (channel: string, message: unknown) => ({ jsonrpc: '2.0', method: 'channelMessage', params: { channel: `lightning_${channel}`, message } })
const level = (price: number, size: number) => ({ price, size })
const board = (kind: string, bids: object[], asks: object[] = []) => on(`${kind}_${symbol}`, { mid_price: 5_860_954, bids, asks })

describe('BitflyerDecoder', () => {
  test('a snapshot is the book, boards change it; market orders are left out', () => {
    const snapshot = board('board_snapshot', [level(0, 9), level(5_854_504, 0.0267539)], [level(5_887_534, 1e-8)])
    expect(decoded(new BitflyerDecoder(), board('board', [level(1, 1)]), snapshot, board('board', [level(5_854_504, 0)]))).toEqual([
      { kind: 'book', symbol, eventUs: T0 + 1000, update: 'snapshot', bids: [['5854504', '0.0267539']], asks: [['5887534', '0.00000001']] },
      { kind: 'book', symbol, eventUs: T0 + 2000, update: 'delta', bids: [['5854504', '0']], asks: [] },
    ])
  })

  test('a snapshot of the full depth is partial', () => {
    const bids = Array.from({ length: 300 }, (_, i) => level(1000 - i, 1))
    expect(decoded(new BitflyerDecoder(), board('board_snapshot', bids))).toMatchObject([{ partial: true }])
  })

  test('a board that cannot be read loses the book until the next snapshot', () => {
    const snapshot = board('board_snapshot', [level(1, 1)])
    const events = decoded(new BitflyerDecoder(), snapshot, board('board', [level(1, -1)]), board('board', []), snapshot)
    expect(events.map((event) => ('reason' in event ? event.reason : event.kind))).toEqual(['book', 'reject', 'broken', 'book'])
  })

  test('executions carry the side of the taker, those of an auction none', () => {
    const execution = { id: 2_284_079_807, side: 'BUY', price: 5_860_832.0, size: 0.01, exec_date: '2021-12-12T23:05:29.9692063Z' }
    const all = [execution, { ...execution, side: 'SELL' }, { ...execution, side: '' }]
    const common = { kind: 'trade', symbol, eventUs: 1_639_350_329_969_206, price: '5860832', quantity: '0.01', id: '2284079807' }
    expect(decoded(new BitflyerDecoder(), on(`executions_${symbol}`, all))).toEqual([{ ...common, aggressor: 'buy' }, { ...common, aggressor: 'sell' }])
    expect(decoded(new BitflyerDecoder(), on(`executions_${symbol}`, [{ side: 'X' }]))).toMatchObject([{ code: 'feed.broken' }])
  })

  test.each([
    [{ jsonrpc: '2.0', result: true, id: 1 }, undefined],
    [on('ticker_BTC_JPY', {}), undefined],
    [on('news_BTC_JPY', {}), 'feed.unknown'],
    [{}, 'feed.unknown'],
    [{ method: 'channelMessage' }, 'feed.broken'],
  ])('%j is %s', (message, code) => {
    expect(decoded(new BitflyerDecoder(), message).map((event) => 'code' in event && event.code)).toEqual(code ? [code] : [])
  })

  test.each([
    ['BTC_JPY', 'BTC/JPY', 'spot'],
    ['BCH_BTC', 'BCH/BTC', 'spot'],
    ['FX_BTC_JPY', 'BTC/JPY:JPY', 'linear'],
    ['BTCJPY24DEC2021', 'BTC/JPY:JPY-211224', 'linear'],
    ['BTCJPY24XXX2021', undefined, undefined],
    ['odd', undefined, undefined],
  ])('%s is %s', (raw, unified, kind) => {
    const listing = new BitflyerDecoder().listing(raw)
    expect([listing?.symbol, listing?.kind]).toEqual([unified, kind])
  })
})
