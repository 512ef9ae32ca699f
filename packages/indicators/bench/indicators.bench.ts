// Prints, as JSON, what one update of each indicator costs beside the fastest streaming rival of npm: the rival's CPU time
// over ours, and ours in ns; then ten indicators and a five-level pivot cascade together, a candle; and how exact a moving
// variance stays. A pair has a process of its own, its contestants take turns, the last values must agree.
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { addCandle, createStructure } from '../../module-pivot/src/pivot-structure.ts'
import {
  Adl, Adx, Atr, BollingerBands, Ema, Macd, MovingExtremes, MovingMoments, Obv, ParabolicSar, Roc, Rsi, Slope, Sma, Smma, StandardDeviation,
  Stochastic, TrueRange, Vwap, WilliamsR, Wma,
} from '../src/index.ts'

const [ROUNDS, WARM_UP, EACH] = [25, 5, 20_000]
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN
const cpuNs = (): number => {
  const { user, system } = process.cpuUsage()
  return 1000 * (user + system)
}

interface Bar { openTime: number; closeTime: number; open: number; high: number; low: number; close: number; volume: number }
let [seed, price] = [1, 60_000]
const bars = Array.from({ length: EACH }, (_, i): Bar => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
  const open = price
  price += ((seed >>> 8) % 2001) / 100 - 10
  const [high, low] = [Math.max(open, price) + (seed % 7), Math.min(open, price) - (seed % 5)]
  return { openTime: 60e6 * i, closeTime: 60e6 * (i + 1), open, high, low, close: price, volume: 1 + (seed >>> 20) / 64 }
})
const [highs, lows, closes, volumes] = (['high', 'low', 'close', 'volume'] as const).map((name) => Float64Array.from(bars, (bar) => bar[name])) as [
  Float64Array, Float64Array, Float64Array, Float64Array,
]

/** Goes through all candles once more; the newest value. */
type Pass = () => number
const rivals = createRequire(new URL('../../../bench/rivals/package.json', import.meta.url))
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what rivals give is only timed, and compared as a number
type Rival = any
const signals = (make: (of: Rival) => Rival, isCandle: boolean, value: (last: Rival) => number = (last) => last) => (): Pass => {
  const one: Rival = make(rivals('trading-signals'))
  return () => {
    let last: Rival
    if (isCandle) for (let i = 0; i < EACH; i++) last = one.update(bars[i]!, false)
    else for (let i = 0; i < EACH; i++) last = one.update(closes[i]!, false)
    return value(last)
  }
}
const technical = (name: string, config: object, isCandle: boolean, value: (last: Rival) => number = (last) => last) => (): Pass => {
  const empty = { values: [], open: [], high: [], low: [], close: [], volume: [] }
  const one: Rival = new (rivals('technicalindicators') as Rival)[name]({ ...empty, ...config })
  return () => {
    let last: Rival
    if (isCandle) for (let i = 0; i < EACH; i++) last = one.nextValue(bars[i]!)
    else for (let i = 0; i < EACH; i++) last = one.nextValue(closes[i]!)
    return value(last)
  }
}
const ofClose = (make: () => { add(value: number): number }) => (): Pass => {
  const one = make()
  return () => {
    let last = 0
    for (let i = 0; i < EACH; i++) last = one.add(closes[i]!)
    return last
  }
}
const ofCandle = (make: () => { add(high: number, low: number, close: number): number }) => (): Pass => {
  const one = make()
  return () => {
    let last = 0
    for (let i = 0; i < EACH; i++) last = one.add(highs[i]!, lows[i]!, closes[i]!)
    return last
  }
}
const ofVolume = (make: () => { add(price: number, volume: number): number }) => (): Pass => {
  const one = make()
  return () => {
    let last = 0
    for (let i = 0; i < EACH; i++) last = one.add(closes[i]!, volumes[i]!)
    return last
  }
}

