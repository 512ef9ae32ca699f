import { expect, test } from 'vitest'
import { backtestOverfitting } from './backtest-overfitting.ts'
import { deflatedSharpe, expectedMaximum, minimumBacktestLength, minimumTrackRecord, probabilisticSharpe, sharpeMoments } from './sharpe-statistics.ts'

/** Normal numbers by Box and Muller over a Lehmer generator. */
function noise(seed: number): () => number {
  let state = seed
  const uniform = () => ((state = (state * 48_271) % 2_147_483_647) / 2_147_483_647)
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
}

test('the probabilistic Sharpe ratio is that of its paper', () => {
  const hedge = { sharpe: 1.585 / Math.sqrt(12), n: 24, skewness: -2.448, kurtosis: 10.164 }
  expect(probabilisticSharpe(hedge)).toBeCloseTo(0.9132343069, 9)
})

test('the deflated Sharpe ratio is that of its paper', () => {
  const strategy = { sharpe: 2.5 / Math.sqrt(250), n: 1250, skewness: -3, kurtosis: 10 }
  expect(deflatedSharpe(strategy, 100, 0.5 / 250)).toBeCloseTo(0.9003968345, 9)
  expect(deflatedSharpe(strategy, 46, 0.5 / 250)).toBeCloseTo(0.950501707, 8)
  expect(deflatedSharpe({ ...strategy, skewness: 0, kurtosis: 3 }, 88, 0.5 / 250)).toBeCloseTo(0.950490817, 8)
})

test('track records have to be as long as their paper says', () => {
  const years = (periods: number, skewness = 0, kurtosis = 3) =>
    minimumTrackRecord({ sharpe: 2 / Math.sqrt(periods), skewness, kurtosis }, 1 / Math.sqrt(periods)) / periods
  expect(years(250)).toBeCloseTo(2.73, 2)
  expect(years(52)).toBeCloseTo(2.83, 2)
  expect(years(12)).toBeCloseTo(3.24, 2)
  expect(years(12, -0.72, 5.78)).toBeCloseTo(4.99, 2)
  expect(minimumTrackRecord({ sharpe: 0.1, skewness: 0, kurtosis: 3 }, 0.2)).toBe(Infinity)
})

test('backtests have to be as long as their paper says', () => {
  expect(minimumBacktestLength(45)).toBeCloseTo(5, 1)
  expect(minimumBacktestLength(7)).toBeCloseTo(1.92, 2)
  expect(expectedMaximum(1)).toBe(0)
})

test('moments are those of the returns; without variance there are none', () => {
  const moments = sharpeMoments([1, 2, 3, 4, 10])
  expect(moments?.sharpe).toBeCloseTo(4 / Math.sqrt(12.5), 12)
  expect(moments?.skewness).toBeCloseTo(1.1384199577, 9)
  expect(moments?.kurtosis).toBeCloseTo(2.788, 9)
  expect(sharpeMoments([1])).toBeUndefined()
  expect(sharpeMoments([0.1, 0.1, 0.1])).toBeUndefined()
})

test('the best of noise is below the median half the time, a truly best strategy never', () => {
  const next = noise(12_345)
  const runs = Array.from({ length: 40 }, () =>
    backtestOverfitting(Array.from({ length: 50 }, () => Float64Array.from({ length: 1000 }, next)), 10))
  const mean = runs.reduce((sum, one) => sum + one, 0) / runs.length
  expect(Math.abs(mean - 0.486)).toBeLessThan(0.08)
  const best = Array.from({ length: 50 }, (_, i) => Float64Array.from({ length: 1000 }, () => next() + (i === 17 ? 1 : 0)))
  expect(backtestOverfitting(best, 10)).toBe(0)
})

test('strategies that cannot be compared are refused', () => {
  expect(() => backtestOverfitting([[1, 2, 3]], 2)).toThrow(/1 strategies of 3 returns/)
  expect(() => backtestOverfitting([[1, 2, 3], [1, 2]], 2)).toThrow(/equal length/)
  expect(() => backtestOverfitting([[1, 2, 3], [1, 2, 3]], 3)).toThrow(/even number/)
})
