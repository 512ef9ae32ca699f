import { expect, test } from 'vitest'
import { DropoutMasks } from './dropout-masks.ts'

const drawn = (seed: number, step: number) => {
  const masks = new DropoutMasks([{ name: 'a', dimensions: [100, 100], rate: 0.2 }, { name: 'b', dimensions: [5], rate: 0.5 }], seed)
  masks.draw(step)
  return masks.arrays
}

test('a mask keeps 1 − rate of its elements and scales them so that the mean stays 1', () => {
  const a = drawn(1, 0).get('a')!
  const kept = a.filter((value) => value > 0)
  expect(new Set(a)).toEqual(new Set([0, 1.25]))
  // Five standard deviations of a binomial share of 10,000.
  expect(Math.abs(kept.length / a.length - 0.8)).toBeLessThan((5 * Math.sqrt(0.8 * 0.2)) / 100)
})

test('masks follow from seed, name and step, and nothing else', () => {
  expect(drawn(1, 3)).toEqual(drawn(1, 3))
  expect(drawn(1, 4).get('a')).not.toEqual(drawn(1, 3).get('a'))
  expect(drawn(2, 3).get('a')).not.toEqual(drawn(1, 3).get('a'))
})
