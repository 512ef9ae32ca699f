import { defineModule, fromPackage, need, option, TapeloomError, timeframeUs, type Timeframe } from '@tapeloom/core'
import pkg from '@tapeloom/module-multi-timeframe/package.json' with { type: 'json' }
import { fixedShare } from './fixed-share.ts'
import { scoreOf } from './score.ts'
import { COLUMNS_OF, TIMEFRAMES, timeframeColumns, type HeardTimeframe } from './timeframe-columns.ts'
import { addCandle, createSeries, type IndicatorValue } from './timeframe-series.ts'

export { htfVeto } from './htf-veto.ts'
export type { HeardTimeframe } from './timeframe-columns.ts'
export type { IndicatorValue } from './timeframe-series.ts'

/** The indicators of one closed candle: `series` is `<venue>:<symbol>:candle:<timeframe>`, values not known are left out. */
export interface Indicators {
  readonly series: string
  readonly timeframe: Timeframe
  readonly openTime: number
  readonly values: readonly IndicatorValue[]
}

declare module '@tapeloom/core' {
  interface EventMap {
    /** Indicators of a closed candle, for a store. */
    'multi-timeframe:indicators': Indicators
  }
}

/** Regimes told apart by fixed-share: unknown, ranging, trending, volatile. */
const REGIMES = 4
/** Scratch only: nothing is kept in it from event to event. */
const scratch = new Float64Array(6)

/**
 * Trend, momentum, range and stretch of each timeframe, and one score of them all.
 * @throws TapeloomError `multi-timeframe.weights` at load when `weights` are not one for each of `timeframes`
 */
export const multiTimeframe = defineModule({
  name: 'multi-timeframe',
  ...fromPackage(pkg),
  description: 'One score from several timeframes.',
  options: {
    timeframes: option.list(option.oneOf(TIMEFRAMES, { default: '1m' }), {
      default: [...TIMEFRAMES], description: 'Series that count, finest first.',
    }),
    weights: option.list(option.number({ default: 1, min: 0 }), { default: [], description: 'One for each of timeframes; none: all alike.' }),
    weighting: option.oneOf(['fixed', 'fixed-share'], { default: 'fixed', description: 'fixed-share learns the weights, a set for each regime.' }),
    rate: option.number({ default: 0.5, min: 0, max: 100, description: 'Fixed-share: how much a loss costs.' }),
    share: option.number({ default: 0.02, min: 0, max: 1, description: 'Fixed-share: what all give away each candle.' }),
  },
  features: {
    ...timeframeColumns,
    score: { rev: 1, unit: 'score', range: [-1, 1], description: 'Weighted mean of the known trends.' },
    agreement: { rev: 1, unit: 'ratio', range: [0, 1], description: '|Σ weight · trend| / Σ |weight · trend|; 1: all one way.' },
    available: { rev: 1, unit: 'ratio', range: [0, 1], description: 'Share of the weight whose timeframe is known.' },
  },
  requires: { analysis: need('market-analysis', '^1', { features: ['regime'], optional: true }) },
  candles: ({ timeframes }) => timeframes,
  warmup: ({ timeframes, weighting, share }) => ({
    ...Object.fromEntries(timeframes.map((timeframe) => [timeframe, 300])), // (25/27)^300 and (13/14)^300 are below 1e-9
    ...(weighting === 'fixed-share' && { [timeframes[0] ?? '1m']: Math.max(3000, Math.min(100_000, Math.ceil(14 / share))) }),
    tolerance: weighting === 'fixed-share' && share < 1.4e-4 ? 1 : 1e-6, // what gives nothing away forgets nothing
  }),
  state: ({ timeframes, weights }) => ({
    series: timeframes.map(createSeries),
    trends: new Float64Array(timeframes.length).fill(NaN),
    weights: startWeights(timeframes, weights),
  }),
  stateVersion: 1,
  on: {
    'candle:close'(candle, { state, options, features, need: { analysis }, emit }) {
      const { timeframe, openTime, closeTime } = candle
      const index = options.timeframes.indexOf(timeframe as HeardTimeframe)
      const series = state.series[index]
      if (series === undefined || openTime <= series.openTime) return // a backfill, or not ours
      const row = options.timeframes.length * regimeOf(options.weighting, analysis.regime)
      if (index === 0 && options.weighting === 'fixed-share') {
        const move = Math.sign(candle.close - series.close)
        const losses = state.trends.map((trend) => (1 - trend * move) / 2)
        if (move * move === 1) fixedShare(state.weights, row, losses, options.rate, options.share)
      }
      const values = addCandle(series, candle, scratch)
      COLUMNS_OF[timeframe as HeardTimeframe].forEach((column, i) => (features[column] = scratch[i] ?? NaN))
      state.trends[index] = scratch[0] ?? NaN
      series.closeTime = closeTime
      for (const [i, other] of state.series.entries()) {
        const late = options.timeframes[i] as HeardTimeframe
        if (!(closeTime - other.closeTime >= 2 * timeframeUs(late))) continue
        other.closeTime = state.trends[i] = NaN // its next candle did not come: what is known is of another time
        for (const column of COLUMNS_OF[late]) features[column] = NaN
      }
      const { score, agreement, available } = scoreOf(state.trends, state.weights, row)
      features.score = score
      features.agreement = agreement
      features.available = available
      const id = `${candle.venue}:${candle.symbol}:candle:${timeframe}`
      if (values.length > 0) emit('multi-timeframe:indicators', { series: id, timeframe, openTime, values })
    },
  },
})

/** The row of weights that a regime has; one for all where they are fixed. */
const regimeOf = (weighting: string, regime: number): number =>
  weighting === 'fixed-share' && regime > 0 && regime < REGIMES ? Math.floor(regime) : 0

/** The same weights for each regime. */
function startWeights(timeframes: readonly HeardTimeframe[], weights: readonly number[]): Float64Array {
  const given = weights.length === 0 ? timeframes.map(() => 1) : weights
  if (given.length !== timeframes.length || !given.some((one) => one > 0)) {
    throw new TapeloomError(
      'multi-timeframe.weights',
      `[module multi-timeframe] has weights ${JSON.stringify(weights)} for timeframes ${timeframes.join(', ')}. ` +
        'Give each timeframe one weight, and one of them more than 0.',
    )
  }
  return Float64Array.from({ length: REGIMES * given.length }, (_, i) => given[i % given.length] ?? 0)
}
