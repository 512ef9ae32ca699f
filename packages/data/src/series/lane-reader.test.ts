import { createRandom, decodePlain, encodePlain, lane, TapeloomError } from '@tapeloom/core'
import type { Candle, Lane, LaneFrame, Normalisation, RebuildRequest, Store, StoreRange } from '@tapeloom/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CandleProjection } from '../store/candle-projection.ts'
import { projectFeatures } from '../store/feature-projection.ts'
import { memoryStore } from '../store/memory-store.ts'
import { Projector } from '../store/projector.ts'
import { CandleMirror } from './candle-mirror.ts'
import { FeatureMirror } from './feature-mirror.ts'
import { lanePrice } from './lane-normalisation.ts'
import { checkLane, SeriesLaneReader } from './lane-reader.ts'
import { featureSeriesId } from './series-id.ts'
import { storeLanes } from './store-lanes.ts'

const MINUTE = 60e6
const COLUMNS = ['a.x#1@0', 'a.y#1@0', 'a.z#1@0']

/** The real parts, put together as a data provider does. */
function floor(maxRows: number) {
  const store = memoryStore()
  const reads: StoreRange[] = []
  const spied: Store = { ...bound(store), read: (range) => (reads.push(range), store.read(range)) }
  const candles = new CandleMirror({ maxRows })
  const features = new FeatureMirror({ maxRows })
  const projector = new Projector(store, 0, { mostRows: 50 })
  const projection = new CandleProjection()
  const series = [candles.add('x', 'BTC/USDT', '1m'), candles.add('x', 'ETH/USDT', '1m')]
  const symbols = [{ symbol: 'BTC/USDT', venue: 'x' }, { symbol: 'ETH/USDT', venue: 'x' }] as const
  let [sequence, asOf] = [0, 0]
  const lanes = new SeriesLaneReader({
    candles, features, store: spied, symbols, asOf: () => asOf, settle: () => projector.flush(),
  })
  features.layout('L', COLUMNS)
  const input = (work: () => void): number => {
    projector.begin(++sequence)
    work()
    projector.end(asOf)
    return sequence
  }
  input(() => COLUMNS.forEach((column, position) => projector.add('layouts', { layout: 'L', position, column })))
  return {
    lanes, candles, store, reads, projector, sequence: () => sequence, setAsOf: (us: number) => void (asOf = us),
    candle: (of: 0 | 1, candle: Candle) => input(() => {
      candles.put(series[of]!, candle, sequence)
      projection.add(projector, symbols[of].symbol, candle)
      asOf = Math.max(asOf, candle.closeTime)
    }),
    freeze: (time: number, values: Float64Array) => input(() => {
      features.put('BTC/USDT', time, 'L', values, sequence)
      projectFeatures(projector, 'L', COLUMNS, { symbol: 'BTC/USDT', time, taint: ['gap'], origin: 'warm' }, values)
    }),
  }
}
const bound = (store: Store): Store => ({
  path: store.path, open: () => store.open(), write: (batch) => store.write(batch), read: (range) => store.read(range),
  close: () => store.close(),
})

function candleAt(minute: number, seed: number, more: Partial<Candle> = {}): Candle {
  const random = createRandom(seed, String(minute))
  const [open, close] = [100 + random.normal(), 100 + random.normal()]
  return {
    venue: 'x', timeframe: '1m', openTime: minute * MINUTE, closeTime: (minute + 1) * MINUTE, open, close,
    high: Math.max(open, close) + random.next(), low: Math.min(open, close) - random.next(), volume: 10 * random.next(),
    quoteVolume: NaN, trades: NaN, takerBuyVolume: NaN, taint: [], ...more,
  }
}

const tensors = (of: Lane) => ({ tensor: new Float32Array(of.window * 5).fill(7), mask: new Float32Array(of.window).fill(7) })
const bits = (array: Float32Array): number[] => [...new Uint32Array(array.buffer)]

