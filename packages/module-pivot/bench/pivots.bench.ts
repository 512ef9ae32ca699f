import { createRequire } from 'node:module'
import { definitionOf, resolveOptions } from '@tapeloom/core'
import { pivot } from '../src/index.ts'
import { addCandle, createStructure, type PivotRules, type PivotStructure } from '../src/pivot-structure.ts'

// Prints, as JSON, CPU time a candle: of the five-level cascade at the start of a series and after a million candles, of
// level 1 beside trading-signals' SwingHigh and SwingLow, and of the whole module with its check every 1,000 candles.
// Contestants take turns; medians of ROUNDS slices of EACH candles.
const [EACH, ROUNDS, AGED] = [20_000, 41, 1_000_000]
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN

const candles = Array.from({ length: EACH }, () => ({ openTime: 0, closeTime: 0, open: 0, high: 0, low: 0, close: 0, volume: 1 }))
let [seed, price] = [1, 60_000]
for (const one of candles) {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
  one.open = price
  one.close = price = Math.max(1000, price + ((seed >>> 8) % 2001) / 100 - 10)
  one.high = Math.max(one.open, one.close) + ((seed >>> 3) % 512) / 100
  one.low = Math.min(one.open, one.close) - ((seed >>> 5) % 512) / 100
}

const rules: PivotRules = { span: 2, levels: 5, tie: 'first', alternate: false, minAmplitude: 0, breakOnGap: false }
let checksum = 0
let minute = 0
/** All slices go on in time, each from where the last ended. */
function shift(): void {
  for (const one of candles) {
    one.openTime = 60e6 * minute++
    one.closeTime = one.openTime + 60e6
  }
}
const nested = (structure: PivotStructure, given: PivotRules) => () => {
  let told = 0
  for (const one of candles) addCandle(structure, one, given, () => void told++)
  checksum += told
}
/** Structures of 1,000 candles each, so that a slice sees nothing older. */
const young = () => {
  let structure = createStructure(5)
  let told = 0
  candles.forEach((one, i) => {
    if (i % 1000 === 0) structure = createStructure(5)
    addCandle(structure, one, rules, () => void told++)
  })
  checksum += told
}
/** What `young` pays for its structures. */
const structures = () => {
  for (let i = 0; i < EACH; i += 1000) checksum += createStructure(5).levels.length
}

type Handler = (candle: object, ctx: object) => void
const definition = definitionOf(pivot)
const options = resolveOptions('pivot', definition.options ?? {}, {}).values as never
const whole = () => {
  const state = definition.state?.(options, {} as never)
  const names = Object.entries(definition.features ?? {}).filter(([, { size }]) => size === undefined).map(([name], i) => [name, i] as const)
  const members = names.map(([name, i]) => `set ${name}(v) { this._[${i}] = v }`).join(' ')
  const Row = new Function(`return class { constructor(row) { this._ = row } ${members} }`)() as new (row: Float64Array) => object
  const lists = Object.entries(definition.features ?? {}).flatMap(([name, { size }]) => (size === undefined ? [] : [[name, new Float64Array(size)]]))
  const features = Object.assign(new Row(new Float64Array(names.length)), Object.fromEntries(lists) as object)
  const call = definition.on?.['candle:close'] as unknown as Handler
  const ctx = { state, options, features, emit: () => void checksum++ }
  const events = candles.map((one) => ({ ...one, symbol: 'BTC/USDT', timeframe: '1m' }))
  return () => {
    events.forEach((event, i) => {
      event.openTime = candles[i]!.openTime
      event.closeTime = candles[i]!.closeTime
    })
    const from = cpuNs()
    for (const event of events) call(event, ctx)
    return cpuNs() - from
  }
}

interface Swing { update(candle: object, replace: boolean): number | null }
function rival(): (() => void) | undefined {
  try {
    const load = createRequire(new URL('../../../bench/rivals/package.json', import.meta.url))
    const { SwingHigh, SwingLow } = load('trading-signals') as Record<'SwingHigh' | 'SwingLow', new (config: object) => Swing>
    const [high, low] = [new SwingHigh({ lookback: 2 }), new SwingLow({ lookback: 2 })]
    return () => {
      for (const one of candles) {
        if (high.update(one, false) !== null) checksum++
        if (low.update(one, false) !== null) checksum++
      }
    }
  } catch {
    return undefined
  }
}

function cpuNs(): number {
  const { user, system } = process.cpuUsage()
  return 1000 * (user + system)
}
function time(run: () => number | void): number {
  shift()
  const from = cpuNs()
  const own = run()
  return (own ?? cpuNs() - from) / EACH
}

const old = createStructure(5)
const aged = nested(old, rules)
for (let bars = 0; bars < AGED; bars += EACH) time(aged)
const levelOne = nested(createStructure(1), { ...rules, levels: 1 })
const [swing, module] = [rival(), whole()]
const contestants = { young, structures, aged, levelOne, module, ...(swing && { swing }) }
const times: Record<string, number[]> = Object.fromEntries(Object.keys(contestants).map((name) => [name, []]))
for (let round = -8; round < ROUNDS; round++) {
  for (const [name, run] of Object.entries(contestants)) {
    const ns = time(run)
    if (round >= 0) times[name]?.push(ns)
  }
}
const of = (name: string) => median(times[name] ?? [])
const ratio = (name: string, floor: (round: number) => number) => median((times[name] ?? []).map((ns, i) => ns / floor(i)))
const at = (name: string, i: number) => times[name]?.[i] ?? NaN
const figures = [
  { what: 'five-level cascade, a candle, after 1,000,000', measured: of('aged'), unit: 'ns' },
  { what: 'five-level cascade, after 1,000,000 candles / within the first 1,000', measured: ratio('aged', (i) => at('young', i) - at('structures', i)), unit: '×', target: 1.1 },
  { what: 'the module, a candle, checks and columns included', measured: of('module'), unit: 'ns', target: 400 },
  ...(swing ? [{ what: "level 1 / trading-signals' SwingHigh and SwingLow", measured: ratio('levelOne', (i) => at('swing', i)), unit: '×', note: 'ours keeps ATR, trend, strength, breaks and times, too' }] : []),
]
console.log(JSON.stringify({ figures, checksum }))
