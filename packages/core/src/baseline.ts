import pkg from '@tapeloom/core/package.json' with { type: 'json' }
import { defineModule } from './module/define.ts'
import { need } from './module/need.ts'
import { option } from './module/option.ts'
import type { Duration } from './vocabulary/duration.ts'

/**
 * The simplest honest predictor, to compare others with: it follows the depth imbalance beyond a threshold, and where
 * no book is fed the sign of the last return. It predicts only where it is listed.
 */
export const baseline = defineModule({
  name: 'baseline', version: pkg.version, core: `^${pkg.version}`,
  description: 'Follows the depth imbalance, or the last return.',
  options: {
    threshold: option.number({ default: 0.2, min: 0, max: 1 }),
    horizon: option.duration({ default: '60s' }),
  },
  requires: { cob: need('cob', '^1', { features: ['imbalance5'], optional: true }) },
  candles: ['1s', '1m'],
  state: () => ({ lastReturn: NaN }),
  on: {
    'candle:close'({ open, close }, { state }) {
      state.lastReturn = Math.log(close / open)
    },
  },
  predict({ options, need: { cob }, state }) {
    const lean = Number.isNaN(cob.imbalance5) ? Math.sign(state.lastReturn) : cob.imbalance5
    if (Number.isNaN(lean)) return { abstain: 'no-data' }
    const horizon: Duration = `${options.horizon}us`
    if (Math.abs(lean) <= options.threshold) return { horizon, probabilities: { buy: 0.2, hold: 0.6, sell: 0.2 } }
    const strong = Math.min(0.6, 0.4 + 0.2 * Math.abs(lean))
    const [buy, sell] = lean > 0 ? [strong, 0.8 - strong] : [0.8 - strong, strong]
    return { horizon, probabilities: { buy, hold: 0.2, sell } }
  },
})