interface Pair {
  readonly own: () => Pass
  readonly rivals: Readonly<Record<string, () => Pass>>
  /** Largest relative difference of the last values; absent: they have other definitions. */
  readonly apart?: number
}
const ts = 'trading-signals'
const ti = 'technicalindicators'
const EXACT = 1e-6
const pairs: Readonly<Record<string, Pair>> = {
  'Sma 20': { own: ofClose(() => new Sma(20)), apart: EXACT, rivals: { [ts]: signals((of) => new of.SMA(20), false), [ti]: technical('SMA', { period: 20 }, false) } },
  'Ema 20': { own: ofClose(() => new Ema(20)), apart: EXACT, rivals: { [ts]: signals((of) => new of.EMA(20), false), [ti]: technical('EMA', { period: 20 }, false) } },
  'Wma 14': { own: ofClose(() => new Wma(14)), apart: EXACT, rivals: { [ts]: signals((of) => new of.WMA(14), false), [ti]: technical('WMA', { period: 14 }, false) } },
  'Smma 14': { own: ofClose(() => new Smma(14)), apart: EXACT, rivals: { [ts]: signals((of) => new of.WSMA(14), false), [ti]: technical('WEMA', { period: 14 }, false) } },
  'Rsi 14': { own: ofClose(() => new Rsi(14)), apart: 0.01, rivals: { [ts]: signals((of) => new of.RSI(14), false), [ti]: technical('RSI', { period: 14 }, false) } },
  'Roc 12': { own: ofClose(() => new Roc(12)), rivals: { [ts]: signals((of) => new of.ROC(12), false), [ti]: technical('ROC', { period: 12 }, false) } },
  'Macd 12 26 9': {
    own: ofClose(() => new Macd()), apart: EXACT,
    rivals: {
      [ts]: signals((of) => new of.MACD(new of.EMA(12), new of.EMA(26), new of.EMA(9)), false, ({ macd }) => macd),
      [ti]: technical('MACD', { fastPeriod: 12, slowPeriod: 26, signalPeriod: 9, SimpleMAOscillator: false, SimpleMASignal: false }, false, ({ MACD }) => MACD),
    },
  },
  'BollingerBands 20': {
    own: ofClose(() => new BollingerBands(20)), apart: EXACT,
    rivals: { [ts]: signals((of) => new of.BollingerBands(20, 2), false, ({ middle }) => middle), [ti]: technical('BollingerBands', { period: 20, stdDev: 2 }, false, ({ middle }) => middle) },
  },
  'StandardDeviation 200': { own: ofClose(() => new StandardDeviation(200)), apart: EXACT, rivals: { [ti]: technical('SD', { period: 200 }, false) } },
  'MovingExtremes 200': { own: ofClose(() => new MovingExtremes(200)), apart: EXACT, rivals: { [ti]: technical('Highest', { period: 200 }, false) } },
  'Slope 20': { own: ofClose(() => new Slope(20)), apart: EXACT, rivals: { [ts]: signals((of) => new of.LinearRegression(20), false, ({ slope }) => slope) } },
  'TrueRange': { own: ofCandle(() => new TrueRange()), apart: EXACT, rivals: { [ts]: signals((of) => new of.TR(), true), [ti]: technical('TrueRange', {}, true) } },
  'Atr 14': { own: ofCandle(() => new Atr(14)), apart: EXACT, rivals: { [ts]: signals((of) => new of.ATR(14), true), [ti]: technical('ATR', { period: 14 }, true) } },
  'Adx 14': { own: ofCandle(() => new Adx(14)), rivals: { [ts]: signals((of) => new of.ADX(14), true), [ti]: technical('ADX', { period: 14 }, true, ({ adx }) => adx) } },
  'Stochastic 14 3 3': {
    own: ofCandle(() => new Stochastic()),
    rivals: {
      [ts]: signals((of) => new of.StochasticOscillator({ kPeriod: 14, kSlowingPeriod: 3, dPeriod: 3 }), true, ({ stochK }) => stochK),
      [ti]: technical('Stochastic', { period: 14, signalPeriod: 3 }, true, ({ d }) => d),
    },
  },
  'WilliamsR 14': { own: ofCandle(() => new WilliamsR(14)), apart: EXACT, rivals: { [ts]: signals((of) => new of.WilliamsR(14), true), [ti]: technical('WilliamsR', { period: 14 }, true) } },
  'ParabolicSar': {
    own: ofCandle(() => new ParabolicSar()),
    rivals: { [ts]: signals((of) => new of.PSAR({ accelerationMax: 0.2, accelerationStep: 0.02 }), true), [ti]: technical('PSAR', { step: 0.02, max: 0.2 }, true) },
  },
  'Obv': { own: ofVolume(() => new Obv()), rivals: { [ti]: technical('OBV', {}, true) } },
  'Vwap': { own: ofVolume(() => new Vwap()), rivals: { [ts]: signals((of) => new of.VWAP(), true), [ti]: technical('VWAP', {}, true) } },
  'Adl': {
    own: () => {
      const one = new Adl()
      return () => {
        let last = 0
        for (let i = 0; i < EACH; i++) last = one.add(highs[i]!, lows[i]!, closes[i]!, volumes[i]!)
        return last
      }
    },
    rivals: { [ts]: signals((of) => new of.AD(), true), [ti]: technical('ADL', {}, true) },
  },
}

interface Figure { readonly what: string; readonly measured: number; readonly unit: '×' | 'ns'; readonly target?: number; readonly note?: string }
/** Median ns an update of each contestant, and of the first one's share of each of the others, turn by turn. */
function inTurns(passes: readonly Pass[]): readonly (readonly number[])[] {
  const times = passes.map(() => [] as number[])
  for (let turn = -WARM_UP; turn < ROUNDS; turn++) {
    for (const [i, pass] of passes.entries()) {
      const from = cpuNs()
      checksum += pass()
      if (turn >= 0) times[i]!.push((cpuNs() - from) / EACH)
    }
  }
  return times
}
let checksum = 0

