import { instrument, type MarketInput } from '@tapeloom/core'
import { describe, expect, test } from 'vitest'
import { DataProvider } from '../provider/data-provider.ts'
import { BTC, drive, minute, opened, recording, trade } from '../testing/drive.ts'
import { RecordedHost } from '../testing/recorded-host.ts'
import { checkInput } from './input-check.ts'
import { AT, KIND, MarketRecord } from './market-record.ts'
import { marketTable } from './market-table.ts'

const [market] = marketTable([recording([])]).markets
const check = (input: object) => checkInput(input as never, market!, new MarketRecord())
const book = (extra: object) => ({ kind: 'book', symbol: 'BTC/USDT', tsEvent: 0, update: 'delta', bids: [], asks: [], ...extra })

describe('an input', () => {
  test('is decoded into ticks and lots, from numbers and from digits alike', () => {
    const record = new MarketRecord()
    expect(checkInput(trade(5, 0, 0, { price: '60000.07', quantity: 0.003, id: 'a', aggressor: 'sell' }) as never, market!, record)).toBeUndefined()
    expect([record.kind, record.flags, record.text]).toEqual([KIND.trade, 0, 'a'])
    expect([record.number[AT.price], record.number[AT.quantity], record.number[AT.tsEvent]]).toEqual([6_000_007, 3, 5])
    expect(checkInput(book({ bids: [['1.5', 2]], asks: [[1.6, '0']], update: 'snapshot', partial: true }) as never, market!, record)).toBeUndefined()
    expect([record.flags, record.bids, record.asks, record.ticks[0], record.lots[0], record.ticks[1], record.lots[1]]).toEqual([3, 1, 1, 150, 2000, 160, 0])
  })

  test.each([
    ['a price that is none', trade(0, NaN), 'data.trade'],
    ['a price of zero', trade(0, 0), 'data.trade'],
    ['a negative price', trade(0, -1), 'data.trade'],
    ['text for a price', trade(0, 0, 1, { price: 'abc' }), 'data.trade'],
    ['an empty price', trade(0, 0, 1, { price: '' }), 'data.trade'],
    ['a price between ticks', trade(0, 1.005), 'data.trade'],
    ['an infinite price', trade(0, Infinity), 'data.trade'],
    ['no quantity', trade(0, 1, 0), 'data.trade'],
    ['an unknown aggressor', trade(0, 1, 1, { aggressor: 'both' }), 'data.trade'],
    ['a fractional time', trade(0.5, 1), 'data.time'],
    ['a negative time', trade(-1, 1), 'data.time'],
    ['a time of receipt that is none', trade(0, 1, 1, { tsInit: NaN }), 'data.time'],
    ['a venue time far ahead of the receipt', trade(3601e6, 1, 1, { tsInit: 0 }), 'data.time'],
    ['a book update of no kind', book({ update: 'full' }), 'data.book'],
    ['a bad price in a book', book({ bids: [[NaN, 1]] }), 'data.book'],
    ['a negative quantity in a book', book({ asks: [[1, -1]] }), 'data.book'],
    ['a high below the low', minute(0, 100, { high: 98, low: 99 }), 'data.candle'],
    ['a high below the close', minute(0, 100, { high: 99.5, open: 99 }), 'data.candle'],
    ['a low above the open', minute(0, 100, { open: 98 }), 'data.candle'],
    ['a close that is no number', minute(0, 100, { close: NaN }), 'data.candle'],
    ['a negative volume', minute(0, 100, { volume: -1 }), 'data.candle'],
    ['an infinite volume', minute(0, 100, { volume: Infinity }), 'data.candle'],
    ['a candle off its grid', minute(0, 100, { openTime: 1 }), 'data.candle'],
    ['a candle that is not closed', minute(0, 100, { tsEvent: 59e6 }), 'data.candle'],
    ['a timeframe that is none', minute(0, 100, { timeframe: '1x' }), 'data.candle'],
    ['an unknown kind', { kind: 'order', symbol: 'BTC/USDT', tsEvent: 0 }, 'data.kind'],
  ])('with %s is refused', (_, input, code) => {
    const fault = check(input)
    expect(fault?.code).toBe(code)
    expect(fault?.message).toMatch(/[^.]\.$/)
  })
})

