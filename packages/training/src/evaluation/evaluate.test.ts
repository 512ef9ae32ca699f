import { CLASS, defineModule, lane, toProbabilities, type CandleValues } from '@tapeloom/core'
import { candleSource } from '@tapeloom/data'
import { adamW, crossEntropy, defineModel, dense, flatten } from '@tapeloom/models'
import { describe, expect, test } from 'vitest'
import { combinatorialPurged, purgedKFold, walkForward } from '../split/folds.ts'
import { training } from '../training.ts'
import { evaluate } from './evaluate.ts'

const MINUTE_US = 60e6
const identity = { version: '1.0.0', core: '^1.0.0' }

/** Minutes whose direction repeats the last one's with probability `repeat`: what can be known is known. */
function persistent(count: number, repeat: number, bps = 20): CandleValues[] {
  let [state, price, up] = [4321, 50_000, true]
  const uniform = () => ((state = (state * 48_271) % 2_147_483_647) / 2_147_483_647)
  return Array.from({ length: count }, (_, i) => {
    up = uniform() < repeat ? up : !up
    const open = price
    price = Math.round(price * (1 + ((up ? 1 : -1) * bps * (0.5 + uniform())) / 1e4) * 10) / 10
    return { openTime: i * MINUTE_US, open, high: Math.max(open, price) + 30, low: Math.min(open, price) - 30, close: price, volume: 1 }
  })
}
const network = defineModel({
  name: 'echo', inputs: { candles: [4, 5] }, targets: { direction: 'class' }, batch: 16, optimizer: adamW({ learningRate: 3e-2 }),
  forward: ({ candles }) => ({ direction: dense(flatten(candles), 3) }),
  loss: (output, target) => crossEntropy(output.direction, target.direction),
})
const echo = defineModule({
  name: 'echo', ...identity,
  model: {
    network, inputs: { candles: lane('1m', 4, { normalise: 'zscore' }) }, target: { timeframe: '1m', ahead: 1 },
    decode: ({ direction }) => ({ probabilities: toProbabilities(direction) }),
    labels: { candle: ({ entry, target }) => ({ direction: target.close > entry.close ? CLASS.buy : CLASS.sell }) },
  },
})
const follower = defineModule({
  name: 'follower', ...identity, candles: ['1m'], state: () => ({ last: 0 }),
  on: { 'candle:close'({ open, close }, { state }) { state.last = Math.sign(close - open) } },
  predict: ({ state }) => ({
    horizon: '60s', probabilities: state.last > 0 ? { buy: 0.7, hold: 0, sell: 0.3 } : { buy: 0.3, hold: 0, sell: 0.7 },
  }),
})
const source = (candles: readonly CandleValues[]) => () => candleSource('BTC/USDT', '1m', candles)
const folds = walkForward({ train: '10h', test: '5h' })
const checkOf = ({ checks }: Awaited<ReturnType<typeof evaluate>>, name: string) => checks.find((check) => check.name === name)

describe('a network on a market that persists in 70 % of its minutes', () => {
  const run = evaluate({ modules: [echo, training], source: source(persistent(1500, 0.7)), folds, costs: { takerBps: 0, latency: '50ms', candleFills: 'open' } })
  test('it learns what there is to be known, in each fold anew', async () => {
    const { metrics, folds: tested, baselines } = await run
    expect(tested.map(({ from, to }) => (to - from) / 3600e6)).toEqual([5, 5, 5])
    expect(metrics.hitRate).toBeGreaterThan(0.62)
    expect(metrics.interval?.[0]).toBeGreaterThan(0.57)
    expect(metrics.brier).toBeLessThan(0.6) // three equal chances: 0.667
    expect(metrics.grossBps).toBeGreaterThan(metrics.n)
    expect(Object.keys(baselines)).toEqual(['buyAndHold', 'momentum', 'randomSign', 'equalWeights'])
    expect(baselines['randomSign']?.turnover).toBe(metrics.turnover)
    expect(Math.abs((baselines['randomSign']?.hitRate ?? 0) - 0.5)).toBeLessThan(0.06)
  })
  test('its checks say what the run is worth', async () => {
    const found = await run
    expect(checkOf(found, 'samples')?.ok).toBe(true)
    expect(checkOf(found, 'leak-canary')?.ok).toBe(true)
    expect(checkOf(found, 'null-market')?.ok).toBe(true)
    expect(checkOf(found, 'parameters')?.detail).toContain('echo has 63 parameters')
    expect(checkOf(found, 'stale-fills')?.ok).toBe(false) // an open is older than its order
  })
})

