import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { depthSlope, depthTo, fillPrice } from './depth-profile.ts'
import { medianInPlace } from './median-in-place.ts'

test('the median found by selection is that of the sorted values', () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.double({ min: 0, max: 5, noNaN: true })), { minLength: 1, maxLength: 40 }), (pairs) => {
    const values = pairs.flat()
    const sorted = values.toSorted((a, b) => a - b)
    expect(medianInPlace(Float64Array.from(values))).toBe((sorted[values.length / 2 - 1]! + sorted[values.length / 2]!) / 2)
  }))
})

describe('levels of a side', () => {
  const levels = (ended: boolean) => ({ prices: Float64Array.of(100, 99, 97), quantities: Float64Array.of(1, 2, 4), count: 3, ended })
  test('add up as far as a price, when they are known that far', () => {
    expect(depthTo(levels(false), 'bid', 98)).toEqual({ base: 3, quote: 298 })
    expect(depthTo(levels(true), 'bid', 90)).toEqual({ base: 7, quote: 686 })
    expect(depthTo(levels(false), 'bid', 90).base).toBeNaN()
  })

  test('fill a quantity at its mean price, when they hold it', () => {
    expect(fillPrice(levels(true), 2)).toBe(99.5)
    expect(fillPrice(levels(true), 8)).toBeNaN()
  })

  test('deepen by a line through the mid price', () => {
    const value = (base: number) => base
    expect(depthSlope(levels(true), 'bid', 100.5, 98, value)).toBeCloseTo((50 * 1 + 150 * 3) / (50 * 50 + 150 * 150) * 1.005, 9)
    expect(depthSlope(levels(false), 'bid', 100.5, 90, value)).toBeNaN()
    expect(depthSlope(levels(true), 'bid', 100.5, 90, value)).toBeGreaterThan(0)
  })
})
