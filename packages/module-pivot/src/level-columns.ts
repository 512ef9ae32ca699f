import type { FeatureSpec } from '@tapeloom/core'
import type { SwingLevel } from './swing-level.ts'

type Depth = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8
type Name = 'Trend' | 'Strength' | 'HighBps' | 'LowBps' | 'AgeBars' | 'Break'
/** The columns of all levels, by name. */
export type LevelColumns<T> = { readonly [K in `l${Depth}${Name}`]: T }

const source = 'Williams (1995), Trading Chaos; levels nested'
const distance = (side: 'high' | 'low'): Omit<FeatureSpec, 'source'> => ({
  rev: 1,
  unit: 'bps',
  range: [-3e5, 3e5],
  description: `10⁴ · ln(newest ${side} / close): how far above the close the newest confirmed ${side} lies.`,
})
const specs: Readonly<Record<Name, FeatureSpec>> = {
  Trend: {
    rev: 1,
    unit: 'score',
    range: [-1, 1],
    description: '1: the last high and the last low are above the ones before; −1: both below; 0: neither.',
    source,
  },
  Strength: {
    rev: 1,
    unit: 'ratio',
    range: [0, 1],
    description:
      'How many of the last ten comparisons of highs and of lows agree with the trend, in tenths; 0 without a trend.',
  },
  HighBps: distance('high'),
  LowBps: distance('low'),
  AgeBars: {
    rev: 1,
    unit: 'count',
    range: [0, 1e9],
    description: 'Candles since the newest confirmed pivot, high or low.',
  },
  Break: {
    rev: 1,
    unit: 'score',
    range: [-2, 2],
    description:
      'Close beyond the newest swing, once a swing: ±1 with the trend (BOS), ±2 against it (CHoCH); 0: none.',
  },
}

/** The declared features: six a level, for all eight levels that the option `levels` can ask for. */
export const levelFeatures = Object.fromEntries(
  [1, 2, 3, 4, 5, 6, 7, 8].flatMap((depth) => Object.entries(specs).map(([name, spec]) => [`l${depth}${name}`, spec])),
) as unknown as LevelColumns<FeatureSpec>

/** The declared features of a row, to write into. */
export type Row = { -readonly [K in keyof LevelColumns<number>]: number }

/** Writes the columns of each level after a candle. */
export function writeColumns(row: Row, levels: readonly SwingLevel[], close: number, bar: number): void {
  const logClose = Math.log(close)
  for (let i = 0; i < levels.length; i++) {
    const level = levels[i]!
    const { trend, strength, logPrice, newestBar } = level
    const high = bounded(1e4 * (logPrice[0]! - logClose)) // two places
    const low = bounded(1e4 * (logPrice[1]! - logClose))
    writers[i]!(row, trend, strength, high, low, bar - newestBar, level.break) // at most eight levels
  }
}

/** In the declared range; NaN stays. */
const bounded = (bps: number) => Math.max(-3e5, Math.min(3e5, bps))

type Write = (row: Row, trend: number, strength: number, high: number, low: number, age: number, broke: number) => void

// Unrolled, one writer a level: constant names are written five times as fast as computed ones.
const writers: readonly Write[] = [
  (row, trend, strength, high, low, age, broke) => {
    row.l1Trend = trend
    row.l1Strength = strength
    row.l1HighBps = high
    row.l1LowBps = low
    row.l1AgeBars = age
    row.l1Break = broke
  },
  (row, trend, strength, high, low, age, broke) => {
    row.l2Trend = trend
    row.l2Strength = strength
    row.l2HighBps = high
    row.l2LowBps = low
    row.l2AgeBars = age
    row.l2Break = broke
  },
  (row, trend, strength, high, low, age, broke) => {
    row.l3Trend = trend
    row.l3Strength = strength
    row.l3HighBps = high
    row.l3LowBps = low
    row.l3AgeBars = age
    row.l3Break = broke
  },
  (row, trend, strength, high, low, age, broke) => {
    row.l4Trend = trend
    row.l4Strength = strength
    row.l4HighBps = high
    row.l4LowBps = low
    row.l4AgeBars = age
    row.l4Break = broke
  },
  (row, trend, strength, high, low, age, broke) => {
    row.l5Trend = trend
    row.l5Strength = strength
    row.l5HighBps = high
    row.l5LowBps = low
    row.l5AgeBars = age
    row.l5Break = broke
  },
  (row, trend, strength, high, low, age, broke) => {
    row.l6Trend = trend
    row.l6Strength = strength
    row.l6HighBps = high
    row.l6LowBps = low
    row.l6AgeBars = age
    row.l6Break = broke
  },
  (row, trend, strength, high, low, age, broke) => {
    row.l7Trend = trend
    row.l7Strength = strength
    row.l7HighBps = high
    row.l7LowBps = low
    row.l7AgeBars = age
    row.l7Break = broke
  },
  (row, trend, strength, high, low, age, broke) => {
    row.l8Trend = trend
    row.l8Strength = strength
    row.l8HighBps = high
    row.l8LowBps = low
    row.l8AgeBars = age
    row.l8Break = broke
  },
]
