import { decodePlain, encodePlain, lane, TapeloomError, type LaneFrame } from '@tapeloom/core'
import { describe, expect, test } from 'vitest'
import { memoryStore } from '../store/memory-store.ts'
import { CandleMirror } from './candle-mirror.ts'
import { bits, candleAt, dataFloor, MINUTE, tensors } from './data-floor.fixture.ts'
import { FeatureMirror } from './feature-mirror.ts'
import { lanePrice } from './lane-normalisation.ts'
import { checkLane, SeriesLaneReader } from './lane-reader.ts'

describe('gather', () => {
  test('left-pads with 0 and mask 0, and never invents candles', () => {
    const { lanes, candle } = dataFloor(512)
    const binding = lane('1m', 4, { normalise: 'none' })
    const { tensor, mask } = tensors(binding)
    expect(lanes.gather(binding, 0, tensor, mask)).toMatchObject({
      series: 'x:BTC/USDT:candle:1m',
      count: 0,
      quality: 0,
    })
    expect([...tensor, ...mask]).toEqual(new Array(24).fill(0))
    const [a, b] = [candleAt(1, 1), candleAt(5, 1)]
    candle(0, a)
    candle(0, b)
    const frame = lanes.gather(binding, 0, tensor, mask)
    expect(frame).toMatchObject({ start: MINUTE, end: 5 * MINUTE, count: 2, norm: [], quality: 0.5, taint: [] })
    const rows = [a, b].flatMap(({ open, high, low, close, volume }) =>
      [open, high, low, close, volume].map(Math.fround),
    )
    expect([...tensor]).toEqual([...new Array<number>(10).fill(0), ...rows])
    expect([...mask]).toEqual([0, 0, 1, 1])
  })

  test('scales prices by ln(p/ref)/s and volumes by (ln(1+v) − a)/b, with parameters that are float32', () => {
    const { lanes, candle } = dataFloor(512)
    const binding = lane('1m', 16)
    for (let i = 0; i < 16; i++) candle(0, candleAt(i, 3))
    const { tensor, mask } = tensors(binding)
    const { norm } = lanes.gather(binding, 0, tensor, mask)
    expect(norm.map(Math.fround)).toEqual(norm)
    const closes = Array.from({ length: 16 }, (_, i) => candleAt(i, 3).close)
    const logs = closes.map((close) => Math.log(close / closes[15]!))
    const mean = logs.reduce((a, b) => a + b) / 16
    const deviation = Math.sqrt(logs.reduce((a, b) => a + (b - mean) ** 2, 0) / 16)
    expect(norm[0]).toBe(Math.fround(closes[15]!))
    expect(norm[1]).toBeCloseTo(deviation, 6)
    for (let i = 0; i < 16; i++) {
      for (const [at, price] of [candleAt(i, 3)]
        .flatMap(({ open, high, low, close }) => [open, high, low, close])
        .entries()) {
        expect(Math.abs(lanePrice('log', norm, tensor[i * 5 + at]!) / price - 1)).toBeLessThan(1e-6)
      }
    }
    const volumes = Array.from({ length: 16 }, (_, i) => tensor[i * 5 + 4]!)
    expect(volumes.reduce((a, b) => a + b)).toBeCloseTo(0, 4)
    expect(volumes.reduce((a, b) => a + b * b) / 16).toBeCloseTo(1, 1)
  })

  test.each(['zscore', 'minmax', 'atr'] as const)('%s inverts too', (normalise) => {
    const { lanes, candle } = dataFloor(512)
    const binding = lane('1m', 8, { normalise })
    for (let i = 0; i < 8; i++) candle(0, candleAt(i, 3))
    const { tensor, mask } = tensors(binding)
    const { norm } = lanes.gather(binding, 0, tensor, mask)
    for (let i = 0; i < 8; i++)
      expect(lanePrice(normalise, norm, tensor[i * 5 + 3]!) / candleAt(i, 3).close).toBeCloseTo(1, 6)
  })

  test('minmax fills [0, 1]', () => {
    const { lanes, candle } = dataFloor(512)
    const binding = lane('1m', 8, { normalise: 'minmax' })
    for (let i = 0; i < 8; i++) candle(0, candleAt(i, 3))
    const { tensor, mask } = tensors(binding)
    lanes.gather(binding, 0, tensor, mask)
    const prices = [...tensor].filter((_, i) => i % 5 !== 4)
    expect([Math.min(...prices), Math.max(...prices)]).toEqual([expect.closeTo(0, 5), expect.closeTo(1, 5)])
  })

  test('a constant price is 0, not a division by 0', () => {
    const { lanes, candle } = dataFloor(512)
    const binding = lane('1m', 3)
    for (let i = 0; i < 3; i++) candle(0, candleAt(i, 1, { open: 5, high: 5, low: 5, close: 5, volume: 0 }))
    const { tensor, mask } = tensors(binding)
    expect(lanes.gather(binding, 0, tensor, mask).norm).toEqual([5, Math.fround(1e-6), 0, Math.fround(1e-6)])
    expect([...tensor]).toEqual(new Array(15).fill(0))
  })

  test('a missing volume is 0, the mean of the others', () => {
    const { lanes, candle } = dataFloor(512)
    const binding = lane('1m', 2)
    candle(0, candleAt(0, 1, { volume: NaN }))
    candle(0, candleAt(1, 1, { volume: NaN }))
    const { tensor, mask } = tensors(binding)
    lanes.gather(binding, 0, tensor, mask)
    expect([tensor[4], tensor[9]]).toEqual([0, 0])
    candle(0, candleAt(2, 1, { volume: 0 }))
    const one = lane('1m', 2, { normalise: 'minmax' })
    lanes.gather(one, 0, tensor, mask)
    expect([tensor[4], tensor[9]]).toEqual([0, 0])
  })

  test('quality falls with missing, old and doubtful candles; an empty one is no doubt', () => {
    const { lanes, candle, setAsOf } = dataFloor(512)
    const binding = lane('1m', 4)
    const gather = (): LaneFrame => lanes.gather(binding, 0, tensors(binding).tensor, tensors(binding).mask)
    for (let i = 0; i < 4; i++) candle(0, candleAt(i, 1, i === 2 ? { taint: ['empty'] } : {}))
    expect(gather()).toMatchObject({ quality: 1, taint: [] })
    candle(0, candleAt(4, 1, { taint: ['gap', 'late'] }))
    expect(gather()).toMatchObject({ quality: 0.75, taint: ['gap', 'late'] })
    setAsOf(6 * MINUTE - 1)
    expect(gather().quality).toBe(0.75)
    setAsOf(6.5 * MINUTE)
    expect(gather().quality).toBeCloseTo(0.75 * (1 - 0.5 / 3), 12)
    setAsOf(20 * MINUTE)
    expect(gather().quality).toBe(0)
  })

  test('an absent reference asset is masked', () => {
    const { lanes } = dataFloor(512)
    const binding = lane('1m', 2, { symbol: 'SOL/USDT' })
    const { tensor, mask } = tensors(binding)
    expect(lanes.gather(binding, 0, tensor, mask)).toMatchObject({ series: 'absent:SOL/USDT:candle:1m', count: 0 })
    expect([...mask]).toEqual([0, 0])
  })

  test('a window longer than memory is an error, not a shorter window', () => {
    const { lanes, candle } = dataFloor(8)
    for (let i = 0; i < 9; i++) candle(0, candleAt(i, 1))
    const binding = lane('1m', 9)
    const { tensor, mask } = tensors(binding)
    expect(() => lanes.gather(binding, 0, tensor, mask)).toThrow('keeps 8 candles in memory, the lane needs 9')
  })

  test.each([
    [lane('1m', 1), 'not a whole number from 2 on'],
    [lane('1m', 2.5), 'not a whole number from 2 on'],
    [lane('1m', 5, { of: 'features' }), 'reads feature rows as a window'],
  ])('a lane without data is an error at load %#', (wrong, message) => {
    expect(() => checkLane(wrong)).toThrow(message)
    expect(() => checkLane({ ...wrong, window: 5, of: 'candles', timeframe: '5x' as '5m' })).toThrow(TapeloomError)
  })
})

