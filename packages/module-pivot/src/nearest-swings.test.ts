import { expect, test } from 'vitest'
import { writeNearest, type NearestRow } from './nearest-swings.ts'
import { createStructure } from './pivot-structure.ts'

/** The row for newest highs and lows of levels 1, 2 … at a close. */
function nearest(swings: readonly (readonly [high: number, low: number])[], close: number, atr = 2) {
  const structure = { ...createStructure(swings.length), close, atr }
  swings.forEach(([high, low], i) => structure.levels[i]?.swing.set([high, NaN, low, NaN]))
  const row = {} as NearestRow
  writeNearest(row, structure)
  return [row.supportAtr, row.supportLevel, row.resistanceAtr, row.resistanceLevel]
}

test('support is the nearest swing at or below the close, resistance the nearest above it', () => {
  expect(nearest([[110, 96], [120, 90]], 100)).toEqual([2, 1, 5, 1])
  expect(nearest([[98, 96], [120, 90]], 100)).toEqual([1, 1, 10, 2]) // a high that was passed supports
  expect(nearest([[120, 100]], 100)).toEqual([0, 1, 10, 1])
})

test('of a swing that is one of several levels the highest is named', () => {
  expect(nearest([[110, 96], [110, 96], [130, 96]], 100)).toEqual([2, 3, 5, 2])
})

test('a side without a swing, and a series without ranges, have no distance', () => {
  expect(nearest([[NaN, 96]], 100)).toEqual([2, 1, NaN, NaN])
  expect(nearest([[NaN, NaN]], 100)).toEqual([NaN, NaN, NaN, NaN])
  expect(nearest([[110, 96]], 100, 0)).toEqual([NaN, 1, NaN, 1])
})
