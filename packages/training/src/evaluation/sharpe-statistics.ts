import { normalCdf, normalQuantile } from '@tapeloom/indicators'

/** Euler–Mascheroni. */
const GAMMA = 0.5772156649015329

/** What a series of returns says of its Sharpe ratio; all per period, nothing annualised. */
export interface SharpeMoments {
  readonly sharpe: number
  /** Number of returns. */
  readonly n: number
  /** 0 for a normal distribution. */
  readonly skewness: number
  /** Not the excess: 3 for a normal distribution. */
  readonly kurtosis: number
}

/** Moments of returns; undefined with fewer than two, or without variance. */
export function sharpeMoments(returns: Iterable<number>): SharpeMoments | undefined {
  const values = Float64Array.from(returns)
  const n = values.length
  if (n < 2) return undefined
  const mean = values.reduce((sum, value) => sum + value, 0) / n
  const power = (k: number): number => values.reduce((sum, value) => {
    let product = 1
    for (let i = 0; i < k; i++) product *= value - mean
    return sum + product
  }, 0) / n
  const variance = power(2)
  if (!(variance > 1e-30 * mean * mean)) return undefined
  const sd = Math.sqrt(variance)
  return { sharpe: mean / Math.sqrt((variance * n) / (n - 1)), n, skewness: power(3) / (variance * sd), kurtosis: power(4) / (variance * variance) }
}

/** Variance of an estimated Sharpe ratio, times n − 1. */
const spread = ({ sharpe, skewness, kurtosis }: Omit<SharpeMoments, 'n'>): number =>
  1 - skewness * sharpe + ((kurtosis - 1) / 4) * sharpe * sharpe

/**
 * Probability that the true Sharpe ratio is above `benchmark`, in [0, 1].
 * @source Bailey, López de Prado (2012), The Sharpe ratio efficient frontier, eq. 11
 */
export const probabilisticSharpe = (moments: SharpeMoments, benchmark = 0): number =>
  normalCdf(((moments.sharpe - benchmark) * Math.sqrt(moments.n - 1)) / Math.sqrt(spread(moments)))

/** Largest of `trials` standard normal numbers, expected. @source Bailey, López de Prado (2014), The deflated Sharpe ratio, eq. 1 */
export const expectedMaximum = (trials: number): number =>
  trials <= 1 ? 0 : (1 - GAMMA) * normalQuantile(1 - 1 / trials) + GAMMA * normalQuantile(1 - 1 / (trials * Math.E))

/**
 * The same probability against the best Sharpe ratio that `trials` worthless strategies would show, whose ratios have the
 * variance `trialVariance`. @source Bailey, López de Prado (2014)
 */
export const deflatedSharpe = (moments: SharpeMoments, trials: number, trialVariance: number): number =>
  probabilisticSharpe(moments, Math.sqrt(trialVariance) * expectedMaximum(trials))

/**
 * Periods needed until the Sharpe ratio is above `benchmark` with `confidence`; Infinity when it is not above it.
 * @source Bailey, López de Prado (2012), eq. 13
 */
export function minimumTrackRecord(moments: Omit<SharpeMoments, 'n'>, benchmark = 0, confidence = 0.95): number {
  const lead = moments.sharpe - benchmark
  const distance = normalQuantile(confidence) / lead
  return lead > 0 ? 1 + spread(moments) * distance * distance : Infinity
}

/**
 * Years of data below which the best of `trials` worthless strategies shows an annual Sharpe ratio of `sharpe`.
 * @source Bailey, Borwein, López de Prado, Zhu (2014), Pseudo-mathematics and financial charlatanism, eq. 6
 */
export function minimumBacktestLength(trials: number, sharpe = 1): number {
  const ratio = expectedMaximum(trials) / sharpe
  return ratio * ratio
}
