import { createRandom } from '@tapeloom/core'
import { describe, expect, test } from 'vitest'
import { BackOff } from './back-off.ts'
import { backOffOf } from './live-options.ts'

const times = { firstMs: 500, mostMs: 30_000, stableMs: 60_000 }
const waits = (seed: number, count: number, lastedMs = 0) => {
  const backOff = new BackOff(times, createRandom(seed, 'x'))
  return Array.from({ length: count }, () => backOff.next(lastedMs))
}

describe('waits between attempts', () => {
  test('double from half a second to half a minute, each within a fifth', () => {
    const bases = [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]
    for (const [i, wait] of waits(1, 8).entries()) {
      expect(wait).toBeGreaterThanOrEqual(0.8 * bases[i]!)
      expect(wait).toBeLessThanOrEqual(Math.min(30_000, 1.2 * bases[i]!))
    }
  })

  test('are the same for the same seed, and others for another', () => {
    expect(waits(1, 5)).toEqual(waits(1, 5))
    expect(waits(2, 5)).not.toEqual(waits(1, 5))
  })

  test('begin anew after what lasted long enough', () => {
    expect(Math.max(...waits(3, 20, 60_000))).toBeLessThanOrEqual(600)
    expect(waits(3, 20, 59_999).at(-1)).toBeGreaterThan(20_000)
  })

  test('are taken from durations', () => {
    expect(backOffOf()).toEqual(times)
    expect(backOffOf({ first: '5ms', most: '1m', stable: '2s' })).toEqual({ firstMs: 5, mostMs: 60_000, stableMs: 2000 })
    expect(() => backOffOf({ first: 'soon' as '1s' })).toThrow(/soon/)
  })
})
