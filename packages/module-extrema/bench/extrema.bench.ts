import { definitionOf, resolveOptions } from '@tapeloom/core'
import { extrema, prominentPeaks, tradeLabels, zigzag } from '../src/index.ts'

// Prints, as JSON, CPU time a candle of the module and of the label functions over a seeded walk; medians of ROUNDS.
const [EACH, ROUNDS] = [100_000, 15]
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN

let [seed, price] = [1, 60_000]
const candles = Array.from({ length: EACH }, (_, i) => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
  price *= 1 + (((seed >>> 8) % 2001) - 1000) * 1e-6
  return { openTime: 60e6 * i, closeTime: 60e6 * (i + 1), open: price, high: price + (seed % 7), low: price - (seed % 5), close: price, volume: 1, timeframe: '1m' }
})
const columns = { high: candles.map(({ high }) => high), low: candles.map(({ low }) => low), close: candles.map(({ close }) => close) }

let checksum = 0
const definition = definitionOf(extrema)
const call = definition.on?.['candle:close'] as unknown as (candle: object, ctx: object) => void
function streamed(unit: 'bps' | 'atr', theta: number): void {
  const options = resolveOptions('extrema', definition.options ?? {}, { unit, theta }).values as never
  const features = { direction: NaN, overshoot: NaN, lastExtremeBps: NaN, barsSinceExtreme: NaN }
  const ctx = { state: definition.state?.(options, {} as never), options, features, emit: () => void checksum++ }
  for (const candle of candles) call(candle, ctx)
  checksum += features.overshoot
}
const contestants: Readonly<Record<string, () => void>> = {
  'module-extrema, theta in bps, a candle': () => streamed('bps', 100),
  'module-extrema, theta in ATR, a candle': () => streamed('atr', 10),
  'zigzag, a candle': () => void (checksum += zigzag(columns.close, columns.close, 100).length),
  'prominentPeaks, a candle': () => void (checksum += prominentPeaks(columns.close, { prominence: 100, distance: 20 }).length),
  'tradeLabels, a candle': () => void (checksum += tradeLabels(columns, { feeBps: 5, spreadBps: 1 }).length),
}
const times = Object.keys(contestants).map(() => [] as number[])
for (let round = -3; round < ROUNDS; round++) {
  Object.values(contestants).forEach((run, i) => {
    const before = process.cpuUsage()
    run()
    const { user, system } = process.cpuUsage(before)
    if (round >= 0) times[i]?.push((1000 * (user + system)) / EACH)
  })
}
const figures = Object.keys(contestants).map((what, i) => ({ what, measured: median(times[i] ?? []), unit: 'ns' }))
console.log(JSON.stringify({ figures, checksum }))
