import { createRandom } from '@tapeloom/core'
import type { Candle, Lane, Store, StoreRange } from '@tapeloom/core'
import { CandleProjection } from '../store/candle-projection.ts'
import { projectFeatures } from '../store/feature-projection.ts'
import { memoryStore } from '../store/memory-store.ts'
import { Projector } from '../store/projector.ts'
import { CandleMirror } from './candle-mirror.ts'
import { FeatureMirror } from './feature-mirror.ts'
import { SeriesLaneReader } from './lane-reader.ts'

export const MINUTE = 60e6
const COLUMNS = ['a.x#1@0', 'a.y#1@0', 'a.z#1@0']

/** The real parts, put together as a data provider does, over a store that tells what it was asked. */
export function dataFloor(maxRows: number) {
  const store = memoryStore()
  const reads: StoreRange[] = []
  const spied: Store = { ...bound(store), read: (range) => (reads.push(range), store.read(range)) }
  const candles = new CandleMirror({ maxRows })
  const features = new FeatureMirror({ maxRows })
  const projector = new Projector(store, 0, { mostRows: 50 })
  const projection = new CandleProjection()
  const series = [candles.add('x', 'BTC/USDT', '1m'), candles.add('x', 'ETH/USDT', '1m')]
  const symbols = [
    { symbol: 'BTC/USDT', venue: 'x' },
    { symbol: 'ETH/USDT', venue: 'x' },
  ] as const
  let [sequence, asOf] = [0, 0]
  const lanes = new SeriesLaneReader({
    candles,
    features,
    store: spied,
    symbols,
    asOf: () => asOf,
    settle: () => projector.flush(),
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
    lanes,
    candles,
    store,
    reads,
    projector,
    sequence: () => sequence,
    setAsOf: (us: number) => void (asOf = us),
    candle: (of: 0 | 1, candle: Candle) =>
      input(() => {
        candles.put(series[of]!, candle, sequence)
        projection.add(projector, symbols[of].symbol, candle)
        asOf = Math.max(asOf, candle.closeTime)
      }),
    freeze: (time: number, values: Float64Array) =>
      input(() => {
        features.put('BTC/USDT', time, 'L', values, sequence)
        projectFeatures(projector, 'L', COLUMNS, { symbol: 'BTC/USDT', time, taint: ['gap'], origin: 'warm' }, values)
      }),
  }
}
const bound = (store: Store): Store => ({
  path: store.path,
  open: () => store.open(),
  write: (batch) => store.write(batch),
  read: (range) => store.read(range),
  close: () => store.close(),
})

/** A candle of a minute, drawn from a seed. */
export function candleAt(minute: number, seed: number, more: Partial<Candle> = {}): Candle {
  const random = createRandom(seed, String(minute))
  const [open, close] = [100 + random.normal(), 100 + random.normal()]
  return {
    venue: 'x',
    timeframe: '1m',
    openTime: minute * MINUTE,
    closeTime: (minute + 1) * MINUTE,
    open,
    close,
    high: Math.max(open, close) + random.next(),
    low: Math.min(open, close) - random.next(),
    volume: 10 * random.next(),
    quoteVolume: NaN,
    trades: NaN,
    takerBuyVolume: NaN,
    taint: [],
    ...more,
  }
}

/** Room for a lane, with rubbish in it. */
export const tensors = (of: Lane) => ({
  tensor: new Float32Array(of.window * 5).fill(7),
  mask: new Float32Array(of.window).fill(7),
})
/** The words of an array: equal only when every bit is. */
export const bits = (array: Float32Array): number[] => [...new Uint32Array(array.buffer)]
