import type { Candle } from '@tapeloom/core'
import { expect, test } from 'vitest'
import { levelFeatures, writeLevels, type LevelRow } from './level-columns.ts'
import { addCandle, createStructure, type PivotRules } from './pivot-structure.ts'

const rules: PivotRules = { span: 1, levels: 8, tie: 'first', alternate: false, minAmplitude: 0, breakOnGap: false }

/** The rows after each candle of a series of closes; highs and lows are half a unit away. */
function rows(closes: readonly number[], given = rules): LevelRow[] {
  const structure = createStructure(given.levels)
  return closes.map((close, i) => {
    const openTime = 60e6 * i
    const candle = {
      openTime,
      closeTime: openTime + 60e6,
      open: close,
      high: close + 0.5,
      low: close - 0.5,
      close,
      volume: 1,
    }
    addCandle(structure, candle as Candle, given, () => {})
    const row = {} as LevelRow
    writeLevels(row, structure.levels, Math.log(close), i)
    return row
  })
}
const last = (closes: readonly number[], given = rules) => rows(closes, given).at(-1) as LevelRow

test('each level declares seven columns, and each is written', () => {
  expect(Object.keys(levelFeatures)).toHaveLength(56)
  expect(Object.keys(last([1, 2])).toSorted()).toEqual(Object.keys(levelFeatures).toSorted())
})

test('everything is missing before the first pivot, and the trend before two highs and two lows', () => {
  expect(Object.values(last([1, 2])).every(Number.isNaN)).toBe(true)
  const row = last([10, 20, 15])
  expect([row.l1Trend, row.l1Strength, row.l1Break, row.l1AgeBars]).toEqual([NaN, NaN, NaN, 1])
  expect(row.l1HighBps).toBeCloseTo(1e4 * Math.log(20.5 / 15), 9)
  expect(row.l1LowBps).toBeNaN()
})

test('two rising highs and two rising lows are a trend of 1, falling ones of −1, mixed ones of 0', () => {
  expect(last([10, 20, 15, 25, 18, 19]).l1Trend).toBe(1)
  expect(last([30, 25, 28, 20, 24, 23]).l1Trend).toBe(-1)
  expect(last([10, 20, 15, 25, 12, 13]).l1Trend).toBe(0)
})

test('strength counts the comparisons of the last ten that agree with the trend', () => {
  expect(last([10, 20, 15, 25, 18, 19]).l1Strength).toBe(0.2)
  const rising = Array.from({ length: 40 }, (_, i) => 100 + i + (i % 2 === 0 ? 0 : 5))
  expect(last(rising).l1Strength).toBe(1)
  expect(last([10, 20, 15, 25, 12, 13]).l1Strength).toBe(0)
})

test('a close beyond the last high breaks it once: 1 with the trend, 2 against it', () => {
  const up = [10, 20, 15, 25, 18, 19]
  expect(
    rows([...up, 26, 27])
      .map((row) => row.l1Break)
      .slice(-3),
  ).toEqual([NaN, 1, 0]) // judged by the trend before
  expect(last([...up, 17]).l1Break).toBe(-2)
  const down = [30, 25, 28, 20, 24, 23]
  expect(last([...down, 19]).l1Break).toBe(-1)
  expect(last([...down, 25]).l1Break).toBe(2)
})

test('without a trend nothing counts as a break', () => {
  expect(last([10, 20, 15, 25, 12, 13, 26]).l1Break).toBe(0)
})

test('with alternate, a higher high that repeats the side takes the place of the last one', () => {
  const strict: PivotRules = { ...rules, tie: 'strict' }
  const closes = [20, 30, 12, 20, 15, 15, 25, 8, 9] // highs 30 20 25, lows 12 8: the two 15 are none
  expect(last(closes, strict).l1Trend).toBe(0)
  expect(last(closes, { ...strict, alternate: true }).l1Trend).toBe(-1)
})

test('the newest pivot is labelled against the one before on its side', () => {
  const labels = (closes: readonly number[]) => last(closes).l1Label
  expect(labels([10, 20, 15])).toBeNaN()
  expect(labels([10, 20, 15, 25, 18])).toBe(2) // HH
  expect(labels([10, 20, 15, 25, 18, 19])).toBe(1) // HL
  expect(labels([30, 25, 28, 20, 24, 23])).toBe(-1) // LH
  expect(labels([30, 25, 28, 20, 24])).toBe(-2) // LL
  expect(labels([10, 20, 15, 20, 18])).toBe(0)
})
