import { wilson, type Action, type Probabilities } from '@tapeloom/core'
import type { ObservedOutcome } from './observation.ts'

const ACTIONS = ['buy', 'hold', 'sell'] as const
const BINS = 15

/** What forecasts were worth, before any trade; null where there is nothing to judge. */
export interface ForecastScores {
  /** Forecasts whose outcome is known. */
  readonly n: number
  /** Those that called a direction. */
  readonly calls: number
  /** Share of calls whose direction came, with the 95 % Wilson interval. */
  readonly hitRate: number | null
  readonly interval: readonly [low: number, high: number] | null
  /** Mean Σ(p − y)², in [0, 2]. */
  readonly brier: number | null
  /** Mean −ln p of what came. */
  readonly logLoss: number | null
  /** Expected calibration error over 15 bins of equal width. @source Guo et al. (2017), eq. 3 */
  readonly calibrationError: number | null
  /** Mean move in the called direction from the price of the decision, before costs and delay. */
  readonly callBps: number | null
}

/** A forecast: probabilities where there are some, and the direction it calls. */
export interface Forecast {
  readonly probabilities: Probabilities | undefined
  readonly call: Action
}

/** The likeliest action; a tie is a hold. */
export const callOf = ({ buy, hold, sell }: Probabilities): Action =>
  buy > sell && buy >= hold ? 'buy' : sell > buy && sell >= hold ? 'sell' : 'hold'

/** Scores forecasts against what came of them. O(n). */
export function scoreForecasts(forecasts: readonly (readonly [Forecast, ObservedOutcome])[]): ForecastScores {
  const bins = Array.from({ length: BINS }, () => ({ n: 0, hits: 0, confidence: 0 }))
  const sums = { calls: 0, hits: 0, bps: 0, judged: 0, brier: 0, logLoss: 0 }
  for (const [{ probabilities, call }, { realised, bps }] of forecasts) {
    if (call !== 'hold') {
      sums.calls++
      sums.hits += call === realised ? 1 : 0
      sums.bps += call === 'buy' ? bps : -bps
    }
    if (!probabilities) continue
    sums.judged++
    for (const action of ACTIONS) {
      const miss = probabilities[action] - (action === realised ? 1 : 0)
      sums.brier += miss * miss
    }
    sums.logLoss -= Math.log(Math.max(1e-12, probabilities[realised]))
    const confidence = Math.max(probabilities.buy, probabilities.hold, probabilities.sell)
    const bin = bins[Math.min(BINS - 1, Math.floor(confidence * BINS))]!
    bin.n++
    bin.confidence += confidence
    bin.hits += probabilities[realised] === confidence ? 1 : 0
  }
  const { calls, hits, judged } = sums
  const gap = bins.reduce((sum, bin) => sum + Math.abs(bin.hits - bin.confidence), 0)
  const over = (count: number, value: number) => (count > 0 ? value / count : null)
  return {
    n: forecasts.length, calls, hitRate: over(calls, hits), interval: calls > 0 ? wilson(hits, calls) : null,
    brier: over(judged, sums.brier), logLoss: over(judged, sums.logLoss), calibrationError: over(judged, gap), callBps: over(calls, sums.bps),
  }
}
