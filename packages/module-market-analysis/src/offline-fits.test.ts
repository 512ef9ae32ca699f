import fc from 'fast-check'
import { expect, test } from 'vitest'
import { filterGarch, filterStates, fitGarch, fitStates, smoothStates, type TwoStates } from './index.ts'
import { normals, uniforms } from './testing/normals.ts'

const states: TwoStates = { meanLow: 0.1, meanHigh: -0.2, varianceLow: 0.5, varianceHigh: 4, stayLow: 0.9, highToLow: 0.3 }
const density = (x: number, mean: number, variance: number) =>
  Math.exp((-(x - mean) * (x - mean)) / (2 * variance)) / Math.sqrt(2 * Math.PI * variance)

/** Likelihood, and probability of high variance at return `at`, by summing over every path of states. */
function overAllPaths(returns: readonly number[], at: number) {
  const startHigh = (1 - states.stayLow) / (1 - states.stayLow + states.highToLow)
  const step = (from: number, to: number) => {
    const change = from === 0 ? 1 - states.stayLow : states.highToLow
    return from === to ? 1 - change : change
  }
  let [all, high] = [0, 0]
  for (let path = 0; path < 1 << returns.length; path++) {
    const stateAt = (i: number) => (path >> i) & 1
    const weight = returns.reduce((product, one, i) => {
      const enter = i === 0 ? (stateAt(0) === 1 ? startHigh : 1 - startHigh) : step(stateAt(i - 1), stateAt(i))
      const own = stateAt(i) === 1 ? density(one, states.meanHigh, states.varianceHigh) : density(one, states.meanLow, states.varianceLow)
      return product * enter * own
    }, 1)
    all += weight
    if (stateAt(at) === 1) high += weight
  }
  return { likelihood: all, high: high / all }
}

test('filter and smoother are what summing over every path of states gives', () => {
  const returns = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 1, maxLength: 7 })
  fc.assert(fc.property(returns, (given) => {
    const last = given.length - 1
    const filtered = filterStates(given, states)
    const exact = overAllPaths(given, last)
    expect(filtered.logLikelihood).toBeCloseTo(Math.log(exact.likelihood), 9)
    expect(filtered.high[last]).toBeCloseTo(exact.high, 9)
    const smoothed = smoothStates(given, states)
    given.forEach((_, i) => expect(smoothed[i]).toBeCloseTo(overAllPaths(given, i).high, 9))
  }), { numRuns: 60 })
})

test('an outlier of a thousand deviations is of high variance, not undefined', () => {
  const { high, logLikelihood } = filterStates([0, 1000, 0], states)
  expect([high[1], Number.isFinite(logLikelihood)]).toEqual([1, true])
})

/** 3,000 returns of known states. */
function simulated() {
  const [normal, uniform] = [normals(21), uniforms(22)]
  let isHigh = false
  return Array.from({ length: 3000 }, () => {
    isHigh = isHigh ? uniform() >= states.highToLow : uniform() >= states.stayLow
    return isHigh ? states.meanHigh + Math.sqrt(states.varianceHigh) * normal() : states.meanLow + Math.sqrt(states.varianceLow) * normal()
  })
}

test('EM finds the states of simulated returns, each step more likely, in any unit', () => {
  const returns = simulated()
  const found = fitStates(returns, 200)!
  for (const [name, value] of Object.entries(states))
    expect(Math.abs(found[name as keyof TwoStates] - value)).toBeLessThan(0.05 + 0.1 * Math.abs(value) + (name === 'meanHigh' ? 0.15 : 0))
  const likelihoods = [1, 2, 4, 8, 16, 32].map((steps) => filterStates(returns, fitStates(returns, steps)!).logLikelihood)
  expect(likelihoods).toEqual(likelihoods.toSorted((a, b) => a - b))
  const small = fitStates(returns.map((one) => one / 1e4), 200)!
  expect(small.varianceHigh * 1e8).toBeCloseTo(found.varianceHigh, 6)
})

test('returns that do not vary have no states; one outlier leaves two that are in order', () => {
  expect(fitStates([1, 1, 1])).toBeUndefined()
  const found = fitStates([0, 0, 0, 0, 0, 0, 0, 0, 0, 5])!
  expect(found.varianceHigh).toBeGreaterThanOrEqual(found.varianceLow)
  expect(Object.values(found).every(Number.isFinite)).toBe(true)
})

test('Garch is found again in returns that it made, in any unit', () => {
  const normal = normals(31)
  let variance = 1
  const returns = Array.from({ length: 6000 }, () => {
    const one = Math.sqrt(variance) * normal()
    variance = 0.1 + 0.1 * one * one + 0.8 * variance
    return one
  })
  const found = fitGarch(returns)
  for (const [name, value] of [['mean', 0], ['omega', 0.1], ['alpha', 0.1], ['beta', 0.8]] as const)
    expect(Math.abs(found[name] - value)).toBeLessThan(0.05)
  const small = fitGarch(returns.map((one) => one / 1000))
  expect(small.omega * 1e6).toBeCloseTo(found.omega, 5)
  expect(filterGarch(returns, found).logLikelihood).toBe(found.logLikelihood)
  expect(() => fitGarch([1, 1, 1, 1, 1, 1, 1, 1, 1, 1])).toThrow('10 returns have the variance 0. Give ten or more')
})
