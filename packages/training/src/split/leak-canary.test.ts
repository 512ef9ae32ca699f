import { createRandom } from '@tapeloom/core'
import { expect, test } from 'vitest'
import { combinatorialPurged, purgedKFold, walkForward } from './folds.ts'
import { leakCanary } from './leak-canary.ts'

const MINUTE_US = 60e6
/** An inference a minute, each label half an hour long: neighbours share most of their future. */
const samples = Array.from({ length: 1200 }, (_, i) => ({ asOf: i * MINUTE_US, knownAt: (i + 30) * MINUTE_US }))

test.each([
  ['purged k-fold', purgedKFold({ folds: 6 })], ['combinatorial', combinatorialPurged({ groups: 6, testGroups: 2 })],
  ['walk-forward', walkForward({ train: '6h', test: '2h' })],
] as const)('%s: a memory of the training knows nothing of a test', (_, folds) => {
  const { hitRate, error } = leakCanary(samples, folds.split(samples), 5)
  expect(Math.abs(hitRate - 0.5)).toBeLessThan(3 * error)
  expect(error).toBeLessThan(0.03)
})

test('a shuffled split lets it look into the tests', () => {
  const random = createRandom(7, 'shuffled')
  const group = samples.map(() => random.integer(6))
  const places = samples.map((_, i) => i)
  const shuffled = Array.from({ length: 6 }, (_, k) => ({ train: places.filter((i) => group[i] !== k), test: places.filter((i) => group[i] === k) }))
  const { hitRate, error } = leakCanary(samples, shuffled, 5)
  expect(hitRate).toBeGreaterThan(0.85)
  expect(error).toBeLessThan(0.01)
})

test('without purging, the edges of a contiguous test leak', () => {
  const bare = Array.from({ length: 20 }, (_, k) => {
    const places = samples.map((_, i) => i)
    return { train: places.filter((i) => Math.floor(i / 60) !== k), test: places.filter((i) => Math.floor(i / 60) === k) }
  })
  const { hitRate, error } = leakCanary(samples, bare, 5)
  expect(hitRate - 0.5).toBeGreaterThan(5 * error)
})