function measurePair(name: string): readonly Figure[] {
  const { own, rivals: others, apart } = pairs[name]!
  const passes = [own(), ...Object.values(others).map((make) => make())]
  const [ours, ...theirs] = inTurns(passes) as [readonly number[], ...(readonly number[])[]]
  const [value, ...found] = passes.map((pass) => pass()) as [number, ...number[]]
  if (apart !== undefined && found.some((one) => !(Math.abs(one - value) <= apart * Math.max(1, Math.abs(value)))))
    throw new Error(`${name} is ${value}; rivals have ${found.join(' and ')}`)
  const fastest = theirs.map(median).reduce((best, ns, i, all) => (ns < all[best]! ? i : best), 0)
  const ratio = median(ours.map((ns, i) => ns / theirs[fastest]![i]!))
  return [
    { what: `${name} / ${Object.keys(others)[fastest]}`, measured: ratio, unit: '×', target: 0.2 },
    { what: `${name}, an update`, measured: median(ours), unit: 'ns' },
  ]
}

/** Ten indicators and the cascade, each fed with every candle: what a module that keeps them all pays. */
function measureTogether(): readonly Figure[] {
  const [sma, ema, wma, rsi, atr, adx] = [new Sma(20), new Ema(20), new Wma(14), new Rsi(14), new Atr(14), new Adx(14)]
  const [macd, bands, stochastic, deviation] = [new Macd(), new BollingerBands(20), new Stochastic(), new StandardDeviation(200)]
  const ten: Pass = () => {
    let last = 0
    for (let i = 0; i < EACH; i++) {
      const [high, low, close] = [highs[i]!, lows[i]!, closes[i]!]
      last = sma.add(close) + ema.add(close) + wma.add(close) + rsi.add(close) + macd.add(close) + bands.add(close) + deviation.add(close)
      last += atr.add(high, low, close) + adx.add(high, low, close) + stochastic.add(high, low, close)
    }
    return last
  }
  const structure = createStructure(5)
  const rules = { span: 2, levels: 5, tie: 'first', alternate: false, minAmplitude: 0, breakOnGap: false } as const
  let begun = 0
  const cascade: Pass = () => {
    let told = 0
    for (const bar of bars) {
      bar.openTime = 60e6 * begun++
      bar.closeTime = 60e6 * begun
      addCandle(structure, bar, rules, () => void told++)
    }
    return told
  }
  const [tenNs, cascadeNs, bothNs] = inTurns([ten, cascade, () => ten() + cascade()]).map(median) as [number, number, number]
  return [
    { what: 'ten indicators, a candle', measured: tenNs, unit: 'ns' },
    { what: 'five-level pivot cascade, a candle', measured: cascadeNs, unit: 'ns' },
    { what: 'ten indicators and the cascade, a candle', measured: bothNs, unit: 'ns', target: 200 },
  ]
}

/** Worst relative error of a variance over 200 of 4 million prices near 60,000 against two passes, with one price of 1e7. */
function measureError(): readonly Figure[] {
  const [length, rows] = [200, 4_000_000]
  const [moments, window] = [new MovingMoments(length), new Float64Array(length)]
  let [state, walk, worst] = [1, 60_000, 0]
  for (let i = 0; i < rows; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    walk += ((state >>> 16) % 3 - 1) / 100
    moments.add((window[i % length] = i === rows / 2 ? 1e7 : walk))
    if (i < length || (i % 997 !== 0 && Math.abs(i - rows / 2 - length) > 2 * length)) continue
    let [sum, squares] = [0, 0]
    for (const value of window) sum += value
    for (const value of window) squares += (value - sum / length) * (value - sum / length)
    worst = Math.max(worst, Math.abs((moments.variance * length) / squares - 1))
  }
  return [{ what: 'worst relative error of a moving variance, one price of 1e7 included', measured: worst, unit: '×', target: 1e-8 }]
}

const [only] = process.argv.slice(2)
const alone: Readonly<Record<string, () => readonly Figure[]>> = { together: measureTogether, exact: measureError }
const run = (name: string): readonly Figure[] => (alone[name] ?? (() => measurePair(name)))()
const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version, load: loadavg()[0] }
if (only !== undefined) console.log(JSON.stringify({ figures: run(only), checksum, machine }))
else {
  const figures = [...Object.keys(pairs), ...Object.keys(alone)].flatMap((name) => {
    const { stdout, stderr } = spawnSync(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), name], { encoding: 'utf8' })
    if (stdout === '') throw new Error(`${name}: ${stderr}`)
    return (JSON.parse(stdout) as { readonly figures: readonly Figure[] }).figures
  })
  console.log(JSON.stringify({ machine, figures }, null, 2))
}
