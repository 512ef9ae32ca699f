import fc from 'fast-check'
import { expect, test } from 'vitest'
import { normalCdf, normalQuantile } from './normal-distribution.ts'

test('quantiles are those of the tables', () => {
  expect(normalQuantile(0.5)).toBe(0)
  expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 12)
  expect(normalQuantile(0.95)).toBeCloseTo(1.644853626951473, 12)
  expect(normalQuantile(1e-10)).toBeCloseTo(-6.361340902404056, 9)
})

test('a quantile undoes the distribution', () => {
  fc.assert(fc.property(fc.double({ min: -8, max: 5, noNaN: true }), (z) => {
    expect(normalQuantile(normalCdf(z))).toBeCloseTo(z, 8)
  }), { seed: 2 })
})

test('beyond its ends there is no quantile', () => {
  expect([0, 1, -0.1, 1.1, NaN].map(normalQuantile)).toEqual([-Infinity, Infinity, NaN, NaN, NaN])
})