/** A symbol's step: how many minutes on (1 normal, more a gap), or back (a backfill: a newer version or a missed one). */
const plays = fc.array(fc.record({ of: fc.constantFrom(0 as const, 1 as const), step: fc.integer({ min: -8, max: 2 }), look: fc.boolean() }),
  { minLength: 1, maxLength: 150, size: 'max' })
const kinds: readonly Normalisation[] = ['log', 'none', 'zscore', 'minmax', 'atr']

describe('rebuild', () => {
  test('gives the tensors that were served, bit for bit, from memory and from the store', async () => {
    let fromStore = 0
    await fc.assert(fc.asyncProperty(plays, fc.constantFrom(8, 512), fc.constantFrom(...kinds), async (steps, maxRows, normalise) => {
      const { lanes, candle, sequence, reads } = floor(maxRows)
      const watched = [lane('1m', 6, { normalise }), lane('1m', 3, { symbol: 'ETH/USDT', normalise })]
      const served: { request: RebuildRequest; tensor: Float32Array; mask: Float32Array }[] = []
      const minutes = [0, 0]
      steps.forEach(({ of, step, look }, i) => {
        const minute = Math.max(0, minutes[of]! + (step > -3 && step <= 0 ? 1 : step))
        minutes[of] = Math.max(minute, minutes[of]!)
        candle(of, candleAt(minute, i))
        if (!look) return
        for (const binding of watched) {
          const { tensor, mask } = tensors(binding)
          const gathered = lanes.gather(binding, 0, tensor, mask)
          const frame = { ...gathered, norm: [...Float32Array.from(gathered.norm)] } // as references keep it
          served.push({ request: { symbol: 'BTC/USDT', frame, binding, knownBy: sequence(), ...tensors(binding) }, tensor, mask })
        }
      })
      await lanes.rebuild(served.map(({ request }) => request))
      for (const { request, tensor, mask } of served) {
        expect(bits(request.tensor)).toEqual(bits(tensor))
        expect(bits(request.mask)).toEqual(bits(mask))
      }
      fromStore += reads.length
    }), { numRuns: 60 })
    expect(fromStore).toBeGreaterThan(100)
  })

  test('takes the version that was known, though memory and store have newer ones', async () => {
    for (const maxRows of [8, 512]) {
      const { lanes, candle, sequence } = floor(maxRows)
      const binding = lane('1m', 4)
      for (let i = 0; i < 8; i++) candle(0, candleAt(i, 1))
      const { tensor, mask } = tensors(binding)
      const frame = lanes.gather(binding, 0, tensor, mask)
      const knownBy = sequence()
      candle(0, candleAt(6, 99))
      for (let i = 8; i < 30; i++) candle(0, candleAt(i, 1))
      const request = { symbol: 'BTC/USDT', frame, binding, knownBy, ...tensors(binding) } as const
      await lanes.rebuild([request])
      expect(bits(request.tensor)).toEqual(bits(tensor))
    }
  })

  test('a store alone gives the same tensors', async () => {
    const { lanes, candle, freeze, sequence, store, projector } = floor(512)
    const binding = lane('1m', 6)
    for (let i = 0; i < 10; i++) candle(0, candleAt(i, 1))
    freeze(5e6, Float64Array.of(1, NaN, 3))
    const { tensor, mask } = tensors(binding)
    const frame = lanes.gather(binding, 0, tensor, mask)
    const requests: RebuildRequest[] = [
      { symbol: 'BTC/USDT', frame, binding, knownBy: sequence(), ...tensors(binding) },
      {
        symbol: 'BTC/USDT', binding: ['a.z', 'a.y'], knownBy: sequence(), tensor: new Float32Array(2), mask: new Float32Array(2),
        frame: { series: featureSeriesId('BTC/USDT', 'L'), start: 5e6, end: 5e6, count: 1, norm: [], quality: 1, taint: [] },
      },
    ]
    await projector.flush()
    await (await storeLanes(store)).rebuild(requests)
    expect(bits(requests[0]!.tensor)).toEqual(bits(tensor))
    expect(bits(requests[0]!.mask)).toEqual(bits(mask))
    expect([...requests[1]!.tensor, ...requests[1]!.mask]).toEqual([3, 0, 1, 0])
  })

  test('reads a merged span once', async () => {
    const { lanes, candle, sequence, reads } = floor(8)
    const binding = lane('1m', 5)
    const requests: RebuildRequest[] = []
    for (let i = 0; i < 40; i++) {
      candle(0, candleAt(i, 1))
      if (i < 4) continue
      const frame = lanes.gather(binding, 0, tensors(binding).tensor, tensors(binding).mask)
      requests.push({ symbol: 'BTC/USDT', frame, binding, knownBy: sequence(), ...tensors(binding) })
    }
    await lanes.rebuild(requests)
    expect(reads).toHaveLength(1)
    expect(reads[0]).toMatchObject({ table: 'ohlcv_1m', equals: { symbol: 'BTC/USDT', venue: 'x' }, from: 0 })
  })

  test('reports a range whose rows are gone, rather than filling it', async () => {
    const { lanes, candle, sequence } = floor(512)
    const binding = lane('1m', 4)
    for (let i = 0; i < 8; i++) candle(0, candleAt(i, 1))
    const frame = lanes.gather(binding, 0, tensors(binding).tensor, tensors(binding).mask)
    const request = (more: Partial<LaneFrame>): RebuildRequest =>
      ({ symbol: 'BTC/USDT', frame: { ...frame, ...more }, binding, knownBy: sequence(), ...tensors(binding) })
    await expect(lanes.rebuild([request({ count: 5 })])).rejects.toThrow(/holds 4 rows .* its reference saw 5/)
    await expect(lanes.rebuild([request({ series: 'nonsense' })])).rejects.toThrow(/holds 0 rows/)
    await expect(lanes.rebuild([{ ...request({}), knownBy: 3 }])).rejects.toMatchObject({ code: 'data.range' })
    await expect(lanes.rebuild([{ ...request({}), binding: ['a.x'] }])).rejects.toThrow('holds no feature rows')
  })

  test('gives columns of frozen rows with a mask, from memory and from the store', async () => {
    const rows = Array.from({ length: 30 }, (_, i) => Float64Array.of(i + 0.1, i % 3 === 0 ? NaN : -i, i / 3))
    for (const maxRows of [4, 512]) {
      const { lanes, freeze, reads } = floor(maxRows)
      const known = rows.map((values, i) => freeze((i + 1) * 1e6, values))
      const requests = rows.map((_, i): RebuildRequest => ({
        symbol: 'BTC/USDT', binding: i % 2 ? ['a.y', 'a.x'] : ['a.z#1@0', 'a.y'], knownBy: known[i]!,
        frame: { series: featureSeriesId('BTC/USDT', 'L'), start: (i + 1) * 1e6, end: (i + 1) * 1e6, count: 1, norm: [], quality: 1, taint: [] },
        tensor: new Float32Array(2), mask: new Float32Array(2),
      }))
      await lanes.rebuild(requests)
      requests.forEach(({ tensor, mask }, i) => {
        const [x = 0, y = 0, z = 0] = rows[i]!
        const wanted = i % 2 ? [y, x] : [z, y]
        expect([...tensor]).toEqual(wanted.map((value) => (Number.isNaN(value) ? 0 : Math.fround(value))))
        expect([...mask]).toEqual(wanted.map((value) => (Number.isNaN(value) ? 0 : 1)))
      })
      expect(reads.filter(({ table }) => table === 'features_L')).toHaveLength(maxRows === 4 ? 1 : 0)
    }
  })

  test('takes the frozen row that was known, and reports one that is gone', async () => {
    const { lanes, freeze } = floor(4)
    const first = freeze(1e6, Float64Array.of(1, 2, 3))
    const second = freeze(1e6, Float64Array.of(4, 5, 6))
    for (let i = 2; i < 20; i++) freeze(i * 1e6, Float64Array.of(0, 0, 0))
    const request = (time: number, knownBy: number): RebuildRequest => ({
      symbol: 'BTC/USDT', binding: ['a.x'], knownBy, tensor: new Float32Array(1), mask: new Float32Array(1),
      frame: { series: featureSeriesId('BTC/USDT', 'L'), start: time, end: time, count: 1, norm: [], quality: 1, taint: [] },
    })
    const both = [request(1e6, first), request(1e6, second)]
    await lanes.rebuild(both)
    expect(both.map(({ tensor }) => tensor[0])).toEqual([1, 4])
    await expect(lanes.rebuild([request(1.5e6, second)])).rejects.toMatchObject({ code: 'data.range' })
  })
})

