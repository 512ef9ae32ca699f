import type { FeatureSpec } from '@tapeloom/core'

/** The largest |beta|, |residualZ| and |ratio| that are told; beyond, one side hardly moves. */
export const LIMIT = 1e6
/** The largest shift that may be tried, µs. */
export const MOST_LAG_US = 3600e6

const rho = (pairs: number) =>
  ({
    rev: 1, unit: 'ratio', range: [-1, 1], description: `Pearson's correlation of the last ${pairs} pairs of log returns.`,
  }) as const satisfies FeatureSpec
const ratio = (description: string, source: string) =>
  ({ rev: 1, unit: 'ratio', range: [-LIMIT, LIMIT], description, source }) as const satisfies FeatureSpec

/** The columns of each symbol but the reference, whose own are missing. */
export const correlationColumns = {
  rho60: rho(60),
  rho240: rho(240),
  rho1440: rho(1440),
  rhoEwma: {
    rev: 1, unit: 'ratio', range: [-1, 1], source: 'J.P. Morgan/Reuters (1996), RiskMetrics',
    description: 'Exponentially weighted correlation about 0, decay 0.94.',
  },
  fisherZ: {
    rev: 1, unit: 'z', range: [-150, 150], source: 'Fisher (1921)',
    description: 'atanh(rho60) · √57: standard errors that it is from 0.',
  },
  beta: ratio(
    'Return of the symbol for one of the reference: of the last 240 pairs, or filtered.',
    'Kalman (1960), Bucy & Joseph (1968) where filtered',
  ),
  residualZ: {
    rev: 1, unit: 'z', range: [-LIMIT, LIMIT],
    description: 'What the line of the pairs before did not foresee of the newest return, in standard deviations.',
  },
  hayashiYoshida: ratio('Covariance of ticks / √(realised variances); not a correlation, may exceed 1.', 'Hayashi & Yoshida (2005)'),
  leadLagUs: {
    rev: 1, unit: 'us', range: [-MOST_LAG_US, MOST_LAG_US], source: 'Hoffmann, Rosenbaum & Yoshida (2013)',
    description: 'Shift of the reference that fits best; > 0: the reference leads.',
  },
  leadLagStrength: ratio('hayashiYoshida at that shift, with its sign.', 'Hoffmann, Rosenbaum & Yoshida (2013)'),
  aboveOne: { rev: 1, unit: 'score', range: [0, 1], description: '1: |hayashiYoshida| or |leadLagStrength| exceeds 1.' },
  breakdown: {
    rev: 1, unit: 'score', range: [0, 1],
    description: '1: |rho60 − rho1440| exceeds 3 standard errors of rho60, (1 − rho1440²)/√59.',
  },
} as const satisfies Record<string, FeatureSpec>