test('costs make of a right forecast a loss, and a later price one of chance', async () => {
  const candles = persistent(1500, 0.7)
  const of = (costs: Parameters<typeof evaluate>[0]['costs']) => evaluate({ modules: [follower], source: source(candles), folds, costs })
  const free = await of({ takerBps: 0, candleFills: 'open' })
  const dear = await of({ takerBps: 30, candleFills: 'open' })
  expect(free.metrics.hitRate).toBeCloseTo(0.7, 1)
  expect(free.metrics.netBps).toBeCloseTo(free.metrics.grossBps!, 9)
  expect(free.metrics.sharpe).toBeGreaterThan(0.2)
  expect(dear.metrics.grossBps).toBe(free.metrics.grossBps)
  expect(dear.metrics.netBps).toBeCloseTo(dear.metrics.grossBps! - 30 * dear.metrics.turnover! * dear.metrics.periods, 6)
  expect(dear.metrics.netBps).toBeLessThan(0)
  const later = await of({ takerBps: 0, latency: '50ms' })
  expect(later.metrics.hitRate).toBe(free.metrics.hitRate)
  expect(later.metrics.grossBps! / later.metrics.periods).toBeLessThan(0.7 * (free.metrics.grossBps! / free.metrics.periods))
  expect(checkOf(later, 'stale-fills')?.detail).toContain('median 59.950 s')
})

test('equal seeds give equal evaluations', async () => {
  const run = (seed: number) => evaluate({ modules: [follower], source: source(persistent(1200, 0.6)), folds, costs: { takerBps: 5 }, seed })
  const first = await run(3)
  expect(await run(3)).toEqual(first)
  expect((await run(4)).baselines['randomSign']).not.toEqual(first.baselines['randomSign'])
})

test('what cannot be evaluated is refused', async () => {
  const run = (spec: Partial<Parameters<typeof evaluate>[0]>) =>
    evaluate({ modules: [follower], source: source(persistent(100, 0.6)), folds, costs: { takerBps: 5 }, ...spec })
  await expect(run({})).rejects.toMatchObject({ code: 'training.folds' })
  await expect(run({ costs: { takerBps: NaN } })).rejects.toMatchObject({ code: 'training.costs' })
  await expect(run({ folds: purgedKFold({ folds: 4 }) })).rejects.toMatchObject({ code: 'module.participant' }) // no references
})

test.each([purgedKFold({ folds: 4 }), combinatorialPurged({ groups: 4, testGroups: 2 })])('folds that train on both sides of a test retrain from references: $kind', async (kind) => {
  const found = await evaluate({ modules: [echo, training], source: source(persistent(500, 0.7)), folds: kind, costs: { takerBps: 5, candleFills: 'open' } })
  expect(found.folds).toHaveLength(kind.kind === 'combinatorial' ? 12 : 4)
  expect(found.metrics.n).toBeGreaterThan(kind.kind === 'combinatorial' ? 1350 : 450)
  expect(found.metrics.interval?.[0]).toBeGreaterThan(0.52)
  expect(checkOf(found, 'leak-canary')?.ok).toBe(true)
  expect(checkOf(found, 'null-market')?.ok).toBe(true)
}, 60_000)
