import { decodePlain, encodePlain, TapeloomError, type Candle } from '@tapeloom/core'
import { describe, expect, test } from 'vitest'
import { CandleMirror } from './candle-mirror.ts'
import { FeatureMirror } from './feature-mirror.ts'
import { RowBlock } from './row-block.ts'
import { candleSeriesId, featureSeriesId, trySeriesId } from './series-id.ts'
import { taintBits, taintReasons } from './taint-flags.ts'

const candle = (i: number, more: Partial<Candle> = {}): Candle => ({
  venue: 'x',
  timeframe: '1m',
  openTime: i * 60e6,
  closeTime: (i + 1) * 60e6,
  open: i,
  high: i + 2,
  low: i - 1,
  close: i + 1,
  volume: 10 * i,
  quoteVolume: NaN,
  trades: 3,
  takerBuyVolume: 1,
  taint: [],
  ...more,
})

describe('CandleMirror', () => {
  test('gives candles back as they were put, frozen', () => {
    const mirror = new CandleMirror()
    const index = mirror.add('x', 'BTC/USDT', '1m')
    expect(mirror.last(index)).toBeUndefined()
    const all = [0, 1, 2].map((i) => candle(i, i === 1 ? { taint: ['late', 'empty'] } : {}))
    all.forEach((one, i) => expect(mirror.put(index, one, i)).toBe(true))
    expect(mirror.candles(index, 0, 120e6)).toEqual(all.slice(0, 2))
    expect(mirror.last(index)).toEqual(all[2])
    expect(Object.isFrozen(mirror.last(index))).toBe(true)
  })
  test('a series is added once and found by its id', () => {
    const mirror = new CandleMirror()
    const index = mirror.add('x', 'BTC/USDT', '1m')
    expect(mirror.add('x', 'BTC/USDT', '1m')).toBe(index)
    expect(mirror.add('y', 'BTC/USDT', '1m')).toBe(index + 1)
    expect(mirror.find('x:BTC/USDT:candle:1m')).toBe(index)
    expect(mirror.find('x:BTC/USDT:candle:5m')).toBe(-1)
  })
  test('a newer version is seen from its own sequence on', () => {
    const mirror = new CandleMirror()
    const index = mirror.add('x', 'BTC/USDT', '1m')
    mirror.put(index, candle(1), 5)
    mirror.put(index, candle(2), 6)
    mirror.put(index, candle(1, { close: 99 }), 9)
    expect(mirror.candles(index, 0, 1e9, 8)?.map(({ close }) => close)).toEqual([2, 3])
    expect(mirror.candles(index, 0, 1e9)?.map(({ close }) => close)).toEqual([99, 3])
    expect(mirror.candles(index, 0, 1e9, 5)?.map(({ close }) => close)).toEqual([2])
  })
  test('a late doubt marks the closed candle', () => {
    const mirror = new CandleMirror()
    const index = mirror.add('x', 'BTC/USDT', '1m')
    mirror.put(index, candle(1, { taint: ['gap'] }), 5)
    mirror.taint(index, 60e6, 'late')
    expect(mirror.last(index)?.taint).toEqual(['gap', 'late'])
  })
  test('candles that have left memory are undefined, not fewer', () => {
    const mirror = new CandleMirror({ maxRows: 4 })
    const index = mirror.add('x', 'BTC/USDT', '1m')
    for (let i = 0; i < 6; i++) mirror.put(index, candle(i), i)
    expect(mirror.candles(index, 60e6, 300e6)).toBeUndefined()
    expect(mirror.candles(index, 120e6, 300e6)).toHaveLength(3)
    expect(mirror.put(index, candle(0), 9)).toBe(false)
  })
  test('a series that does not fit is refused, and the largest is named', () => {
    const mirror = new CandleMirror({ budgetBytes: 30_000 })
    mirror.add('x', 'BTC/USDT', '1m')
    expect(() => mirror.add('x', 'ETH/USDT', '1m')).toThrow(
      /x:ETH\/USDT:candle:1m\] does not fit: 20992 of 30000.*x:BTC\/USDT:candle:1m \(20992\)/,
    )
    expect(() => new CandleMirror({ budgetBytes: 1 }).add('x', 'ETH/USDT', '1m')).toThrow('does not fit')
  })
  test('wrong uses are errors that say so', () => {
    expect(() => new CandleMirror({ maxRows: 100 })).toThrow('maxRows 100 is not a power of two')
    expect(() => new CandleMirror().last(3)).toThrow(TapeloomError)
  })
  test('a restored mirror is equal', () => {
    const mirror = new CandleMirror({ maxRows: 8 })
    const index = mirror.add('x', 'BTC/USDT', '1m')
    for (let i = 0; i < 20; i++) mirror.put(index, candle(i), i)
    mirror.put(index, candle(15, { close: 0 }), 30)
    const restored = new CandleMirror({ maxRows: 8 })
    restored.restore(decodePlain(encodePlain(mirror.snapshot())))
    for (const knownBy of [16, 29, 31]) {
      expect(restored.candles(index, 13 * 60e6, 1e12, knownBy)).toEqual(mirror.candles(index, 13 * 60e6, 1e12, knownBy))
    }
    expect(restored.candles(index, 60e6, 1e12)).toBeUndefined()
  })
})

