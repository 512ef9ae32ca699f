import {
  CLASS, defineModule, lane, need, Orchestrator, positionBlock, toProbabilities,
  type CandleValues, type Duration, type MarketSymbol, type ModelSpec, type Store, type Usable,
} from '@tapeloom/core'
import { candleSource, DataProvider, memoryStore } from '@tapeloom/data'
import { adamW, concat, crossEntropy, defineModel, dense, flatten, relu } from '@tapeloom/models'

const MINUTE_US = 60e6
const identity = { version: '1.0.0', core: '^1.0.0' }

/** A network over all kinds of inputs; batches of 8. */
export const network = defineModel({
  name: 'walker',
  inputs: { last: [2], lastMask: [2], candles: [20, 5], candlesMask: [20], slow: [8, 5], position: [10], positionMask: [10] },
  targets: { direction: 'class' },
  batch: 8,
  optimizer: adamW({ learningRate: 1e-2 }),
  forward: ({ last, lastMask, candles, candlesMask, slow, position, positionMask }) => ({
    direction: dense(relu(dense(concat(last, lastMask, flatten(candles), candlesMask, flatten(slow), position, positionMask), 8)), 3),
  }),
  loss: (output, target) => crossEntropy(output.direction, target.direction),
})

/** Features of the last candle; the second is missing each third minute. */
export const bar = defineModule({
  name: 'bar',
  ...identity,
  candles: ['1m'],
  features: {
    body: { rev: 1, unit: 'bps', range: [-1e4, 1e4], description: 'Close against open.' },
    odd: { rev: 1, unit: 'ratio', range: [0, 1], description: 'Missing now and then.' },
  },
  on: {
    'candle:close'({ open, close, openTime }, { features }) {
      features.body = 1e4 * Math.log(close / open)
      features.odd = (openTime / MINUTE_US) % 3 === 0 ? NaN : 0.5
    },
  },
})

/** The labels of the `walker`. */
export type WalkerLabels = ModelSpec<typeof network, string, never>['labels']
interface WalkerSpec {
  readonly ahead?: number
  readonly latency?: Duration
  readonly labels?: WalkerLabels
  /** In place of the network's own. */
  readonly train?: (typeof network)['train']
}

/** A predictor over `bar` and two lanes, labelled by the sign of the target's move. */
export const walker = ({ ahead = 1, latency = '2ms', labels = { candle: direction }, train = network.train }: WalkerSpec = {}) =>
  defineModule({
    name: 'walker',
    ...identity,
    requires: { bar: need('bar', '^1', { features: ['body', 'odd'] }) },
    model: {
      network: { ...network, train },
      inputs: {
        last: ['bar.body', 'bar.odd'], candles: lane('1m', 20), slow: lane('5m', 8, { normalise: 'zscore' }), position: positionBlock,
      },
      target: { timeframe: '1m', ahead },
      latency,
      decode: ({ direction: logits }) => ({ probabilities: toProbabilities(logits) }),
      labels,
    },
  })

/** Up, down or neither, by more than 2 bps from the entry's close. */
export const direction: NonNullable<WalkerLabels['candle']> = ({ entry, target }) => {
  const bps = 1e4 * Math.log(target.close / entry.close)
  return { direction: bps > 2 ? CLASS.buy : bps < -2 ? CLASS.sell : CLASS.hold }
}

/** A wavy, seeded price in ticks of 0.1: `count` minutes of candles. */
export function minutes(count: number, phase = 0): CandleValues[] {
  let state = 12_345 + phase
  const noise = (): number => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648 - 0.5
  const prices = Array.from({ length: count + 1 }, (_, i) => 10 * (60_000 + 300 * Math.sin(i / 9 + phase) + 40 * noise()))
  return Array.from({ length: count }, (_, i) => {
    const [open, close] = [Math.round(prices[i]!) / 10, Math.round(prices[i + 1]!) / 10]
    return { openTime: i * MINUTE_US, open, high: Math.max(open, close) + 5, low: Math.min(open, close) - 5, close, volume: 1 + (i % 7) }
  })
}

/** An orchestrator over candles of one or more symbols. */
export function build(spec: {
  readonly modules: readonly Usable[]
  readonly candles?: Readonly<Record<MarketSymbol, readonly CandleValues[]>>
  readonly store?: Store
  readonly seed?: number
}): { readonly orchestrator: Orchestrator; readonly store: Store; readonly warnings: readonly string[] } {
  const { modules, candles = { 'BTC/USDT': minutes(200) }, store = memoryStore(), seed = 1 } = spec
  const sources = Object.entries(candles).map(([symbol, list]) => candleSource(symbol as MarketSymbol, '1m', list))
  const warnings: string[] = []
  const warn = (message: string): void => void warnings.push(message)
  const logger = { debug() {}, info() {}, warn, error: warn }
  return { orchestrator: new Orchestrator({ data: new DataProvider({ sources, store }), modules, seed, logger }), store, warnings }
}

