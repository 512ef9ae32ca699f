import type { FeatureSet } from '@tapeloom/core'

const PROBABILITY = { rev: 1, unit: 'probability', range: [0, 1] } as const
const SHARE = { rev: 1, unit: 'ratio', range: [0, 1] } as const
const HAMILTON = 'Hamilton (1989), A new approach to the economic analysis of nonstationary time series'
const BOCPD = 'Adams & MacKay (2007), Bayesian online changepoint detection'
const volatility = (of: string, source: string) =>
  ({ rev: 1, unit: 'ratio', range: [0, 1e6], description: `${of}, annualised; 0.5 = 50 %.`, source }) as const

/** The columns of module-market-analysis. */
export const marketFeatures = {
  pLowVol: { ...PROBABILITY, description: 'Probability of the state of low variance, up to this candle.', source: HAMILTON },
  pHighVol: { ...PROBABILITY, description: 'Probability of the state of high variance, up to this candle.', source: HAMILTON },
  entropy: { ...SHARE, description: 'Entropy of the two, in bits: 1 when nothing is known.', source: HAMILTON },
  regime: { rev: 1, unit: 'score', range: [0, 3], description: '0 unknown, 1 ranging, 2 trending, 3 volatile.' },
  regimeAge: { rev: 1, unit: 'count', range: [1, 2e3], description: 'Candles that the regime has lasted, within the last 1,000 to 2,000.' },
  changeProb: { ...PROBABILITY, description: 'Probability that mean or variance changed within the last five candles.', source: BOCPD },
  runLength: { rev: 1, unit: 'count', range: [0, 500], description: 'Most probable number of candles since the change; 500: that or more.', source: BOCPD },
  volShift: { ...SHARE, description: 'Page-Hinkley sum of |return| over its threshold; 1: alarm, it begins anew.', source: 'Page (1954); Hinkley (1971)' },
  volClose: volatility('Deviation of close-to-close returns', 'R package TTR'),
  volParkinson: volatility('From high and low', 'Parkinson (1980)'),
  volGarmanKlass: volatility('From range and body', 'Garman & Klass (1980)'),
  volRogersSatchell: volatility('From range and body, whatever the drift', 'Rogers & Satchell (1991)'),
  volGkYz: volatility('Garman-Klass with the jumps between candles', 'Yang & Zhang (2000)'),
  volYangZhang: volatility('Jumps, bodies and ranges, whatever the drift', 'Yang & Zhang (2000)'),
  volEwma: volatility('Exponentially weighted, decay .94', 'RiskMetrics (1996)'),
  volGarch: volatility('Of the next return, by the option garch', 'Bollerslev (1986)'),
  volPercentile: { ...SHARE, description: 'Share of the last 1,000 values of volEwma that are not above it.' },
  rangeBiased: { ...SHARE, description: '1: so few price moves a candle that volatilities made of ranges are far too low; else 0.', source: 'Garman & Klass (1980)' },
  adx: { rev: 1, unit: 'score', range: [0, 100], description: 'Average directional index, 14 candles.', source: 'Wilder (1978)' },
  er: { ...SHARE, description: 'Efficiency ratio: change over way.', source: 'Kaufman (1995)' },
  vr4: { rev: 1, unit: 'ratio', range: [0, 10], description: 'Variance of 4-candle returns over that of 1: > 1 moves go on, < 1 they turn back.', source: 'Lo & MacKinlay (1988)' },
  vrZ4: { rev: 1, unit: 'z', range: [-1e3, 1e3], description: 'Deviation of vr4 from 1 in standard errors, robust to changing volatility.', source: 'Lo & MacKinlay (1988)' },
} as const satisfies FeatureSet

/** The declared features of a row, to write into. */
export type Row = { -readonly [K in keyof typeof marketFeatures]: number }
