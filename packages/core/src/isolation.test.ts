import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { defineModule, use, type Host, type MarketInput, type Participant } from './index.ts'
import { PredictionBoard } from './decision/prediction-board.ts'
import { OutputDigest } from './host/output-digest.ts'
import { build, feature, follow, identity, last, trades } from './orchestrator.fixture.ts'
import { fixtures } from './testing/index.ts'
import { encodePlain } from './host/plain-codec.ts'

const both = (): MarketInput[] => trades(40).flatMap((one) => [one, { ...one, symbol: 'ETH/USDT' } as MarketInput])

describe('modules beside each other', () => {
  test('one that floods leaves the others their events', async () => {
    const flood = defineModule({
      name: 'flood', ...identity,
      on: { trade: (_, { emit }) => { for (;;) (emit as (topic: string, payload: object) => void)('flood:drop', {}) } },
    })
    const tidy = defineModule({
      name: 'tidy', ...identity,
      on: { trade: (_, { emit }) => (emit as (topic: string, payload: object) => void)('tidy:drop', {}) },
      predict: () => ({ horizon: '1s', probabilities: { buy: 1, hold: 0, sell: 0 } }),
    })
    const { orchestrator } = build([flood, tidy], {}, trades(10))
    await orchestrator.run()
    expect(orchestrator.status().modules.map(({ name, faults }) => [name, faults > 0])).toEqual([['flood', true], ['tidy', false]])
  })

  test('a global one answers for the symbol that is asked about', async () => {
    const asked: Record<string, Set<string>> = { predict: new Set(), combine: new Set(), thresholds: new Set() }
    const world = defineModule({
      name: 'world', ...identity, scope: 'global', features: { price: feature },
      state: () => ({ n: 0 }),
      predict(ctx) { asked['predict']?.add(ctx.symbol); return { abstain: 'no' } },
      combine(predictions, ctx) { asked['combine']?.add(`${predictions[0]?.symbol} ${ctx.symbol}`); return { abstain: 'no' } },
      thresholds(ctx) { asked['thresholds']?.add(ctx.symbol); return { open: 0.2, close: 0.1 } },
    })
    await build([last, follow, world], {}, both()).orchestrator.run()
    const symbols = ['BTC/USDT', 'ETH/USDT']
    expect(asked).toEqual({ predict: new Set(symbols), combine: new Set(symbols.map((symbol) => `${symbol} ${symbol}`)), thresholds: new Set(symbols) })
  })

  test('one that fails at a boundary has its status told within the same input', async () => {
    const failing = defineModule({ name: 'failing', ...identity, predict: () => { throw new Error('no') } })
    const { orchestrator } = build([failing], {}, fixtures.candles('BTC/USDT', '1m', { count: 10 }))
    const told: [string, boolean][] = []
    await orchestrator.initialize()
    orchestrator.on('module:status', ({ status, sequence }) => void told.push([status, sequence === orchestrator.status().sequence]))
    await orchestrator.run()
    expect(told[0]).toEqual(['faulted', true])
    expect(told.every(([, inTime]) => inTime)).toBe(true)
  })

  test('an infinite value is a fault in a range without an end', async () => {
    const endless = defineModule({
      name: 'endless', ...identity, features: { x: { ...feature, range: [0, Infinity] } },
      on: { trade: (_, { features }) => void (features.x = 1 / 0) },
    })
    const { orchestrator } = build([endless], {}, trades(10))
    const codes: string[] = []
    orchestrator.on('module:fault', ({ code }) => void codes.push(code))
    await orchestrator.run()
    expect(codes[0]).toBe('module.range')
  })
})

test('a participant that stops listening twice takes no other off', async () => {
  let heard = 0
  class Listening implements Participant {
    readonly name = 'listening'
    attach(host: Host): void {
      host.onOutcomes(() => void heard++)
      const stop = host.onOutcomes(() => {})
      stop()
      stop()
    }
    snapshot() { return null }
    restore(): void {}
  }
  const listening = defineModule({ name: 'listening', ...identity, participant: () => new Listening() })
  await build([last, listening], {}, trades(10)).orchestrator.run()
  expect(heard).toBeGreaterThan(0)
})