test('last and candles read the price venue’s series', () => {
  const { lanes, candle } = dataFloor(8)
  expect(lanes.last(0, '1m')).toBeUndefined()
  for (let i = 0; i < 10; i++) candle(1, candleAt(i, 1))
  expect(lanes.last(1, '1m')).toEqual(candleAt(9, 1))
  expect(lanes.last(1, '5m')).toBeUndefined()
  expect(lanes.last(7, '1m')).toBeUndefined()
  expect(lanes.candles('ETH/USDT', '1m', 8 * MINUTE, 10 * MINUTE)).toEqual([candleAt(8, 1), candleAt(9, 1)])
  expect(lanes.candles('ETH/USDT', '1m', 0, 10 * MINUTE)).toBeUndefined()
  expect(lanes.candles('SOL/USDT', '1m', 0, 10 * MINUTE)).toBeUndefined()
})

test('a price is not taken from a scaling that is none', () => {
  expect(lanePrice('none', [], 5)).toBe(5)
  expect(() => lanePrice('log', [], 5)).toThrow('is not ref, s, a, b')
})

test('a restored mirror serves the same windows', () => {
  const { lanes, candle, candles } = dataFloor(8)
  for (let i = 0; i < 20; i++) candle(0, candleAt(i, 1))
  const restored = new CandleMirror({ maxRows: 8 })
  restored.restore(decodePlain(encodePlain(candles.snapshot())))
  const other = new SeriesLaneReader({
    candles: restored,
    features: new FeatureMirror(),
    store: memoryStore(),
    symbols: [{ symbol: 'BTC/USDT', venue: 'x' }],
    asOf: () => 20 * MINUTE,
    settle: () => Promise.resolve(),
  })
  const binding = lane('1m', 6)
  const [a, b] = [tensors(binding), tensors(binding)]
  expect(other.gather(binding, 0, b.tensor, b.mask)).toEqual(lanes.gather(binding, 0, a.tensor, a.mask))
  expect(bits(b.tensor)).toEqual(bits(a.tensor))
})
