import { describe, expect, test } from 'vitest'
import { linearPool, logPool, wilson, type Prediction, type Probabilities } from '../index.ts'
import { DecisionMaker } from './decision-maker.ts'
import { ModelRegistry } from './model-registry.ts'
import { Performance } from './performance.ts'
import { applyThresholds } from './position-rules.ts'
import { PredictionBoard, refusal, strongest } from './prediction-board.ts'

const prediction = (module: string, [buy, hold, sell]: readonly [number, number, number], asOf = 0): Prediction => ({
  id: `${module}${asOf}`, symbol: 'BTC/USDT', module, horizon: '60s', probabilities: { buy, hold, sell }, confidence: Math.max(buy, hold, sell), asOf,
})
const rounded = (p: Probabilities | { abstain: string }) => ('abstain' in p ? p : [p.buy, p.hold, p.sell].map((x) => Number(x.toFixed(6))))

describe('pools', () => {
  const [a, b] = [prediction('a', [0.6, 0.3, 0.1]), prediction('b', [0.2, 0.5, 0.3])]
  const context = { symbol: 'BTC/USDT', asOf: 0, weights: { a: 0.7, b: 0.3 } } as const
  test('linear and logarithmic pools give the published numbers', () => {
    expect(rounded(linearPool([a, b], context))).toEqual([0.48, 0.36, 0.16])
    expect(rounded(logPool([a, b], context))).toEqual([0.468928, 0.379985, 0.151087])
  })
  test('without weight there is nothing to pool', () => {
    const none = { ...context, weights: { a: 0, b: 0 } }
    expect([linearPool([a, b], none), logPool([], context)]).toEqual([{ abstain: 'no-predictions' }, { abstain: 'no-predictions' }])
  })
})

describe('position rules', () => {
  const thresholds = { open: 0.2, close: 0.1 }
  test.each([
    [0.2, 0, 'buy', 'open-long', 1], [0.19, 0, 'hold', 'below-threshold', 0], [-0.2, 0, 'sell', 'open-short', -1],
    [0.3, 1, 'hold', 'already-long', 1], [-0.1, 1, 'sell', 'close-long', 0], [-0.09, 1, 'hold', 'below-threshold', 1],
    [-0.25, 1, 'sell', 'reverse-to-short', -1], [0.1, -1, 'buy', 'close-short', 0], [0.25, -1, 'buy', 'reverse-to-long', 1],
    [-0.3, -1, 'hold', 'already-short', -1],
  ] as const)('margin %f with side %i: %s, %s', (margin, side, action, reason, next) => {
    expect(applyThresholds(margin, side, thresholds)).toEqual({ action, reason, side: next })
  })
})

describe('gates', () => {
  const decided = (side: -1 | 0 | 1, [buy, sell]: readonly [number, number], opening: boolean) => {
    const maker = new DecisionMaker(1, { combine: () => ({ buy, hold: 1 - buy - sell, sell }), thresholds: () => ({ open: 0.2, close: 0.1 }), vetoes: () => [], onFault: () => {} })
    maker.registry.register('a', 1)
    maker.boards[0]?.add(prediction('a', [buy, 1 - buy - sell, sell]), 60e6, 100)
    maker.hold(0, side)
    const gates = [{ name: 'open', passed: true }, { name: 'limit', passed: false, opening }]
    const { action, reason } = maker.decide({ symbol: 'BTC/USDT', index: 0, asOf: 0, sequence: 1, boundaryUs: 1e6, price: 100, priceAt: 0, gates, silence: undefined, degraded: false })
    return [action, reason, maker.side(0)]
  }
  test('one of opening lets pass what closes, and of a reversal the closing', () => {
    expect(decided(0, [0.6, 0.1], true)).toEqual(['hold', 'gate:limit', 0])
    expect(decided(1, [0.1, 0.25], true)).toEqual(['sell', 'close-long', 0])
    expect(decided(1, [0.1, 0.6], true)).toEqual(['sell', 'close-long', 0])
    expect(decided(-1, [0.6, 0.1], true)).toEqual(['buy', 'close-short', 0])
    expect(decided(1, [0.6, 0.1], true)).toEqual(['hold', 'already-long', 1])
  })
  test('another holds everything', () => {
    expect(decided(1, [0.1, 0.6], false)).toEqual(['hold', 'gate:limit', 1])
  })
})

describe('the board', () => {
  test('keeps the latest a module and horizon, and gives out what is due once', () => {
    const board = new PredictionBoard()
    board.add(prediction('a', [1, 0, 0], 1), 61, 100)
    board.add(prediction('a', [0, 0, 1], 2), 62, 101)
    expect(board.latest(0).map(({ asOf }) => asOf)).toEqual([2])
    expect(board.latest(3)).toEqual([])
    expect(board.due(61).map(({ price }) => price)).toEqual([100])
    expect(board.due(61)).toEqual([])
    const copy = new PredictionBoard()
    copy.restore(board.snapshot())
    expect([copy.latest(0).length, copy.due(100).length]).toEqual([1, 1])
    copy.forget('a')
    expect(copy.latest(0)).toEqual([])
  })
  test('refuses what is no distribution', () => {
    const of = (buy: number, hold: number, sell: number, confidence?: number) => refusal({ probabilities: { buy, hold, sell }, ...(confidence !== undefined && { confidence }) })
    expect(of(0.5, 0.3, 0.2)).toBeUndefined()
    expect([of(0.5, 0.3, 0.3), of(NaN, 0.5, 0.5), of(1.5, -0.5, 0), of(1, 0, 0, 2)].every((text) => text !== undefined)).toBe(true)
    expect([strongest({ buy: 0.4, hold: 0.3, sell: 0.3 }), strongest({ buy: 0.3, hold: 0.4, sell: 0.3 }), strongest({ buy: 0.2, hold: 0.3, sell: 0.5 })]).toEqual(['buy', 'hold', 'sell'])
  })
})

