import { spawnSync } from 'node:child_process'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import {
  Adx, Atr, BollingerBands, Correlation, Ema, Macd, MovingExtremes, MovingQuantile, Rsi, Sma, StandardDeviation, Stochastic, VarianceRatio, Wma,
} from '../src/index.ts'

// Prints, as JSON, the CPU time of one update of each operator, each in a process of its own, and its ratio to the floor,
// a number stored in a ring, in the same process; medians of 9 rounds of 200,000 candles. `over state` builds Rsi over
// its state each time.
const [ROUNDS, EACH] = [9, 200_000]
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN

const [high, low, close] = [new Float64Array(EACH), new Float64Array(EACH), new Float64Array(EACH)]
let [seed, price] = [1, 60_000]
for (let i = 0; i < EACH; i++) {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
  close[i] = price += ((seed >>> 8) % 2001) / 100 - 10
  high[i] = price + (seed % 7)
  low[i] = price - (seed % 5)
}

const closes = (kernel: { add(value: number): number }) => () => {
  let last = 0
  for (let i = 0; i < EACH; i++) last = kernel.add(close[i]!)
  return last
}
const candles = (kernel: { add(high: number, low: number, close: number): number }) => () => {
  let last = 0
  for (let i = 0; i < EACH; i++) last = kernel.add(high[i]!, low[i]!, close[i]!)
  return last
}
const floor = () => {
  const ring = new Float64Array(256)
  return () => {
    for (let i = 0; i < EACH; i++) ring[i & 255] = close[i]!
    return ring[5]!
  }
}
const overState = () => {
  const { state } = new Rsi(14)
  return () => {
    let last = 0
    for (let i = 0; i < EACH; i++) last = new Rsi(14, state).add(close[i]!)
    return last
  }
}
const pairs = () => {
  const kernel = new Correlation(60)
  return () => {
    let last = 0
    for (let i = 0; i < EACH; i++) last = kernel.add(close[i]!, high[i]!)
    return last
  }
}

const ten: Record<string, () => () => number> = {
  'Sma 20': () => closes(new Sma(20)),
  'Ema 20': () => closes(new Ema(20)),
  'Wma 14': () => closes(new Wma(14)),
  'Rsi 14': () => closes(new Rsi(14)),
  'Atr 14': () => candles(new Atr(14)),
  'Adx 14': () => candles(new Adx(14)),
  'Macd 12 26 9': () => closes(new Macd()),
  'BollingerBands 20': () => closes(new BollingerBands(20)),
  'Stochastic 14 3 3': () => candles(new Stochastic()),
  'StandardDeviation 200': () => closes(new StandardDeviation(200)),
}
const more: Record<string, () => () => number> = {
  'MovingExtremes 200': () => closes(new MovingExtremes(200)),
  'Correlation 60': pairs,
  'VarianceRatio 240 4': () => closes(new VarianceRatio(240, 4)),
  'MovingQuantile 200': () => closes(new MovingQuantile(200)),
  'Rsi 14 over state': overState,
}

let checksum = 0
function nanoseconds(make: () => () => number): number {
  const run = make()
  checksum += run() // warms up
  return median(Array.from({ length: ROUNDS }, () => {
    const before = process.cpuUsage()
    checksum += run()
    const { user, system } = process.cpuUsage(before)
    return ((user + system) * 1e3) / EACH
  }))
}

const kinds = { ...ten, ...more }
const only = process.argv[2]
if (only !== undefined) {
  const floorNs = nanoseconds(floor)
  const ns = nanoseconds(kinds[only]!)
  console.log(JSON.stringify({ name: only, ns, floorNs, ratio: ns / floorNs, checksum }))
} else {
  const file = fileURLToPath(import.meta.url)
  const operators = Object.keys(kinds).map((name) => {
    const { stdout } = spawnSync(process.execPath, [...process.execArgv, file, name], { encoding: 'utf8' })
    return JSON.parse(stdout) as { readonly name: string; readonly ns: number; readonly ratio: number }
  })
  const tenOfThem = operators.filter(({ name }) => name in ten)
  const sum = (of: 'ns' | 'ratio') => tenOfThem.reduce((total, one) => total + one[of], 0)
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version }
  console.log(JSON.stringify({ machine, operators, tenNs: sum('ns'), tenToFloors: sum('ratio') / 10 }, null, 2))
}