describe('a rejected input', () => {
  test('is announced, counted, takes its place in the order, and taints what is open', async () => {
    const raw: MarketInput = { kind: 'reject', code: 'x.json', raw: '{"broken', symbol: 'BTC/USDT', tsEvent: 1.2e6 }
    const inputs = [trade(1e6, 10), raw, trade(1.3e6, NaN), trade(1.4e6, 1, 1, { symbol: 'DOGE/USDT' }), trade(2.5e6, 11)]
    const host = new RecordedHost({ timeframes: ['1s'] })
    const data = new DataProvider({ sources: [recording(inputs)] })
    const feed = data.attach(host)
    await opened(feed)
    await drive(feed, host)
    const rejects = host.lines.filter((line) => line.startsWith('reject'))
    expect(rejects.map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual(['reject tape x.json', 'reject tape data.trade', 'reject tape data.symbol'])
    expect(rejects[1]).toContain(`[source 'tape' BTC/USDT] trade price is 'NaN'. Send a positive number.`)
    expect([...data.rejected]).toEqual([['tape x.json', 1], ['tape data.trade', 1], ['tape data.symbol', 1]])
    expect(host.candles[0]).toMatchObject({ openTime: 1e6, trades: 1, taint: ['reject'] })
    expect(host.candles[1]).toMatchObject({ openTime: 2e6, taint: [] })
    await feed.flush()
    const gaps = await data.store.read({ table: 'gaps', columns: ['detail'], equals: { reason: 'reject' } })
    expect(gaps.length).toBe(3)
  })

  test('with a sequence that does not rise is refused', async () => {
    const inputs = [trade(1e6, 10, 1, { sourceSequence: 5 }), trade(1e6, 11, 1, { sourceSequence: 5 }), trade(1e6, 12, 1, { sourceSequence: 9 })]
    const host = new RecordedHost()
    const data = new DataProvider({ sources: [recording(inputs)] })
    const feed = data.attach(host)
    await opened(feed)
    await drive(feed, host)
    expect(data.rejected.get('tape data.sequence')).toBe(1)
    expect(feed.counts.trade).toBe(2)
  })

  test('a trade id that was seen is dropped and counted', async () => {
    const ids = ['1', '2', '2', '3', '1', '', '', 'b', 'a', 'b']
    const host = new RecordedHost()
    const data = new DataProvider({ sources: [recording(ids.map((id, i) => trade(1e6 + i, 10, 1, { id })))] })
    const feed = data.attach(host)
    await opened(feed)
    await drive(feed, host)
    expect(data.rejected.get('tape data.duplicate')).toBe(3)
    expect(feed.counts.trade).toBe(7)
  })
})

describe('the table of markets', () => {
  const venue = (name: string, tickSize = '0.01', lotSize = '0.001') => instrument('BTC/USDT', { venue: name, tickSize, lotSize })
  test('has one symbol for two venues, priced by the first or the one that is named', () => {
    const sources = [recording([], { name: 'a', instruments: [venue('a')] }), recording([], { name: 'b', instruments: [venue('b')] })]
    expect(marketTable(sources).symbols.map((one) => one.venue)).toEqual(['a'])
    expect(marketTable(sources, { 'BTC/USDT': 'b' }).symbols.map((one) => one.venue)).toEqual(['b'])
    expect(() => marketTable(sources, { 'BTC/USDT': 'c' })).toThrow(/\[data BTC\/USDT\] priceVenue is 'c', but its sources are of 'a', 'b'/)
  })
  test('puts sources of one market on the finer of their grids', () => {
    const table = marketTable([
      recording([], { name: 'a', instruments: [venue('x', '0.1', '0.001')] }), recording([], { name: 'b', instruments: [venue('x', '0.01', '0.01')] }),
    ])
    expect(table.markets.length).toBe(1)
    expect(table.markets[0]?.instrument).toMatchObject({ tickSize: 0.01, lotSize: 0.001, tick: { k: 1, scale: 100 }, lot: { k: 1, scale: 1000 } })
  })
  test('refuses two sources of one name', () => {
    expect(() => marketTable([recording([]), recording([])])).toThrow(/two sources are called 'tape'/)
    expect(marketTable([recording([], { instruments: [BTC] })]).routes[0]?.get('BTC/USDT')?.venue).toBe('x')
  })
})
