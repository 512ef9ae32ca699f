import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addToBinnedQuantile, binOf, createBinnedQuantile } from './binned-quantile.ts'
import { hawkesLogLikelihood } from './hawkes.ts'
import { normalCdf } from './normal-distribution.ts'
import { solveLinear } from './solve-linear.ts'

describe('a binned quantile', () => {
  test('lies in the bin of the exact one', () => {
    const numbers = fc.array(fc.double({ min: 1e-9, max: 1e12, noNaN: true }), { minLength: 30, maxLength: 200 })
    fc.assert(fc.property(numbers, fc.constantFrom(0, 0.05, 0.5, 0.95, 1), (values, share) => {
      const quantile = createBinnedQuantile(20, share)
      for (const [i, value] of values.entries()) {
        const bin = addToBinnedQuantile(quantile, value)
        const window = values.slice(Math.max(0, i - 19), i + 1).toSorted((a, b) => a - b)
        expect(bin).toEqual(i < 19 ? NaN : binOf(window[Math.max(1, Math.ceil(share * 20)) - 1]!))
      }
    }))
  })

  test('parts each octave into eight', () => {
    expect([1, 1.124, 1.125, 2, 4].map((value) => binOf(value) - binOf(1))).toEqual([0, 0, 1, 8, 16])
    expect([binOf(0), binOf(1e-300), binOf(1e300)]).toEqual([0, 0, 767])
  })

  test('refuses a share beyond 1', () => {
    expect(() => createBinnedQuantile(9, 2)).toThrow('share 2 is not in 0 … 1')
  })
})

describe('the normal distribution', () => {
  test('has its tabulated probabilities', () => {
    expect(normalCdf(0)).toBe(0.5)
    expect(normalCdf(1)).toBeCloseTo(0.8413447460685429, 14)
    expect(normalCdf(1.959963984540054)).toBeCloseTo(0.975, 14)
    expect(normalCdf(-3.5) / 2.3262907903552504e-4).toBeCloseTo(1, 12)
    expect(normalCdf(-8) / 6.220960574271785e-16).toBeCloseTo(1, 11)
    expect([normalCdf(99), normalCdf(-99), normalCdf(NaN)]).toEqual([1, 0, NaN])
  })

  test('rises, and is symmetric', () => {
    fc.assert(fc.property(fc.double({ min: -9, max: 9, noNaN: true }), (z) => {
      expect(normalCdf(z) + normalCdf(-z)).toBeCloseTo(1, 14)
      expect(normalCdf(z + 0.01)).toBeGreaterThanOrEqual(normalCdf(z))
    }))
  })
})

describe('linear equations', () => {
  test('are solved, rows in any order', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 18, maxLength: 18 }), (numbers) => {
      const a = Float64Array.from(numbers.slice(0, 9))
      for (let i = 0; i < 3; i++) a[((i + 1) % 3) * 3 + i]! += 40
      const x = numbers.slice(9, 15)
      const b = Float64Array.from({ length: 6 }, (_, i) => {
        const [row, column] = [Math.floor(i / 2), i % 2]
        return [0, 1, 2].reduce((sum, k) => sum + a[row * 3 + k]! * x[k * 2 + column]!, 0)
      })
      expect(solveLinear(a, b, 3)).toBe(true)
      for (const [i, value] of b.entries()) expect(value).toBeCloseTo(x[i]!, 9)
    }))
  })

  test('without one solution are refused', () => {
    expect(solveLinear(Float64Array.of(1, 2, 2, 4), Float64Array.of(1, 1), 2)).toBe(false)
  })
})

describe('a Hawkes process', () => {
  test('has the log-likelihood of its definition', () => {
    expect(hawkesLogLikelihood([1, 2, 4], 5, { mu: 0.5, alpha: 0.8, beta: 1.2 })).toBeCloseTo(-5.7886103078270015, 12)
  })

  test('without excitation is a Poisson process', () => {
    expect(hawkesLogLikelihood([1, 2, 4], 5, { mu: 0.5, alpha: 0, beta: 1 })).toBeCloseTo(3 * Math.log(0.5) - 2.5, 12)
  })

  test('that explodes is refused', () => {
    expect(() => hawkesLogLikelihood([1], 2, { mu: 0.5, alpha: 1.2, beta: 1.2 })).toThrow('no stationary process')
  })
})
