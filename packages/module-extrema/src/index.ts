import { defineModule, fromPackage, option, type Timeframe } from '@tapeloom/core'
import { Atr } from '@tapeloom/indicators'
import pkg from '@tapeloom/module-extrema/package.json' with { type: 'json' }
import { addPrices, createDirectionalChange, type DirectionalChange } from './directional-change.ts'

export type { HindsightLabel } from './hindsight-label.ts'
export { prominentPeaks, type Peak } from './prominent-peaks.ts'
export { tradeLabels, type CandleColumns, type TradeLabel, type TradeLabelSpec } from './trade-labels.ts'
export { zigzag, type TurningPoint } from './zigzag.ts'

/** A confirmed turning point: about `extremeTime`, known from `confirmedAt` on and never earlier. */
export interface Extreme {
  readonly timeframe: Timeframe
  readonly side: 'high' | 'low'
  readonly price: number
  /** Open time of the candle that holds the extreme. */
  readonly extremeTime: number
  /** Close time of the candle that reversed. */
  readonly confirmedAt: number
  /** Candles between the two. */
  readonly lagBars: number
}

declare module '@tapeloom/core' {
  interface EventMap {
    /** The price has reversed by theta from an extreme, which thereby is one. */
    'extrema:confirm': Extreme
  }
}

interface ExtremaState {
  readonly change: DirectionalChange
  readonly atr: Float64Array
  /** Time of the newest announced extreme, carried over restarts: nothing is announced twice. */
  told: number
  closeTime: number
}

const source = 'Guillaume et al. (1997), From the bird’s eye to the microscope'

/**
 * Turning points as they become known: an extreme counts once the price has reversed by theta from it (directional change).
 * @source Guillaume et al. (1997), From the bird's eye to the microscope
 */
export const extrema = defineModule({
  name: 'extrema',
  ...fromPackage(pkg),
  description: 'Turning points, confirmed by a reversal.',
  options: {
    theta: option.number({ default: 100, min: 1e-6, description: 'Reversal that confirms an extreme, in `unit`.' }),
    unit: option.oneOf(['bps', 'atr'], { default: 'bps', description: 'Unit of theta: of the extreme, or ATR(14) of the candle.' }),
    prices: option.oneOf(['close', 'range'], { default: 'close', description: 'Follows closes, or highs and lows.' }),
    timeframe: option.timeframe({ default: '1m', description: 'The candles it follows.' }),
  },
  features: {
    direction: { rev: 1, unit: 'score', range: [-1, 1], description: '1: a low was confirmed last; −1: a high was.', source },
    overshoot: {
      rev: 1, unit: 'ratio', range: [-1e6, 1e6], source,
      description: 'How far the close has gone on since the confirmation, in its direction, in reversals of that size.',
    },
    lastExtremeBps: { rev: 1, unit: 'bps', range: [-3e5, 3e5], description: '10⁴ · ln(extreme confirmed last / close).' },
    barsSinceExtreme: { rev: 1, unit: 'count', range: [0, 1e9], description: 'Candles since the extreme confirmed last.' },
  },
  candles: ({ timeframe }) => [timeframe],
  warmup: ({ timeframe }) => ({ [timeframe]: 10_000, tolerance: 1e-9 }),
  state: (_options, _instrument, previous?): ExtremaState => ({
    change: createDirectionalChange(),
    atr: new Atr(14).state,
    told: (previous as ExtremaState | undefined)?.told ?? -Infinity,
    closeTime: -Infinity,
  }),
  stateVersion: 1,
  on: {
    'candle:close'({ openTime, closeTime, high, low, close, timeframe }, { state, options, features, emit }) {
      if (openTime < state.closeTime) return // a late candle changes nothing
      state.closeTime = closeTime
      const { change } = state
      const { theta } = options
      const isBps = options.unit === 'bps'
      const width = isBps ? 0 : theta * new Atr(14, state.atr).add(high, low, close)
      const isRange = options.prices === 'range'
      const turn = addPrices(change, isRange ? high : close, isRange ? low : close, openTime, isBps ? 1e-4 * theta : 0, width)
      if (turn !== 0 && change.lastTime > state.told) {
        state.told = change.lastTime
        const lagBars = change.bars - 1 - change.lastBar
        const side = turn === 1 ? 'low' : 'high'
        emit('extrema:confirm', { timeframe, side, price: change.lastPrice, extremeTime: change.lastTime, confirmedAt: closeTime, lagBars })
      }
      if (change.direction === 0) return
      features.direction = change.direction
      const past = (change.direction * (close - change.turnPrice)) / change.turnWidth
      features.overshoot = Math.max(-1e6, Math.min(1e6, past))
      features.lastExtremeBps = Math.max(-3e5, Math.min(3e5, 1e4 * Math.log(change.lastPrice / close)))
      features.barsSinceExtreme = change.bars - 1 - change.lastBar
    },
  },
})
