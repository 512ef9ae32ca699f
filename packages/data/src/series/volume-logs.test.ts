import { expect, test } from 'vitest'
import { MemoryBudget } from './memory-budget.ts'
import { VolumeLogs } from './volume-logs.ts'

const rowsOf = (...volumes: readonly number[]): Float64Array => Float64Array.from(volumes.flatMap((volume) => [1, 2, 3, 4, volume, 6]))

test('the logarithm of a slot is that of the volume that stands in it now', () => {
  const logs = new VolumeLogs(new MemoryBudget(1e6))
  expect([...logs.of(rowsOf(0, 1, 2.5, NaN), 6, 0, 4)!]).toEqual([0, Math.log1p(1), Math.log1p(2.5), NaN])
  expect([...logs.of(rowsOf(0, 7, 2.5, 3), 6, 1, 3)!]).toEqual([0, Math.log1p(7), Math.log1p(2.5), Math.log1p(3)])
  const grown = logs.of(rowsOf(9, 8, 7, 6, 5, 4, 3, 2), 6, 2, 5)!
  expect([...grown.subarray(2, 7)]).toEqual([7, 6, 5, 4, 3].map(Math.log1p))
})

test('it takes its memory from the budget, and does without where there is none', () => {
  const budget = new MemoryBudget(16 * 6)
  const logs = new VolumeLogs(budget)
  expect(logs.of(rowsOf(1, 2, 3, 4), 6, 0, 4)).toHaveLength(4)
  expect(budget.usedBytes).toBe(64)
  expect(logs.of(rowsOf(1, 2, 3, 4, 5, 6), 6, 0, 6)).toHaveLength(6)
  expect(budget.usedBytes).toBe(96)
  expect(logs.of(rowsOf(1, 2, 3, 4, 5, 6, 7), 6, 0, 7)).toBeUndefined()
  expect(budget.usedBytes).toBe(96)
})