test('an answer after a restart decides for the reasons of one without', async () => {
  const shy = defineModule({ name: 'shy', ...identity, predict: () => ({ abstain: 'shy' }) })
  class Asking implements Participant {
    readonly name = 'asking'
    attach(host: Host): void {
      host.work('ask', { kind: 'inference', fromRecord: true, compute: async () => null, apply: () => {} })
      host.onOutcomes((_, time) => { if (time === 3e6) host.defer({ handler: 'ask', due: 100e6, payload: { a: 1 } }) })
    }
    snapshot() { return null }
    restore(): void {}
  }
  const asking = defineModule({ name: 'asking', ...identity, participant: () => new Asking() })
  const { orchestrator } = build([shy, asking], {}, trades(20))
  await orchestrator.run({ until: 5e6 })
  const bytes = await orchestrator.snapshot()
  await orchestrator.restore(bytes)
  expect(await orchestrator.snapshot()).toEqual(bytes)
})

test('explaining a decision changes no module and faults none', async () => {
  const counting = defineModule({
    name: 'counting', ...identity, features: { asked: feature }, state: () => ({ n: 0 }),
    on: { trade: (_, { state, features }) => void (features.asked = state.n) },
    combine(predictions, { state, random }) {
      state.n++
      const { buy, hold, sell } = predictions[0]?.probabilities ?? { buy: 0, hold: 1, sell: 0 }
      if (predictions.length === 1) throw new Error('only one')
      return random.next() < 2 ? { buy, hold, sell } : { abstain: 'never' }
    },
  })
  const run = async (explains: boolean) => {
    const { orchestrator } = build([last, follow, use(follow, { weight: 0.4 }, { id: 'level' }), counting])
    orchestrator.onDecision((decision) => { if (explains) orchestrator.explain(decision) })
    const { journalHash } = await orchestrator.run()
    return [journalHash, orchestrator.status().modules.find(({ name }) => name === 'counting')?.faults, orchestrator.getFeatures('BTC/USDT').values['counting.asked']]
  }
  expect(await run(true)).toEqual(await run(false))
})

test('an answer that comes late does not take the place of a newer one', () => {
  const board = new PredictionBoard()
  const prediction = (asOf: number) => ({
    id: `net${asOf}`, symbol: 'BTC/USDT', module: 'net', horizon: '1m', asOf, confidence: 1, probabilities: { buy: 1, hold: 0, sell: 0 },
  }) as const
  for (const asOf of [60e6, 120e6, 60e6]) board.add(prediction(asOf), asOf + 60e6, 1)
  expect(board.latest(0).map(({ asOf }) => asOf)).toEqual([120e6])
  expect(board.due(120e6)).toHaveLength(2) // judged all the same
})

test('an observer that was stopped is told no more, also of what waits', async () => {
  const { orchestrator } = build([last], {}, trades(20))
  const told: number[] = []
  const observer = orchestrator.observe('trade', 'lossless', ({ sequence }) => { if (told.push(sequence) === 3) observer.stop() })
  await orchestrator.run()
  for (let turn = 0; turn < 5; turn++) await nextTurn()
  expect(told).toEqual([1, 2, 3])
})

test('a list with holes is no plain data', () => {
  const holes: number[] = []
  holes[2] = 1
  expect(() => encodePlain({ holes })).toThrow("'holes[0]' is undefined")
})

test('missing numbers are one in the digest, whatever their bits', () => {
  const odd = new Float64Array(BigUint64Array.of(0x7ff8000000000123n).buffer)
  const [a, b] = [new OutputDigest(), new OutputDigest()]
  a.addNumbers(odd)
  b.addNumbers(Float64Array.of(NaN))
  expect(a.value()).toBe(b.value())
})
