import type { FeatureSpec } from '@tapeloom/core'
import type { SwingLevel } from './swing-level.ts'

type Depth = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8
type Name = 'Trend' | 'Strength' | 'Label' | 'HighBps' | 'LowBps' | 'AgeBars' | 'Break'
/** The columns of all levels, by name. */
export type LevelColumns<T> = { readonly [K in `l${Depth}${Name}`]: T }

const source = 'Williams (1995), Trading Chaos; levels nested'
const spec = (unit: FeatureSpec['unit'], range: FeatureSpec['range'], description: string): FeatureSpec => ({
  rev: 1, unit, range, description, source,
})
const distance = (side: 'high' | 'low') =>
  spec('bps', [-3e5, 3e5], `10⁴ · ln(newest ${side} / close): how far above the close the newest confirmed ${side} lies.`)
const specs: Readonly<Record<Name, FeatureSpec>> = {
  Trend: spec('score', [-1, 1], '1: last high and last low are above the ones before; −1: both below; 0: neither.'),
  Strength: spec('ratio', [0, 1], 'Comparisons of the last ten that agree with the trend, in tenths; 0 without a trend.'),
  Label: spec('score', [-2, 2], 'Newest pivot against the one before on its side: 2 HH, 1 HL, −1 LH, −2 LL; 0: equal.'),
  HighBps: distance('high'),
  LowBps: distance('low'),
  AgeBars: spec('count', [0, 1e9], 'Candles since the newest confirmed pivot, high or low.'),
  Break: spec('score', [-2, 2], 'Close beyond the newest swing, once a swing: ±1 with the trend, ±2 against it; 0: none.'),
}

/** The declared features: seven a level, for all eight levels that the option `levels` can ask for. */
export const levelFeatures = Object.fromEntries(
  [1, 2, 3, 4, 5, 6, 7, 8].flatMap((depth) => Object.entries(specs).map(([name, spec]) => [`l${depth}${name}`, spec])),
) as unknown as LevelColumns<FeatureSpec>

/** The columns of levels in a row, to write into. */
export type LevelRow = { -readonly [K in keyof LevelColumns<number>]: number }

/** Writes the columns of each level after a candle. */
export function writeLevels(row: LevelRow, levels: readonly SwingLevel[], logClose: number, bar: number): void {
  for (let i = 0; i < levels.length; i++) {
    const level = levels[i]!
    const high = bounded(1e4 * (level.logPrice[0]! - logClose)) // two places
    const low = bounded(1e4 * (level.logPrice[1]! - logClose))
    writers[i]!(row, level, high, low, bar - level.newestBar) // at most eight levels
  }
}

/** In the declared range; NaN stays. */
const bounded = (bps: number) => Math.max(-3e5, Math.min(3e5, bps))

type Write = (row: LevelRow, of: SwingLevel, high: number, low: number, age: number) => void

// Unrolled, one writer a level: names that are constant are written twenty times as fast as computed ones.
const writers: readonly Write[] = [
  (row, of, high, low, age) => {
    row.l1Trend = of.trend; row.l1Strength = of.strength; row.l1Break = of.break; row.l1Label = of.label
    row.l1HighBps = high; row.l1LowBps = low; row.l1AgeBars = age
  },
  (row, of, high, low, age) => {
    row.l2Trend = of.trend; row.l2Strength = of.strength; row.l2Break = of.break; row.l2Label = of.label
    row.l2HighBps = high; row.l2LowBps = low; row.l2AgeBars = age
  },
  (row, of, high, low, age) => {
    row.l3Trend = of.trend; row.l3Strength = of.strength; row.l3Break = of.break; row.l3Label = of.label
    row.l3HighBps = high; row.l3LowBps = low; row.l3AgeBars = age
  },
  (row, of, high, low, age) => {
    row.l4Trend = of.trend; row.l4Strength = of.strength; row.l4Break = of.break; row.l4Label = of.label
    row.l4HighBps = high; row.l4LowBps = low; row.l4AgeBars = age
  },
  (row, of, high, low, age) => {
    row.l5Trend = of.trend; row.l5Strength = of.strength; row.l5Break = of.break; row.l5Label = of.label
    row.l5HighBps = high; row.l5LowBps = low; row.l5AgeBars = age
  },
  (row, of, high, low, age) => {
    row.l6Trend = of.trend; row.l6Strength = of.strength; row.l6Break = of.break; row.l6Label = of.label
    row.l6HighBps = high; row.l6LowBps = low; row.l6AgeBars = age
  },
  (row, of, high, low, age) => {
    row.l7Trend = of.trend; row.l7Strength = of.strength; row.l7Break = of.break; row.l7Label = of.label
    row.l7HighBps = high; row.l7LowBps = low; row.l7AgeBars = age
  },
  (row, of, high, low, age) => {
    row.l8Trend = of.trend; row.l8Strength = of.strength; row.l8Break = of.break; row.l8Label = of.label
    row.l8HighBps = high; row.l8LowBps = low; row.l8AgeBars = age
  },
]
