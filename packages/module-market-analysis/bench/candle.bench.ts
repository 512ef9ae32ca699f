import { cpus, loadavg } from 'node:os'
import { definitionOf, instrument } from '@tapeloom/core'
import { createMemory } from '../src/estimators.ts'
import { fitStates } from '../src/hidden-markov.ts'
import { marketAnalysis } from '../src/index.ts'
import { normals } from '../src/testing/normals.ts'

// Prints, as JSON, the CPU time of one candle with all columns, fits included, and of one fit: medians of 15 rounds of
// 5,000 minutes that alternate between calm and storm. One round before them warms up.
const [ROUNDS, EACH] = [15, 5000]
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN
const cpuNs = (run: () => void): number => {
  const before = process.cpuUsage()
  run()
  const { user, system } = process.cpuUsage(before)
  return 1000 * (user + system)
}

const normal = normals(1)
let close = 60_000
const candles = Array.from({ length: (ROUNDS + 1) * EACH }, (_, i) => {
  const open = close
  close = Math.round(100 * open * Math.exp((i % 300 < 240 ? 3e-4 : 1e-3) * normal())) / 100
  const [high, low] = [Math.max(open, close) + 5, Math.min(open, close) - 5]
  return { timeframe: '1m', openTime: i * 60e6, open, high, low, close, volume: 1, trades: NaN }
})

const definition = definitionOf(marketAnalysis)
const options = { timeframe: '1m', window: 20, varianceRatioWindow: 240, expectedRun: 250, garch: [] }
const btc = instrument('BTC/USDT', { venue: 'bench', tickSize: '0.01', lotSize: '0.0001' })
const state = definition.state?.(options as never, btc) as { window: { pHigh: number }; lengths: never; memory: Float64Array }
const features = Object.fromEntries(Object.keys(definition.features ?? {}).map((name) => [name, NaN]))
const context = { state, options, features, instrument: btc, emit: () => {} } as never
const handle = definition.on?.['candle:close'] as (candle: unknown, context: never) => void

let checksum = 0
const perCandle = Array.from({ length: ROUNDS + 1 }, (_, round) => cpuNs(() => {
  for (let i = round * EACH; i < (round + 1) * EACH; i++) handle(candles[i], context)
  checksum += state.window.pHigh
}) / EACH)
const returns = candles.slice(0, 1001).flatMap((one, i) => (i === 0 ? [] : [Math.log(one.close / candles[i - 1]!.close)]))
const perFit = Array.from({ length: ROUNDS + 1 }, () => cpuNs(() => { checksum += fitStates(returns, 50, -Infinity)?.stayLow ?? 0 }))

console.log(JSON.stringify({
  machine: cpus()[0]?.model, node: process.version, load: loadavg()[0], checksum,
  stateBytes: createMemory(state.lengths).byteLength + 9 * 1000,
  figures: [
    { what: 'a candle of market-analysis, all columns', measured: median(perCandle.slice(1)), unit: 'ns', target: 5000 },
    { what: 'a fit of two states to 1,000 returns, 50 steps', measured: median(perFit.slice(1)), unit: 'ns', target: 5e6 },
  ],
}, null, 2))
