import { defineModule, defineSource, instrument, type MarketInput, type MarketSymbol } from '@tapeloom/core'
import { cob } from '@tapeloom/module-cob'
import { expect, test } from 'vitest'
import { walkForward } from '../split/folds.ts'
import { evaluate } from './evaluate.ts'

const SYMBOL: MarketSymbol = 'BTC/USDT'
/** A book of spread 2 around 1,000 that drifts by a tick a second to the side on which more waits. */
function book(): readonly MarketInput[] {
  let [middle, up] = [10_000, true]
  return Array.from({ length: 1200 }, (_, i): MarketInput => {
    if (i % 40 === 0) up = (i / 40) % 3 !== 1
    middle += up ? 1 : -1
    const at = (ticks: number) => ticks / 10
    return {
      kind: 'book', update: 'snapshot', symbol: SYMBOL, tsEvent: (i + 1) * 500_000,
      bids: Array.from({ length: 5 }, (_, k) => [at(middle - 10 - k), up ? 9 : 1] as const),
      asks: Array.from({ length: 5 }, (_, k) => [at(middle + 10 + k), up ? 1 : 9] as const),
    }
  })
}
const source = () => defineSource({
  name: 'book', instruments: [instrument(SYMBOL, { venue: 'test', tickSize: '0.1', lotSize: '0.001' })],
  async *events({ after = 0 }) { yield book().slice(after) },
})
const folds = walkForward({ train: '2m', test: '2m' })
const leaning = defineModule({
  name: 'leaning', version: '1.0.0', core: '^1.0.0', every: { book: '1s' }, state: () => ({ lean: 0 }),
  on: { book({ bestBidQuantity, bestAskQuantity }, { state }) { state.lean = Math.sign(bestBidQuantity - bestAskQuantity) } },
  predict: ({ state }) => ({ horizon: '5s', probabilities: state.lean > 0 ? { buy: 0.8, hold: 0, sell: 0.2 } : { buy: 0.2, hold: 0, sell: 0.8 } }),
})

test('orders cross the spread of the first book after they arrive, and the imbalance stands beside', async () => {
  const run = (takerBps: number) => evaluate({ modules: [cob, leaning], source, folds, costs: { takerBps, latency: '700ms' } })
  const { metrics, baselines, checks } = await run(0)
  expect(Object.keys(baselines)).toEqual(['buyAndHold', 'momentum', 'randomSign', 'equalWeights', 'baseline'])
  expect(metrics.hitRate).toBeGreaterThan(0.8)
  expect(baselines['momentum']?.calls).toBeGreaterThan(200) // over five seconds, not the baseline's minute
  const halfSpreads = metrics.turnover! * metrics.periods * 10 // a tick in ten thousand is a basis point
  expect((metrics.grossBps! - metrics.netBps!) / halfSpreads).toBeCloseTo(1, 1)
  expect(checks.find(({ name }) => name === 'stale-fills')?.ok).toBe(true)
  expect(checks.find(({ name }) => name === 'null-market')?.detail).toContain('not run')
  expect((await run(3)).metrics.netBps).toBeCloseTo(metrics.netBps! - 3 * metrics.turnover! * metrics.periods, 6)
})

test('several predictors are weighed together and stand alone beside', async () => {
  const contrary = defineModule({ ...leaning, name: 'contrary', predict: () => ({ horizon: '5s', probabilities: { buy: 0.3, hold: 0.1, sell: 0.6 } }) })
  const { baselines } = await evaluate({
    modules: [leaning, contrary], source, folds, costs: { takerBps: 0 },
  })
  expect(Object.keys(baselines)).toEqual(['buyAndHold', 'momentum', 'randomSign', 'equalWeights', 'fixedShare', 'leaning alone', 'contrary alone'])
  expect(baselines['leaning alone']!.brier!).toBeLessThan(baselines['contrary alone']!.brier!)
  expect(baselines['fixedShare']!.brier!).toBeLessThan(baselines['equalWeights']!.brier!)
})
