import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addToTimeMean, createTimeMean, timeMeanAt } from './time-mean.ts'

describe('TimeMean', () => {
  test('weighs values by how long they held', () => {
    const mean = createTimeMean(1e6)
    addToTimeMean(mean, 0, 250_000, 1)
    addToTimeMean(mean, 250_000, 1e6, -1)
    expect(timeMeanAt(mean, 1e6)).toBeCloseTo(-0.5, 12)
  })

  test('is missing until half of the window is known, and unknown time does not count', () => {
    const mean = createTimeMean(1e6)
    expect(timeMeanAt(mean, 0)).toBeNaN()
    addToTimeMean(mean, 0, 400_000, 0.5)
    expect(timeMeanAt(mean, 400_000)).toBeNaN()
    addToTimeMean(mean, 400_000, 700_000, NaN)
    addToTimeMean(mean, 700_000, 900_000, 1)
    expect(timeMeanAt(mean, 900_000)).toBeCloseTo((0.5 * 0.4 + 0.2) / 0.6, 12)
  })

  test('equals the exact integral where values change between bins', () => {
    const held = fc.tuple(fc.integer({ min: 0, max: 200 }), fc.double({ min: -1, max: 1, noNaN: true }))
    fc.assert(
      fc.property(fc.nat(1e6), fc.array(held, { minLength: 1, maxLength: 60 }), (start, spans) => {
        const [mean, width] = [createTimeMean(5e6), 100_000]
        let now = start * width
        const all = spans.map(([bins, value]) => ({ from: now, to: (now += bins * width), value }))
        for (const { from, to, value } of all) addToTimeMean(mean, from, to, value)
        let [integral, known] = [0, 0]
        for (const { from, to, value } of all) {
          const inside = Math.max(0, to - Math.max(from, now - 5e6))
          integral += inside * value
          known += inside
        }
        const got = timeMeanAt(mean, now)
        const off = known < 2.5e6 ? Number(!Number.isNaN(got)) : Math.abs(got - integral / known)
        expect(off).toBeLessThan(1e-9)
      }),
    )
  })

  test('within a bin it is off by less than a fiftieth', () => {
    const mean = createTimeMean(1e6)
    for (let t = 0; t < 3e6; t += 7001) addToTimeMean(mean, t, t + 7001, t < 2_345_678 ? 1 : -1)
    const now = Math.ceil(3e6 / 7001) * 7001
    const exact = (2 * (2_345_678 - (now - 1e6))) / 1e6 - 1
    expect(Math.abs(timeMeanAt(mean, now) - exact)).toBeLessThan(0.02)
  })

  test('forgets what is more than a window back, at once after a long silence', () => {
    const mean = createTimeMean(1e6)
    addToTimeMean(mean, 0, 1e6, 1)
    addToTimeMean(mean, 1e6, 3600e6, NaN)
    expect(timeMeanAt(mean, 3600e6)).toBeNaN()
    addToTimeMean(mean, 3600e6, 3601e6, -1)
    expect(timeMeanAt(mean, 3601e6)).toBeCloseTo(-1, 12)
  })
})
