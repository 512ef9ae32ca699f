import { defineModule, fromPackage, need, option } from '@tapeloom/core'
import pkg from 'tapeloom-module-burst/package.json' with { type: 'json' }

declare module '@tapeloom/core' {
  interface EventMap {
    'burst:start': { readonly aggressor: 'buy' | 'sell'; readonly ratio: number }
  }
}

export const burst = defineModule({
  name: 'burst',
  ...fromPackage(pkg),
  options: {
    fast: option.duration({ default: '5s' }),
    slow: option.duration({ default: '5m' }),
    alarm: option.number({ default: 4, min: 1, affects: 'none' }),
  },
  features: {
    ratio: { rev: 1, unit: 'ratio', range: [0, 1e6], description: 'Usual over current gap between trades.' },
    edgeBps: { rev: 1, unit: 'bps', range: [-1e4, 1e4], description: 'Half spread paid, > 0 by a buyer.' },
  },
  requires: { cob: need('cob', '^1', { features: ['spreadBps'], optional: true }) },
  warmup: (options) => ({ trades: `${5 * options.slow}us`, tolerance: 1e-2 }),
  state: () => ({ seenUs: NaN, fastUs: NaN, slowUs: NaN, bursting: false }),
  on: {
    trade({ tsInit, aggressor }, { state, options, features, need, emit }) {
      features.edgeBps = (aggressor === 'buy' ? 0.5 : -0.5) * need.cob.spreadBps // no cob: NaN, missing
      const gapUs = tsInit - state.seenUs
      state.seenUs = tsInit
      if (!(gapUs > 0)) return // first trade, or same timestamp
      state.fastUs = blend(state.fastUs, gapUs, options.fast)
      state.slowUs = blend(state.slowUs, gapUs, options.slow)
      features.ratio = state.slowUs / state.fastUs

      const bursting = features.ratio > options.alarm
      if (bursting && !state.bursting) emit('burst:start', { aggressor, ratio: features.ratio })
      state.bursting = bursting
    },
  },
})

const blend = (meanUs: number, gapUs: number, spanUs: number) =>
  Number.isNaN(meanUs) ? gapUs : meanUs + (1 - Math.exp(-gapUs / spanUs)) * (gapUs - meanUs)
