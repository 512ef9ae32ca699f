import { defineModule, Orchestrator, type EventOf, type MarketInput } from '@tapeloom/core'
import { expect, test } from 'vitest'
import { recording, trade } from '../testing/drive.ts'
import { DataProvider } from './data-provider.ts'

/** Buys whenever it knows the spread. */
const follower = defineModule({
  name: 'follower', version: '1.0.0', core: '^1.0.0',
  features: { spread: { rev: 1, unit: 'price', range: [0, 1e6], description: 'Best ask less best bid.' } },
  state: () => ({ spread: NaN }),
  on: {
    book(book, { state, features }) {
      features.spread = state.spread = book.status === 'live' ? book.bestAsk - book.bestBid : NaN
    },
  },
  predict({ state }) {
    if (Number.isNaN(state.spread)) return { abstain: 'no-spread' }
    return { horizon: '10s', probabilities: { buy: 0.8, hold: 0.1, sell: 0.1 } }
  },
})

const book = (seconds: number, update: 'snapshot' | 'delta'): MarketInput =>
  ({ kind: 'book', symbol: 'BTC/USDT', tsEvent: seconds * 1e6, update, bids: [[10, 1]], asks: [[11, 1 + (seconds % 2)]] })

/** The first decision after each of these seconds. */
async function reasons(inputs: readonly MarketInput[], ...seconds: readonly number[]): Promise<readonly string[]> {
  const orchestrator = new Orchestrator({ data: new DataProvider({ sources: [recording(inputs)] }), modules: [follower] })
  const decisions: EventOf<'decision'>[] = []
  orchestrator.on('decision', (decision) => void decisions.push(decision))
  await orchestrator.run()
  return seconds.map((second) => {
    const found = decisions.find(({ asOf }) => asOf > second * 1e6)
    return `${found?.action} ${found?.reason} ${found?.gates.map(({ name, passed }) => `${name}=${passed}`).join()}`
  })
}
const every = (from: number, to: number, make: (second: number) => MarketInput) =>
  Array.from({ length: to - from }, (_, i) => make(from + i + 0.5))

test('while a book is not live, nothing is decided and the gate is the reason', async () => {
  const inputs = [
    ...every(0, 2, (second) => book(second, 'delta')), book(3, 'snapshot'), ...every(3, 6, (second) => book(second, 'delta')),
    { kind: 'gap', symbol: 'BTC/USDT', tsEvent: 6.5e6, reason: 'lost' } as const,
    ...every(7, 10, (second) => trade(second * 1e6, 10.5)), ...every(10, 12, (second) => book(second, 'delta')),
    book(12.7, 'snapshot'), ...every(13, 15, (second) => book(second, 'delta')),
  ]
  expect(await reasons(inputs, 1, 3, 8, 11, 13)).toEqual([
    'hold gate:book book=false', 'buy open-long book=true', 'hold gate:book book=false', 'hold gate:book book=false',
    'hold already-long book=true',
  ])
})

test('a symbol without a book has no gate for one', async () => {
  expect(await reasons(every(0, 5, (second) => trade(second * 1e6, 10.5)), 3)).toEqual(['hold no-spread '])
})
