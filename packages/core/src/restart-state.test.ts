import { expect, test } from 'vitest'
import { defineModule } from './index.ts'
import { build, feature, identity } from './orchestrator.fixture.ts'

test('a restarted module is given what it had before, and keeps of it what it will', async () => {
  const given: unknown[] = []
  const counter = defineModule({
    name: 'counter', ...identity,
    features: { seen: feature },
    state: (_options, _instrument, previous?) => {
      given.push(previous)
      return { n: 0, lives: ((previous as { lives?: number } | undefined)?.lives ?? 0) + 1 }
    },
    on: { trade: (_trade, { state, features }) => void (features.seen = 1000 * state.lives + ++state.n) },
  })
  const { orchestrator } = build([counter])
  await orchestrator.run({ until: 10e6 })
  await orchestrator.disable('counter')
  await orchestrator.enable('counter')
  await orchestrator.run({ until: 12e6 })
  expect(given).toEqual([undefined, undefined, { n: 20, lives: 1 }, { n: 0, lives: 1 }]) // one a symbol, twice
  expect(orchestrator.getFeatures('BTC/USDT').values['counter.seen']).toBeGreaterThan(2000)
})
