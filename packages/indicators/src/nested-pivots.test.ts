import { expect, test } from 'vitest'
import { nestedPivots } from './index.ts'

const found = (high: readonly number[], tie: 'first' | 'strict' | 'last' = 'first', gapAt?: (bar: number) => boolean) =>
  nestedPivots(high, high.map(() => 0), { span: 1, levels: 3, tie }, gapAt).map(({ depth, bar, confirmedBar }) => [depth, bar, confirmedBar])

test('a high of the next level is known with its right neighbour', () => {
  expect(found([1, 5, 1, 7, 1, 6, 1])).toEqual([[1, 1, 2], [1, 3, 4], [1, 5, 6], [2, 3, 6]])
})

test('of equal highs the first, none, or the last counts', () => {
  const highs = [1, 5, 5, 1]
  expect([found(highs), found(highs, 'strict'), found(highs, 'last')]).toEqual([[[1, 1, 2]], [], [[1, 2, 3]]])
})

test('level 1 spans no gap that is told, and nothing is found where a price is missing', () => {
  expect(found([1, 5, 1], 'first', (bar) => bar === 2)).toEqual([])
  expect(found([1, NaN, 1, NaN, 5, 1])).toEqual([])
})