describe('FeatureMirror', () => {
  const block = new RowBlock(2)
  const id = featureSeriesId('BTC/USDT', 'abc')

  test('finds columns by full id and by name, and rows by time', () => {
    const mirror = new FeatureMirror()
    mirror.layout('abc', ['cob.imbalance5#1@9f', 'cob.spreadBps#2@0'])
    mirror.put('BTC/USDT', 1e6, 'abc', Float64Array.of(0.25, NaN), 7)
    expect(mirror.read(id, 1e6, 7, block)).toBe(1)
    expect([...block.rows.subarray(0, 2)]).toEqual([0.25, NaN])
    expect(mirror.read(id, 1e6, 6, block)).toBe(0)
    expect(mirror.read(id, 2e6, 7, block)).toBe(0)
    expect(mirror.read(featureSeriesId('ETH/USDT', 'abc'), 1e6, 7, block)).toBe(-1)
    expect(mirror.position('abc', 'cob.spreadBps')).toBe(1)
    expect(mirror.position('abc', 'cob.imbalance5#1@9f')).toBe(0)
    expect(mirror.columns('abc')).toEqual(['cob.imbalance5#1@9f', 'cob.spreadBps#2@0'])
  })
  test('an unknown layout or column is an error', () => {
    const mirror = new FeatureMirror()
    expect(() => mirror.columns('abc')).toThrow('[layout abc] is not known')
    mirror.layout('abc', ['a.b'])
    expect(() => mirror.position('abc', 'a.c')).toThrow("has no column 'a.c'")
  })
  test('without room rows are in the store alone', () => {
    const mirror = new FeatureMirror({ budgetBytes: 10 })
    mirror.layout('abc', ['a.b', 'a.c'])
    mirror.put('BTC/USDT', 1e6, 'abc', Float64Array.of(1, 2), 7)
    expect(mirror.read(id, 1e6, 7, block)).toBe(-1)
  })
  test('a restored mirror is equal', () => {
    const mirror = new FeatureMirror({ maxRows: 4 })
    mirror.layout('abc', ['a.b', 'a.c'])
    for (let i = 1; i < 10; i++) mirror.put('BTC/USDT', i, 'abc', Float64Array.of(i, -i), i)
    const restored = new FeatureMirror({ maxRows: 4 })
    restored.restore(decodePlain(encodePlain(mirror.snapshot())))
    expect(restored.read(id, 9, 9, block)).toBe(1)
    expect(block.rows[1]).toBe(-9)
    expect(restored.read(id, 2, 9, block)).toBe(-1)
    expect(restored.width('abc')).toBe(2)
  })
})

test('a series id reads back', () => {
  expect(trySeriesId(candleSeriesId('binance-spot', 'BTC/USDT:USDT', '1m'))).toEqual({
    kind: 'candle',
    venue: 'binance-spot',
    symbol: 'BTC/USDT:USDT',
    timeframe: '1m',
  })
  expect(trySeriesId(featureSeriesId('BTC/USDT:USDT', 'f00'))).toEqual({
    kind: 'features',
    symbol: 'BTC/USDT:USDT',
    layoutId: 'f00',
  })
  for (const text of ['', 'x', 'x:BTC/USDT:book:1m', 'x:BTC:candle:1m']) expect(trySeriesId(text)).toBeUndefined()
})

test('taint reasons and bits are each other’s inverse', () => {
  for (let bits = 0; bits < 512; bits++) expect(taintBits(taintReasons(bits))).toBe(bits)
  expect(taintReasons(12)).toBe(taintReasons(12))
})
