import type { Decision } from '@tapeloom/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fixedShare } from './fixed-share.ts'
import { htfVeto } from './htf-veto.ts'
import { scoreOf } from './score.ts'

const sum = (values: ArrayLike<number>) => Array.from(values).reduce((all, one) => all + one, 0)

test('the score is the weighted mean of the known trends; the weight of an absent one goes to the others', () => {
  expect(scoreOf([0.5, -0.25], [3, 1])).toEqual({ score: 0.3125, agreement: 1.25 / 1.75, available: 1 })
  expect(scoreOf([0.5, NaN, -0.25], [3, 4, 1])).toEqual({ score: 0.3125, agreement: 1.25 / 1.75, available: 0.5 })
  expect(scoreOf([0.5, -0.25], [9, 3, 1], 1)).toEqual(scoreOf([0.5, -0.25], [3, 1]))
})

test('without a known trend all is missing, without any movement the agreement is', () => {
  expect(scoreOf([NaN, NaN], [1, 1])).toEqual({ score: NaN, agreement: NaN, available: NaN })
  expect(scoreOf([0, 0], [1, 1])).toEqual({ score: 0, agreement: NaN, available: 1 })
})

test('the score lies between the trends, and opposite trends give the opposite score', () => {
  const trend = fc.oneof(fc.constant(NaN), fc.double({ min: -1, max: 1, noNaN: true }))
  const pairs = fc.array(fc.tuple(trend, fc.double({ min: 1e-6, max: 10, noNaN: true })), { minLength: 1, maxLength: 6 })
  fc.assert(fc.property(pairs, (given) => {
    const [trends, weights] = [given.map(([one]) => one), given.map(([, weight]) => weight)]
    const { score, agreement, available } = scoreOf(trends, weights)
    const known = trends.filter((one) => !Number.isNaN(one))
    expect(Number.isNaN(available)).toBe(known.length === 0)
    if (known.length === 0) return
    expect(available > 0 && available <= 1).toBe(true)
    expect(score).toBeGreaterThanOrEqual(Math.min(...known) - 1e-12)
    expect(score).toBeLessThanOrEqual(Math.max(...known) + 1e-12)
    expect(Number.isNaN(agreement) || (agreement >= 0 && agreement <= 1)).toBe(true)
    expect(scoreOf(trends.map((one) => -one), weights).score).toBeCloseTo(-score, 12)
  }))
})

test('two rounds of fixed-share with losses 0, 1 and 0.5 give the weights of the published algorithm', () => {
  const weights = Float64Array.of(9, 1 / 3, 1 / 3, 1 / 3)
  fixedShare(weights, 1, [0, 1, 0.5], 1, 0.1)
  fixedShare(weights, 1, [0, 1, 0.5], 1, 0.1)
  expect(weights[0]).toBe(9)
  expect(Array.from(weights.subarray(1))).toEqual([0.619529, 0.121955, 0.258516].map((one) => expect.closeTo(one, 6)))
})

test('a sleeping expert keeps its part, and the weights sum to 1 for ever', () => {
  const weights = Float64Array.of(0.2, 0.5, 0.3)
  fixedShare(weights, 0, [1, NaN, 0], 2, 0.1)
  expect(weights[1]).toBe(0.5)
  expect(weights[2]).toBeGreaterThan(0.3)
  const losses = fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean()), { minLength: 3, maxLength: 3 })
  fc.assert(fc.property(fc.array(losses, { maxLength: 40 }), (rounds) => {
    const each = Float64Array.of(0.2, 0.5, 0.3)
    for (const round of rounds) fixedShare(each, 0, round.map(([loss, sleeps]) => (sleeps ? NaN : loss)), 0.5, 0.02)
    expect(sum(each)).toBeCloseTo(1, 9)
    expect(Math.min(...each)).toBeGreaterThan(0)
  }))
})

test('experts without weight, and losses that round all of it away, leave numbers', () => {
  const weights = Float64Array.of(0, 1)
  fixedShare(weights, 0, [0.5, NaN], 0.5, 0.02) // the one that is awake has none
  expect(Array.from(weights)).toEqual([0, 1])
  const small = Float64Array.of(1e-300, 3e-300, 1)
  fixedShare(small, 0, [1, 1, NaN], 100, 0)
  expect(Array.from(small)).toEqual([expect.closeTo(1e-300, 305), expect.closeTo(3e-300, 305), 1])
})

test('an entry against a strong trend of the higher timeframe is vetoed; an exit, a weak and a missing trend pass', () => {
  const answer = (reason: string, trend: number | null, options = {}) =>
    htfVeto(() => ({ 'multi-timeframe.trend4h': trend, 'mtf.trend1d': -0.9 }), options)({ symbol: 'BTC/USDT', reason } as unknown as Decision)
  expect(answer('open-long', -0.6)).toBe('htf')
  expect(answer('open-short', 0.6)).toBe('htf')
  for (const [reason, trend] of [['open-long', -0.5], ['open-long', 0.9], ['open-short', -0.9], ['close-long', -0.9], ['open-long', null]] as const)
    expect(answer(reason, trend)).toBeUndefined()
  expect(answer('open-long', 0.9, { id: 'mtf', timeframe: '1d' })).toBe('htf')
  expect(answer('open-long', -0.6, { limit: 0.7 })).toBeUndefined()
})
