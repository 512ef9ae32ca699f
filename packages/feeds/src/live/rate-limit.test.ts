import { describe, expect, test } from 'vitest'
import { RecentMedian } from './live-status.ts'
import { wallClock, type LiveClock } from './live-clock.ts'
import { RateLimit } from './rate-limit.ts'

/** A clock that stands still but for its waits. */
class SteppedClock implements LiveClock {
  ms = 1_000_000
  nowUs(): number {
    return this.ms * 1000
  }
  async wait(ms: number): Promise<void> {
    this.ms += ms
  }
}
const { signal } = new AbortController()

describe('an allowance', () => {
  test('is never overspent in any span of its length', async () => {
    const clock = new SteppedClock()
    const limit = new RateLimit({ weight: 100, perMs: 1000 }, clock)
    const spent: (readonly [atMs: number, weight: number])[] = []
    for (let i = 0; i < 60; i++) {
      const weight = 1 + ((i * 37) % 60)
      await limit.take(weight, signal)
      spent.push([clock.ms, weight])
      clock.ms += (i * 13) % 90
    }
    for (const [from] of spent) {
      const inSpan = spent.filter(([at]) => at >= from && at < from + 1000).reduce((sum, [, weight]) => sum + weight, 0)
      expect(inSpan).toBeLessThanOrEqual(100)
    }
  })

  test('that can never do lets one through at a time, and an abort ends the wait', async () => {
    const clock = new SteppedClock()
    const limit = new RateLimit({ weight: 1, perMs: 1000 }, clock)
    await limit.take(5, signal)
    await limit.take(5, signal)
    expect(clock.ms).toBe(1_001_000)
    await limit.take(5, AbortSignal.abort())
    expect(clock.ms).toBe(1_001_000)
  })
})

test('a wait ends when its signal aborts', async () => {
  const controller = new AbortController()
  const waiting = wallClock.wait(60_000, controller.signal)
  controller.abort()
  await waiting
  await wallClock.wait(60_000, controller.signal)
  await wallClock.wait(1, signal)
  expect(wallClock.nowUs()).toBeGreaterThan(1_700_000_000_000_000)
})

test('the newest thousand make the median', () => {
  const median = new RecentMedian()
  expect(median.value).toBeNaN()
  for (const value of [5, 1, 3]) median.add(value)
  expect(median.value).toBe(3)
  median.add(4)
  expect(median.value).toBe(3.5)
  for (let i = 0; i < 1000; i++) median.add(-1270)
  expect(median.value).toBe(-1270)
})
