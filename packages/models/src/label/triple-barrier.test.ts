import { CLASS, type Candle, type Outcome } from '@tapeloom/core'
import { expect, test } from 'vitest'
import { barrierTouch, ewmSigmaBps, labels } from '../index.ts'

type Bar = readonly [open: number, high: number, low: number]
/** An outcome from 100 whose candles are given as open, high, low. */
const outcome = (bars: readonly Bar[], buy = 0, sell = 0): Outcome =>
  ({
    entry: { close: 100 } as Candle,
    path: bars.map(([open, high, low]) => ({ open, high, low, close: open })),
    prediction: { probabilities: { buy, sell, hold: 1 - buy - sell } },
  }) as unknown as Outcome
const spec = { k: 2, sigmaBps: 50 } // barriers at 101.005 and 99.005

test('the first barrier that is touched labels, the end of the path holds', () => {
  expect(barrierTouch(spec, outcome([[100, 100.5, 99.5], [100, 101.1, 99.5]]))).toEqual({ direction: CLASS.buy, at: 1, ambiguous: false })
  expect(barrierTouch(spec, outcome([[100, 100.5, 98], [100, 105, 100]]))).toEqual({ direction: CLASS.sell, at: 0, ambiguous: false })
  expect(barrierTouch(spec, outcome([[100, 100.5, 99.5], [100, 101, 99.1]]))).toEqual({ direction: CLASS.hold, at: 1, ambiguous: false })
})
test('a barrier is exactly k sigma away in logarithms', () => {
  const edge = 100 * Math.exp(0.01)
  expect(barrierTouch(spec, outcome([[100, edge, 100]]))!.direction).toBe(CLASS.buy)
  expect(barrierTouch(spec, outcome([[100, edge - 1e-9, 100]]))!.direction).toBe(CLASS.hold)
})
test('a candle that opens beyond a barrier touched that one, although it holds both', () => {
  expect(barrierTouch(spec, outcome([[102, 103, 90]], 0.9))).toEqual({ direction: CLASS.buy, at: 0, ambiguous: false })
  expect(barrierTouch(spec, outcome([[98, 110, 97]], 0, 0.9))).toEqual({ direction: CLASS.sell, at: 0, ambiguous: false })
})
test('both barriers in one candle: the one adverse to the prediction, and it says so', () => {
  const both: Bar = [100.2, 102, 98]
  expect(barrierTouch(spec, outcome([both], 0.8))).toEqual({ direction: CLASS.sell, at: 0, ambiguous: true })
  expect(barrierTouch(spec, outcome([both], 0, 0.8))).toEqual({ direction: CLASS.buy, at: 0, ambiguous: true })
  expect(barrierTouch(spec, outcome([both]))).toEqual({ direction: CLASS.buy, at: 0, ambiguous: true })
  expect(barrierTouch(spec, outcome([[99.8, 102, 98]]))!.direction).toBe(CLASS.sell)
})
test('there is no label without prices, a path or a sigma', () => {
  expect(labels.tripleBarrier(spec)(outcome([]))).toBeUndefined()
  expect(labels.tripleBarrier(spec)(outcome([[NaN, 1, 1]]))).toBeUndefined()
  expect(labels.tripleBarrier({ k: 1, sigmaBps: () => NaN })(outcome([[100, 200, 100]]))).toBeUndefined()
  expect(labels.tripleBarrier({ k: 1, sigmaBps: ({ entry }) => entry.close })(outcome([[100, 200, 100]]))).toEqual({ direction: CLASS.buy })
  expect(() => labels.tripleBarrier({ k: 0, sigmaBps: 1 })).toThrow(/k is 0/)
  expect(() => labels.tripleBarrier({ k: 1, sigmaBps: -1 })).toThrow(/sigmaBps -1/)
})
test('the exponentially weighted sigma equals its definition over all weights', () => {
  const closes = [100, 101, 100.5, 102, 101.2, 103, 102.9]
  const keep = 1 - 2 / 5
  const steps = closes.slice(1).map((close, i) => Math.log(close / closes[i]!))
  const weights = steps.map((_, i) => keep ** (steps.length - 1 - i))
  const total = weights.reduce((a, b) => a + b)
  const mean = steps.reduce((sum, step, i) => sum + weights[i]! * step, 0) / total
  const variance = steps.reduce((sum, step, i) => sum + weights[i]! * (step - mean) ** 2, 0) / total
  const correction = total ** 2 / (total ** 2 - weights.reduce((sum, weight) => sum + weight ** 2, 0))
  expect(ewmSigmaBps(closes, 4)).toBeCloseTo(1e4 * Math.sqrt(variance * correction), 9)
  expect(ewmSigmaBps(closes, 4)).toBeCloseTo(SIGMA, 9)
  expect(ewmSigmaBps([1, 2])).toBeNaN()
})
/** The same by plain loops in Python, from pandas' formula. */
const SIGMA = 114.12872291124799
