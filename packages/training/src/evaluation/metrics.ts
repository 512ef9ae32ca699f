import type { Contestant } from './baselines.ts'
import { scoreForecasts, type ForecastScores } from './forecast-scores.ts'
import { deflatedSharpe, minimumTrackRecord, probabilisticSharpe, sharpeMoments } from './sharpe-statistics.ts'
import { strategyReturns, type Stretch } from './strategy-returns.ts'

/** What one contestant was worth, costs included; null where it cannot be said. Nothing is annualised. */
export interface Metrics extends ForecastScores {
  /** Periods that earned something: boundaries with a forecast and a fill. */
  readonly periods: number
  /** Sum of net log returns. */
  readonly netBps: number | null
  /** The same before fee and spread, after the delay. */
  readonly grossBps: number | null
  /** Mean over standard deviation of the net returns of a period. */
  readonly sharpe: number | null
  /** Probability that the true Sharpe ratio is above 0. */
  readonly probabilisticSharpe: number | null
  /** Probability that it is above the best of as many worthless trials as were logged. */
  readonly deflatedSharpe: number | null
  /** Periods needed to be 95 % sure of a Sharpe ratio above 0; null where it is not above. */
  readonly minimumTrackRecord: number | null
  /** Largest loss from a peak, as a share of the equity at the peak. */
  readonly drawdown: number | null
  /** Sides traded a period: 2 for a reversal. */
  readonly turnover: number | null
}

/** How many strategies were tried, and how much their Sharpe ratios vary. */
export interface Trials {
  readonly count: number
  readonly variance: number
}

/** Scores a contestant on stretches. */
export function metricsOf(stretches: readonly Stretch[], contestant: Contestant, takerBps: number, trials: Trials): Metrics {
  const answers = stretches.map((stretch) => contestant(stretch))
  const judged = stretches.flatMap((stretch, k) => stretch.flatMap(({ outcome }, i) => {
    const forecast = answers[k]!.forecasts[i]
    return forecast && outcome ? [[forecast, outcome] as const] : []
  }))
  const { net, gross, turnover } = strategyReturns(stretches, answers.map(({ sides }) => sides), takerBps)
  const moments = sharpeMoments(net)
  const sum = (values: Float64Array) => (values.length > 0 ? 1e4 * values.reduce((total, value) => total + value, 0) : null)
  const record = moments && minimumTrackRecord(moments)
  return {
    ...scoreForecasts(judged), periods: net.length, netBps: sum(net), grossBps: sum(gross), sharpe: moments?.sharpe ?? null,
    probabilisticSharpe: moments ? probabilisticSharpe(moments) : null,
    deflatedSharpe: moments ? deflatedSharpe(moments, trials.count, trials.variance) : null,
    minimumTrackRecord: record !== undefined && Number.isFinite(record) ? record : null,
    drawdown: net.length > 0 ? drawdownOf(net) : null, turnover: net.length > 0 ? turnover : null,
  }
}

function drawdownOf(returns: Float64Array): number {
  let [equity, peak, worst] = [0, 0, 0]
  for (const value of returns) {
    equity += value
    peak = Math.max(peak, equity)
    worst = Math.max(worst, peak - equity)
  }
  return 1 - Math.exp(-worst)
}
