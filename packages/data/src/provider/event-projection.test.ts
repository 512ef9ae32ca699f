import { expect, test } from 'vitest'
import type { EventName, EventOf } from '@tapeloom/core'
import { drive, minute, opened, recording, trade } from '../testing/drive.ts'
import { RecordedHost } from '../testing/recorded-host.ts'
import { DataProvider } from './data-provider.ts'

/** A run over these minutes, open, with its host; `tell` emits as a module would during the input under way. */
async function running(inputs = [minute(0, 10), minute(1, 11)], options: { trades?: boolean } = {}) {
  const host = new RecordedHost()
  const data = new DataProvider({ sources: [recording(inputs)], ...options })
  const feed = data.attach(host)
  await opened(feed)
  await drive(feed, host)
  const stamp = { symbol: 'BTC/USDT', origin: 'module', sequence: host.sequence, tsEvent: 0, tsInit: 0 } as const
  const tell = (topic: string, event: object) => host.emit(topic as EventName, { ...event, ...stamp } as unknown as EventOf<EventName>)
  return { data, feed, tell, sequence: host.sequence }
}

test('indicators of a closed candle become a row each', async () => {
  const { data, feed, tell, sequence } = await running()
  tell('multi-timeframe:indicators', {
    series: 'x:BTC/USDT:candle:1m', timeframe: '1m', openTime: 60e6,
    values: [{ name: 'rsi', params: '14', value: 61.5 }, { name: 'bollinger', params: '20,2', value: -0.5 }],
  })
  await feed.flush()
  const columns = ['symbol', 'timeframe', 'open_time', 'name', 'params', 'value', 'known']
  const rows = await data.store.read({ table: 'technical_indicators', columns })
  expect(rows.columns).toEqual({
    symbol: ['BTC/USDT', 'BTC/USDT'], timeframe: ['1m', '1m'], open_time: Float64Array.of(60e6, 60e6), name: ['rsi', 'bollinger'],
    params: ['14', '20,2'], value: Float64Array.of(61.5, -0.5), known: Float64Array.of(sequence, sequence),
  })
})

test('a confirmed pivot is kept with its proof', async () => {
  const { data, feed, tell, sequence } = await running()
  const pivot = {
    id: 'p1', timeframe: '1m', level: 2, side: 'high', price: 11.5, pivotTime: 0, confirmedAt: 120e6, lagBars: 2, strength: 0.75, volume: 3,
  }
  tell('pivot:confirm', pivot)
  await feed.flush()
  const columns = [
    'id', 'symbol', 'timeframe', 'level', 'side', 'price', 'pivot_time', 'confirmed_at', 'lag_bars', 'strength', 'volume', 'known',
  ]
  const rows = await data.store.read({ table: 'pivot_points', columns })
  expect(columns.map((name) => rows.columns[name]?.[0])).toEqual(
    ['p1', 'BTC/USDT', '1m', 2, 'high', 11.5, 0, 120e6, 2, 0.75, 3, sequence],
  )
})

test('a second of the book is kept from its lowest bucket on', async () => {
  const { data, feed, tell } = await running()
  tell('cob:heatmap', { openTime: 60e6, closeTime: 61e6, bid: 60_000, ask: 60_030, bucket: 10, bids: [3, 2, 0.5], asks: [1, 4, 0] })
  await feed.flush()
  const columns = ['ts', 'close_time', 'low', 'bid', 'ask', 'bucket', 'bids', 'asks']
  const rows = await data.store.read({ table: 'book_buckets', columns, equals: { symbol: 'BTC/USDT' }, key: 'ts' })
  expect(columns.map((name) => rows.columns[name]?.[0])).toEqual([60e6, 61e6, 59_980, 60_000, 60_030, 10, '[3,2,0.5]', '[1,4,0]'])
})

test('trades are kept where they are asked for, each with its own sequence', async () => {
  const trades = [trade(1e6, 10.5, 2, { id: 'a' }), trade(1e6, 10.6, 0.001, { id: 'b', aggressor: 'sell', tsInit: 2e6 })]
  const read = async (trades_: boolean) => {
    const { data, feed } = await running(trades, { trades: trades_ })
    await feed.flush()
    return data.store.read({ table: 'trades', columns: ['venue', 'id', 'ts_event', 'ts_init', 'price', 'quantity', 'aggressor', 'known'] })
  }
  expect((await read(true)).columns).toEqual({
    venue: ['x', 'x'], id: ['a', 'b'], ts_event: Float64Array.of(1e6, 1e6), ts_init: Float64Array.of(1e6, 2e6),
    price: Float64Array.of(10.5, 10.6), quantity: Float64Array.of(2, 0.001), aggressor: ['buy', 'sell'], known: Float64Array.of(1, 2),
  })
  expect((await read(false)).length).toBe(0)
})
