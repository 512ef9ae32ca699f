import { expect, test } from 'vitest'
import { minimise } from './index.ts'

test('the simplex finds the bottom of Rosenbrock’s valley, and turns back where there is no value', () => {
  const valley = ([x = 0, y = 0]: readonly number[]) => (1 - x) * (1 - x) + 100 * (y - x * x) * (y - x * x)
  const { at, value } = minimise(valley, [-1.2, 1], [0.5, 0.5])
  expect(value).toBeLessThan(1e-12)
  expect(at.map((one) => Math.round(1e4 * one) / 1e4)).toEqual([1, 1])
  const root = minimise(([x = 0]) => Math.sqrt(x - 2) + (x - 3) * (x - 3), [5], [-4])
  expect(root.at[0]).toBeGreaterThanOrEqual(2)
  expect(root.value).toBeLessThan(1.01)
})
