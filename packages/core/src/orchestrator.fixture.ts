import { defineModule, need, option, Orchestrator, type Combiner, type MarketInput, type Usable } from './index.ts'
import { fixtures } from './testing/index.ts'
import { testPort } from './testing/test-feed.ts'

export const identity = { version: '1.0.0', core: '^1.0.0' }
export const feature = { rev: 1, unit: 'price', range: [0, 1e6], description: 'A price.' } as const
export const last = defineModule({
  name: 'last', ...identity,
  features: { price: feature },
  state: () => ({ n: 0 }),
  on: {
    trade({ price }, { features, state }) {
      state.n++
      features.price = price
    },
  },
})
/** Follows the last move of `last.price`: a predictor with state. */
export const follow = defineModule({
  name: 'follow', ...identity,
  options: { weight: option.number({ default: 0.6 }) },
  requires: { last: need('last', '^1', { features: ['price'] }) },
  state: () => ({ before: NaN }),
  predict({ need: { last: { price } }, state, options }) {
    const up = price > state.before
    state.before = price
    if (Number.isNaN(price)) return { abstain: 'no-price' }
    const strong = options.weight
    return { horizon: '5s', probabilities: up ? { buy: strong, hold: 0.2, sell: 0.8 - strong } : { buy: 0.8 - strong, hold: 0.2, sell: strong } }
  },
})
export const trades = (count = 300): readonly MarketInput[] => [...fixtures.trades('BTC/USDT', { count, every: '500ms' })]
export const build = <const M extends readonly Usable[]>(modules: M, options: { combiner?: Combiner; seed?: number } = {}, events: Iterable<MarketInput> = trades()) => {
  const warnings: string[] = []
  const logger = { debug() {}, info() {}, warn: (message: string) => void warnings.push(message), error() {} }
  const orchestrator = new Orchestrator({ data: testPort(['BTC/USDT', 'ETH/USDT'], events), modules, logger, ...options })
  return { orchestrator, warnings }
}