describe('the registry', () => {
  test('refuses doubles, bad weights and unknown names', () => {
    const registry = new ModelRegistry()
    registry.register('scout', 2)
    expect(() => registry.register('scout')).toThrow('[model scout] is registered already')
    expect(() => registry.set('scout', { weight: -1 })).toThrow('has weight -1')
    expect(() => registry.get('scuot')).toThrow("Did you mean 'scout'?")
    registry.set('scout', { training: false })
    registry.count('scout', 'calls')
    const copy = new ModelRegistry()
    copy.restore(registry.snapshot())
    expect(copy.list()).toEqual([{ name: 'scout', weight: 2, inference: true, training: false, calls: 1, errors: 0 }])
    copy.unregister('scout')
    expect(copy.has('scout')).toBe(false)
  })
})

describe('performance', () => {
  test("Wilson's interval gives the published numbers", () => {
    expect(wilson(8, 10).map((x) => Number(x.toFixed(6)))).toEqual([0.490162, 0.943318])
    expect(wilson(0, 10).map((x) => Number(x.toFixed(6)))).toEqual([0, 0.277533])
  })
  test('counts calls, not holds, and says null where nothing is known', () => {
    const performance = new Performance()
    const score = (p: readonly [number, number, number], bps: number) => performance.add(prediction('a', p), { prediction: '', module: 'a', horizon: '60s', realised: bps > 0 ? 'buy' : 'sell', bps })
    score([0.2, 0.6, 0.2], 5)
    expect(performance.list()[0]).toMatchObject({ n: 1, calls: 0, hitRate: null, interval: null, bps: null })
    score([0.8, 0.1, 0.1], 5)
    score([0.1, 0.1, 0.8], 3)
    const [row] = performance.list()
    expect(row).toMatchObject({ n: 3, calls: 2, hitRate: 0.5, bps: 1 })
    expect(row?.brier).toBeCloseTo((1.04 + 0.06 + 1.46) / 3, 12)
    expect(row?.logLoss).toBeCloseTo(-(Math.log(0.2) + Math.log(0.8) + Math.log(0.1)) / 3, 12)
    const copy = new Performance()
    copy.restore(performance.snapshot())
    expect(copy.list()).toEqual(performance.list())
  })
})

describe('a learned model with few resolved predictions', () => {
  const learned = (p: readonly [number, number, number], confidence = 0.9): Prediction => ({
    id: 'net|BTC/USDT|1|1m', symbol: 'BTC/USDT', module: 'net', horizon: '1m', asOf: 0, version: '7', confidence,
    probabilities: { buy: p[0], hold: p[1], sell: p[2] },
  })
  const resolve = (performance: Performance, times: number, realised: 'buy' | 'hold' | 'sell') => {
    for (let i = 0; i < times; i++) performance.add(learned([0.6, 0.3, 0.1]), { prediction: '', module: 'net', horizon: '1m', realised, bps: 1 })
  }
  test('says nothing before the first, and its own word weighs half at 200', () => {
    const performance = new Performance()
    expect(performance.tempered(learned([0.9, 0.1, 0]))).toMatchObject({ probabilities: { buy: 1 / 3, hold: 1 / 3, sell: 1 / 3 }, confidence: 0 })
    resolve(performance, 100, 'buy')
    resolve(performance, 60, 'hold')
    resolve(performance, 40, 'sell')
    const { probabilities, confidence } = performance.tempered(learned([0.9, 0.1, 0]))
    expect(probabilities.buy).toBeCloseTo(0.5 * 0.9 + (0.5 * 101) / 203, 12)
    expect(probabilities.hold).toBeCloseTo(0.5 * 0.1 + (0.5 * 61) / 203, 12)
    expect(probabilities.sell).toBeCloseTo((0.5 * 41) / 203, 12)
    expect(probabilities.buy + probabilities.hold + probabilities.sell).toBeCloseTo(1, 12)
    expect(confidence).toBe(0.5)
    expect(performance.resolved('net', 'BTC/USDT')).toBe(200)
  })
  test('is as sure as it says where that is less, and the same after a snapshot', () => {
    const [performance, again] = [new Performance(), new Performance()]
    resolve(performance, 300, 'sell')
    expect(performance.tempered(learned([0.5, 0.3, 0.2], 0.4)).confidence).toBe(0.4)
    again.restore(performance.snapshot())
    resolve(performance, 1, 'buy')
    resolve(again, 1, 'buy')
    expect(again.tempered(learned([0.5, 0.3, 0.2]))).toEqual(performance.tempered(learned([0.5, 0.3, 0.2])))
  })
})