describe('gather', () => {
  test('left-pads with 0 and mask 0, and never invents candles', () => {
    const { lanes, candle } = floor(512)
    const binding = lane('1m', 4, { normalise: 'none' })
    const { tensor, mask } = tensors(binding)
    expect(lanes.gather(binding, 0, tensor, mask)).toMatchObject({ series: 'x:BTC/USDT:candle:1m', count: 0, quality: 0 })
    expect([...tensor, ...mask]).toEqual(new Array(24).fill(0))
    const [a, b] = [candleAt(1, 1), candleAt(5, 1)]
    candle(0, a)
    candle(0, b)
    const frame = lanes.gather(binding, 0, tensor, mask)
    expect(frame).toMatchObject({ start: MINUTE, end: 5 * MINUTE, count: 2, norm: [], quality: 0.5, taint: [] })
    const rows = [a, b].flatMap(({ open, high, low, close, volume }) => [open, high, low, close, volume].map(Math.fround))
    expect([...tensor]).toEqual([...new Array<number>(10).fill(0), ...rows])
    expect([...mask]).toEqual([0, 0, 1, 1])
  })

  test('scales prices by ln(p/ref)/s and volumes by (ln(1+v) − a)/b, with parameters that are float32', () => {
    const { lanes, candle } = floor(512)
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
      for (const [at, price] of [candleAt(i, 3)].flatMap(({ open, high, low, close }) => [open, high, low, close]).entries()) {
        expect(Math.abs(lanePrice('log', norm, tensor[i * 5 + at]!) / price - 1)).toBeLessThan(1e-6)
      }
    }
    const volumes = Array.from({ length: 16 }, (_, i) => tensor[i * 5 + 4]!)
    expect(volumes.reduce((a, b) => a + b)).toBeCloseTo(0, 4)
    expect(volumes.reduce((a, b) => a + b * b) / 16).toBeCloseTo(1, 1)
  })

  test.each(['zscore', 'minmax', 'atr'] as const)('%s inverts too', (normalise) => {
    const { lanes, candle } = floor(512)
    const binding = lane('1m', 8, { normalise })
    for (let i = 0; i < 8; i++) candle(0, candleAt(i, 3))
    const { tensor, mask } = tensors(binding)
    const { norm } = lanes.gather(binding, 0, tensor, mask)
    for (let i = 0; i < 8; i++) expect(lanePrice(normalise, norm, tensor[i * 5 + 3]!) / candleAt(i, 3).close).toBeCloseTo(1, 6)
    const prices = [...tensor].filter((_, i) => i % 5 !== 4)
    if (normalise === 'minmax') expect([Math.min(...prices), Math.max(...prices)]).toEqual([expect.closeTo(0, 5), expect.closeTo(1, 5)])
  })

  test('a constant price is 0, not a division by 0', () => {
    const { lanes, candle } = floor(512)
    const binding = lane('1m', 3)
    for (let i = 0; i < 3; i++) candle(0, candleAt(i, 1, { open: 5, high: 5, low: 5, close: 5, volume: 0 }))
    const { tensor, mask } = tensors(binding)
    expect(lanes.gather(binding, 0, tensor, mask).norm).toEqual([5, Math.fround(1e-6), 0, Math.fround(1e-6)])
    expect([...tensor]).toEqual(new Array(15).fill(0))
  })

  test('a missing volume is 0, the mean of the others', () => {
    const { lanes, candle } = floor(512)
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
    const { lanes, candle, setAsOf } = floor(512)
    const binding = lane('1m', 4)
    const gather = (): LaneFrame => lanes.gather(binding, 0, tensors(binding).tensor, tensors(binding).mask)
    for (let i = 0; i < 4; i++) candle(0, candleAt(i, 1, i === 2 ? { taint: ['empty'] } : {}))
    expect(gather()).toMatchObject({ quality: 1, taint: [] })
    candle(0, candleAt(4, 1, { taint: ['gap', 'late'] }))
    expect(gather()).toMatchObject({ quality: 0.75, taint: ['gap', 'late'] })
    setAsOf(5 * MINUTE + 1.5 * MINUTE)
    expect(gather().quality).toBe(0.75 * 0.5)
    setAsOf(20 * MINUTE)
    expect(gather().quality).toBe(0)
  })

  test('an absent reference asset is masked', () => {
    const { lanes } = floor(512)
    const binding = lane('1m', 2, { symbol: 'SOL/USDT' })
    const { tensor, mask } = tensors(binding)
    expect(lanes.gather(binding, 0, tensor, mask)).toMatchObject({ series: 'absent:SOL/USDT:candle:1m', count: 0 })
    expect([...mask]).toEqual([0, 0])
  })

  test('a window longer than memory is an error, not a shorter window', () => {
    const { lanes, candle } = floor(8)
    for (let i = 0; i < 9; i++) candle(0, candleAt(i, 1))
    const binding = lane('1m', 9)
    const { tensor, mask } = tensors(binding)
    expect(() => lanes.gather(binding, 0, tensor, mask)).toThrow('keeps 8 candles in memory, the lane needs 9')
  })

  test.each([
    [lane('1m', 1), 'not a whole number from 2 on'], [lane('1m', 2.5), 'not a whole number from 2 on'],
    [lane('1m', 5, { of: 'features' }), 'reads feature rows as a window'],
  ])('a lane without data is an error at load %#', (wrong, message) => {
    expect(() => checkLane(wrong)).toThrow(message)
    expect(() => checkLane({ ...wrong, window: 5, of: 'candles', timeframe: '5x' as '5m' })).toThrow(TapeloomError)
  })
})

test('last and candles read the price venue’s series', () => {
  const { lanes, candle } = floor(8)
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
  expect(() => lanePrice('log', [], 5)).toThrow("is not ref, s, a, b")
})

test('a restored mirror serves the same windows', () => {
  const { lanes, candle, candles } = floor(8)
  for (let i = 0; i < 20; i++) candle(0, candleAt(i, 1))
  const restored = new CandleMirror({ maxRows: 8 })
  restored.restore(decodePlain(encodePlain(candles.snapshot())))
  const other = new SeriesLaneReader({
    candles: restored, features: new FeatureMirror(), store: memoryStore(), symbols: [{ symbol: 'BTC/USDT', venue: 'x' }],
    asOf: () => 20 * MINUTE, settle: () => Promise.resolve(),
  })
  const binding = lane('1m', 6)
  const [a, b] = [tensors(binding), tensors(binding)]
  expect(other.gather(binding, 0, b.tensor, b.mask)).toEqual(lanes.gather(binding, 0, a.tensor, a.mask))
  expect(bits(b.tensor)).toEqual(bits(a.tensor))
})
