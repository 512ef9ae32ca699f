import { createRandom } from '@tapeloom/core'
import { expect, test } from 'vitest'
import { NStep } from './n-step.ts'
import { PrioritizedReplay } from './prioritized-replay.ts'

const filled = (errors: readonly number[], capacity = 16): PrioritizedReplay<number> => {
  const replay = new PrioritizedReplay<number>(capacity)
  errors.forEach((_, i) => replay.add(i))
  errors.forEach((error, i) => replay.update(i, error))
  return replay
}

test('transitions are drawn in proportion to priority^0.6', () => {
  const errors = [0.1, 0.5, 1, 2, 4, 0, 8, 3, 0.25, 16]
  const [replay, random, counts] = [filled(errors), createRandom(5, 'draw'), new Float64Array(errors.length)]
  const draws = 100_000
  for (let i = 0; i < draws; i++) counts[replay.sample(1, 0.4, random).places[0]!]!++
  const powers = errors.map((error) => Math.pow(Math.abs(error) + 1e-3, 0.6))
  const sum = powers.reduce((a, b) => a + b)
  const chi2 = powers.reduce((total, power, i) => {
    const expected = (draws * power) / sum
    return total + (counts[i]! - expected) ** 2 / expected
  }, 0)
  expect(chi2).toBeLessThan(27.88) // 99.9 % of chi² with 9 degrees of freedom
  expect(replay.share(3)).toBeCloseTo(powers[3]! / sum, 12)
})

test('weights undo the uneven drawing fully at beta 1, and are at most 1', () => {
  const replay = filled([1, 2, 4, 8])
  const { places, weights } = replay.sample(64, 1, createRandom(1, 'weights'))
  expect(Math.max(...weights)).toBe(1)
  const flat = places.map((place, i) => weights[i]! * replay.share(place))
  for (const value of flat) expect(value / flat[0]!).toBeCloseTo(1, 6)
})

test('a full memory forgets the oldest, and one that is new comes first', () => {
  const replay = filled([1, 1, 1, 9], 4)
  replay.add(4)
  expect(replay.size).toBe(4)
  expect(replay.share(0)).toBe(replay.share(3))
  const copy = new PrioritizedReplay<number>(4)
  copy.restore(replay.snapshot())
  expect(copy.sample(8, 0.5, createRandom(2, ''))).toEqual(replay.sample(8, 0.5, createRandom(2, '')))
  expect(() => new PrioritizedReplay(10)).toThrow('Use a power of two')
})

const step = (state: number, reward: number, explored = false) => ({ state, action: 0, reward, explored })

test('three steps become one, with what the state after them counts', () => {
  const returns = new NStep<number>(3, 0.5)
  expect(returns.push(step(0, 1), 1, false)).toEqual([])
  expect(returns.push(step(1, 2), 2, false)).toEqual([])
  expect(returns.push(step(2, 4), 3, false)).toEqual([{ state: 0, action: 0, reward: 1 + 1 + 1, discount: 0.125, next: 3 }])
  expect(returns.push(step(3, 8), 4, true)).toEqual([
    { state: 1, action: 0, reward: 2 + 2 + 2, discount: 0, next: 4 }, { state: 2, action: 0, reward: 4 + 4, discount: 0, next: 4 },
    { state: 3, action: 0, reward: 8, discount: 0, next: 4 },
  ])
})

test('a return ends before an explored action', () => {
  const returns = new NStep<number>(3, 0.5)
  returns.push(step(0, 1), 1, false)
  expect(returns.push(step(1, -100, true), 2, false)).toEqual([{ state: 0, action: 0, reward: 1, discount: 0.5, next: 1 }])
})

test('an error that is not finite leaves the priority as it was', () => {
  const replay = filled([1, 2, 4, 8])
  const shares = () => [0, 1, 2, 3].map((place) => replay.share(place))
  const before = shares()
  for (const error of [NaN, Infinity, -Infinity]) replay.update(1, error)
  replay.add(4)
  expect(shares()).not.toContain(NaN)
  expect(shares()[1]! / shares()[0]!).toBeCloseTo(before[1]! / before[0]!, 12)
})
