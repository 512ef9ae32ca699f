import {
  defineModule, fromPackage, option, TapeloomError, timeframeUs, type Candle, type Instrument, type Timeframe,
} from '@tapeloom/core'
import pkg from '@tapeloom/module-market-analysis/package.json' with { type: 'json' }
import { addToEstimators, createMemory, LONGEST_RUN, operatorsOver, WINDOW, within, type Lengths, type Operators } from './estimators.ts'
import { nextVariance, type Garch } from './garch.ts'
import { marketFeatures, type Row } from './market-features.ts'
import { regimes, trendOf, type Regime } from './regime-label.ts'
import { addToWindow, createWindow, type RegimeWindow } from './regime-window.ts'

export { filterGarch, fitGarch, type Garch } from './garch.ts'
export { filterStates, fitStates, smoothStates, type TwoStates } from './hidden-markov.ts'
export type { Regime } from './regime-label.ts'

/** A market is in another regime. */
export interface RegimeChange {
  readonly timeframe: Timeframe
  readonly from: Regime
  readonly to: Regime
  /** Candles that the regime before was told for. */
  readonly lasted: number
  /** Probability of high variance; null when it is not known. */
  readonly pHighVol: number | null
}
declare module '@tapeloom/core' {
  interface EventMap {
    /** The regime of a symbol's candles has changed. */
    'market-analysis:regime': RegimeChange
  }
}

const YEAR_US = 365 * 86_400e6
/** With so few moves a candle, its high and low lie so near that ranges make a third too little variance. */
const FEW_MOVES = 10

/** Lengths of a timeframe's operators. */
const lengthsOf = (
  { timeframe, ...given }: Pick<Lengths, 'window' | 'varianceRatioWindow' | 'expectedRun'> & { readonly timeframe: Timeframe },
): Lengths => ({
  window: given.window,
  varianceRatioWindow: given.varianceRatioWindow,
  expectedRun: given.expectedRun,
  periods: YEAR_US / timeframeUs(timeframe),
  blockUs: WINDOW * timeframeUs(timeframe),
})

/** @throws TapeloomError `market-analysis.garch` when the numbers are no stationary model */
function garchOf(numbers: readonly number[]): Garch | null {
  if (numbers.length === 0) return null
  const [mean = NaN, omega = NaN, alpha = NaN, beta = NaN] = numbers
  if (numbers.length === 4 && omega > 0 && alpha >= 0 && beta >= 0 && beta <= 0.98 && alpha + beta < 1 && Number.isFinite(mean + omega))
    return { mean, omega, alpha, beta }
  throw new TapeloomError(
    'market-analysis.garch',
    `[module market-analysis] option 'garch' is [${numbers.join(', ')}]. Give mean, omega > 0, alpha, beta ≤ .98, alpha + beta < 1.`,
  )
}

interface AnalysisState {
  openTime: number
  close: number
  lasted: number
  told: number
  variance: number
  readonly garch: Garch | null
  readonly lengths: Lengths
  readonly memory: Float64Array
  readonly window: RegimeWindow
}

/**
 * Regime, volatility and trend of one series of candles: Hamilton's filter, Bayesian change points, variance ratio and
 * six volatilities, all known up to the candle that closes.
 * @throws TapeloomError `market-analysis.garch` at load when `garch` is no stationary model
 */
