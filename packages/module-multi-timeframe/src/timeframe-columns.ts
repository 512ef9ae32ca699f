import type { FeatureSpec } from '@tapeloom/core'

/** The candle series the module can hear, finest first. */
export const TIMEFRAMES = ['1m', '5m', '15m', '1h', '4h', '1d'] as const
/** One of them. */
export type HeardTimeframe = (typeof TIMEFRAMES)[number]

/** What is told of each timeframe. */
const columns = {
  trend: {
    rev: 1, unit: 'score', range: [-1, 1], source: 'Kaufman (1995), Smarter Trading',
    description: 'tanh(least squares slope of 20 closes / ATR14) · efficiency ratio of 20; > 0: upwards.',
  },
  er: {
    rev: 1, unit: 'ratio', range: [0, 1], source: 'Kaufman (1995), Smarter Trading',
    description: 'Efficiency ratio of 20: |change| / way; missing where nothing moves.',
  },
  rsi: {
    rev: 1, unit: 'score', range: [0, 100], source: 'Wilder (1978), New Concepts in Technical Trading Systems',
    description: 'Relative strength index of 14.',
  },
  atrBps: {
    rev: 1, unit: 'bps', range: [0, 1e9], source: 'Wilder (1978), New Concepts in Technical Trading Systems',
    description: '10⁴ · average true range of 14 / close.',
  },
  emaGapBps: {
    rev: 1, unit: 'bps', range: [-3e5, 3e5], source: 'Appel (1979), The Moving Average Convergence-Divergence Method',
    description: '10⁴ · ln(EMA12 / EMA26) of closes.',
  },
  bollinger: {
    rev: 1, unit: 'z', range: [-5, 5], source: 'Bollinger (2001), Bollinger on Bollinger Bands',
    description: 'Population standard deviations of 20 closes that the close is above their mean.',
  },
} as const satisfies Record<string, FeatureSpec>

type ColumnName = keyof typeof columns
/** Column of one timeframe: `trend4h`. */
export type TimeframeColumn = `${ColumnName}${HeardTimeframe}`

/** `trend1m` … `bollinger1d`. */
export const timeframeColumns = Object.fromEntries(
  TIMEFRAMES.flatMap((timeframe) =>
    Object.entries(columns).map(([name, spec]) => [`${name}${timeframe}`, { ...spec, description: `${timeframe}: ${spec.description}` }])),
) as unknown as { readonly [K in TimeframeColumn]: (typeof columns)[ColumnName] }

const names = Object.keys(columns) as readonly ColumnName[]
/** The columns of each timeframe: trend, er, rsi, atrBps, emaGapBps, bollinger. */
export const COLUMNS_OF = Object.fromEntries(
  TIMEFRAMES.map((timeframe) => [timeframe, names.map((name) => `${name}${timeframe}`)]),
) as unknown as Readonly<Record<HeardTimeframe, readonly TimeframeColumn[]>>