export const marketAnalysis = defineModule({
  name: 'market-analysis',
  ...fromPackage(pkg),
  description: 'Market regime, volatility and trend.',
  options: {
    timeframe: option.timeframe({ default: '1m', description: 'Series of candles that is analysed.' }),
    window: option.integer({ default: 20, min: 3, max: 400, description: 'Candles of the volatilities and the efficiency ratio.' }),
    varianceRatioWindow: option.integer({ default: 240, min: 20, max: 1000, description: 'Returns of the variance ratio.' }),
    expectedRun: option.number({ default: 250, min: 2, max: 1e6, description: 'Candles from change to change, as expected before any is seen.' }),
    garch: option.list(option.number({ default: 0 }), { default: [], description: 'Mean, omega, alpha, beta of log returns, as fitGarch finds them.' }),
  },
  features: marketFeatures,
  candles: ({ timeframe }) => [timeframe],
  // 500 candles for what fades, a window of 1,000, and up to 1,000 until the next thousand begins.
  warmup: ({ timeframe }) => ({ [timeframe]: 500 + 2 * WINDOW, tolerance: 1e-9 }),
  state: (options): AnalysisState => ({
    openTime: -Infinity,
    close: NaN,
    lasted: 0,
    told: 0,
    variance: NaN,
    garch: garchOf(options.garch),
    lengths: lengthsOf(options),
    memory: createMemory(lengthsOf(options)),
    window: createWindow(),
  }),
  stateVersion: 1,
  on: {
    'candle:close'(candle, { state, options, features, instrument, emit }) {
      if (candle.timeframe !== options.timeframe || candle.openTime <= state.openTime) return
      const { lengths, window } = state
      const on = operatorsOver(state.memory, lengths)
      const change = within(Math.log(candle.close / state.close), -1e3, 1e3)
      state.openTime = candle.openTime
      state.close = candle.close
      addToEstimators(features, on, lengths.periods, candle, change)
      features.rangeBiased = rangeBiased(features.volClose, lengths.periods, candle, instrument)
      features.volGarch = garchVolatility(state, change, lengths.periods)
      const block = Math.floor(candle.openTime / lengths.blockUs)
      addToWindow(window, on, block, change, trendOf(features.er, features.adx))
      writeRegime(features, window, on, Number.isNaN(change))
      if (Number.isNaN(change)) return
      const { regime } = window.label
      if (regime === state.told) state.lasted++
      if (regime === state.told) return
      emit('market-analysis:regime', {
        timeframe: candle.timeframe, from: regimes[state.told]!, to: regimes[regime]!, lasted: state.lasted,
        pHighVol: Number.isNaN(window.pHigh) ? null : window.pHigh,
      })
      state.told = regime
      state.lasted = 1
    },
  },
})

/** Writes what the window says; missing before its first fit, and where the candle has no return. */
function writeRegime(row: Row, window: RegimeWindow, { runs, shift }: Operators, isMissing: boolean): void {
  const known = window.isFitted && !isMissing
  const high = known ? window.pHigh : NaN
  const hasStates = known && window.states !== null
  row.pHighVol = high
  row.pLowVol = 1 - high
  row.entropy = within(-bits(high) - bits(1 - high), 0, 1)
  row.regime = known ? window.label.regime : NaN
  row.regimeAge = known ? Math.min(2e3, window.label.age) : NaN
  row.runLength = hasStates ? Math.min(LONGEST_RUN, runs.value) : NaN
  row.changeProb = hasStates ? runs.below(5) : NaN
  row.volShift = hasStates ? Math.min(1, shift.value / shift.threshold) : NaN
}

/** p · log2 p; 0 at 0. */
const bits = (p: number): number => (p === 0 ? 0 : p * Math.log2(p))

/** The moves a candle are at most its trades and, since none is below a tick, its variance in squared ticks. */
function rangeBiased(volatility: number, periods: number, { close, trades }: Candle, { tickSize }: Instrument): number {
  const perCandle = (volatility * close) / tickSize
  const moves = (perCandle * perCandle) / periods
  if (Number.isNaN(moves)) return NaN
  return moves <= FEW_MOVES || trades <= FEW_MOVES ? 1 : 0
}

/** The deviation of the next return, annualised; the first variance is the stationary one. */
function garchVolatility(state: AnalysisState, change: number, periods: number): number {
  const { garch } = state
  if (!garch || Number.isNaN(change)) return NaN
  if (Number.isNaN(state.variance)) state.variance = garch.omega / (1 - garch.alpha - garch.beta)
  state.variance = nextVariance(garch, state.variance, change)
  return within(Math.sqrt(periods * state.variance), 0, 1e6)
}
