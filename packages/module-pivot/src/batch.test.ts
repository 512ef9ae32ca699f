import type { Candle } from '@tapeloom/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NestedPivot } from '@tapeloom/indicators'
import { batch } from './batch.ts'
import { addCandle, createStructure, type PivotRules } from './pivot-structure.ts'

const rules: PivotRules = { span: 2, levels: 5, tie: 'first', alternate: false, minAmplitude: 0, breakOnGap: false }

const candle = (openTime: number, high: number, low: number, close = (high + low) / 2) =>
  ({ openTime, closeTime: openTime + 60e6, open: close, high, low, close, volume: 1 }) as Candle

/** A series of small whole prices, so that ties, flats and both sides at one candle abound; some candles are absent. */
const series = fc
  .array(fc.record({ low: fc.integer({ min: 1, max: 9 }), range: fc.integer({ min: 0, max: 4 }), skip: fc.nat(12) }), {
    maxLength: 120,
  })
  .map((bars) => {
    let openTime = 0
    return bars.map(({ low, range, skip }) =>
      candle((openTime += skip === 0 ? 120e6 : 60e6), low + range, low, low + range / 2),
    )
  })
const anyRules: fc.Arbitrary<PivotRules> = fc.record({
  span: fc.integer({ min: 1, max: 4 }),
  levels: fc.integer({ min: 1, max: 8 }),
  tie: fc.constantFrom('first', 'strict', 'last'),
  alternate: fc.boolean(),
  minAmplitude: fc.constantFrom(0, 0, 0.5, 2),
  breakOnGap: fc.boolean(),
})

function streamed(candles: readonly Candle[], given: PivotRules): NestedPivot[] {
  const structure = createStructure(given.levels)
  const told: NestedPivot[] = []
  candles.forEach((one, confirmedBar) =>
    addCandle(structure, one, given, ({ bar, price }, depth, side) => {
      told.push({ depth, side, bar: bar[3 * side + 2] ?? NaN, price: price[3 * side + 2] ?? NaN, confirmedBar })
    }),
  )
  return told
}

describe('streaming and batch', () => {
  test('agree on every prefix, under all rules, in order', () => {
    fc.assert(
      fc.property(series, anyRules, (candles, given) => {
        const told = streamed(candles, given)
        for (let length = 0; length <= candles.length; length++) {
          expect(told.filter(({ confirmedBar }) => confirmedBar < length)).toEqual(
            batch(candles.slice(0, length), given),
          )
        }
      }),
      { numRuns: 150 },
    )
  })

  test('a level 2 high is above its left and not below its right level 1 neighbour', () => {
    const highs = [1, 5, 1, 7, 1, 7, 1, 6, 1]
    const found = batch(
      highs.map((high, i) => candle(60e6 * i, high, 0.5)),
      { ...rules, span: 1, levels: 2 },
    )
    expect(found.filter(({ depth }) => depth === 2)).toEqual([{ depth: 2, side: 0, bar: 3, price: 7, confirmedBar: 6 }])
  })
})

test('of equal highs the first, none, or the last is the pivot', () => {
  const candles = [1, 2, 5, 5, 2, 1].map((high, i) => candle(60e6 * i, high, 0.5))
  const barsOf = (tie: PivotRules['tie']) => batch(candles, { ...rules, tie, levels: 1 }).map(({ bar }) => bar)
  expect([barsOf('first'), barsOf('strict'), barsOf('last')]).toEqual([[2], [], [3]])
})

test('a flat series, and one shorter than five candles, has no pivot', () => {
  const flat = Array.from({ length: 50 }, (_, i) => candle(60e6 * i, 3, 3))
  for (const tie of ['first', 'strict', 'last'] as const) expect(streamed(flat, { ...rules, tie })).toEqual([])
  expect(
    streamed(
      [1, 2, 5, 2].map((high, i) => candle(60e6 * i, high, 0.5)),
      rules,
    ),
  ).toEqual([])
})

test('one candle may be a high and a low', () => {
  const candles = [
    [5, 4],
    [5, 4],
    [9, 1],
    [5, 4],
    [5, 4],
  ].map(([high = 0, low = 0], i) => candle(60e6 * i, high, low))
  expect(streamed(candles, rules)).toEqual([
    { depth: 1, side: 0, bar: 2, price: 9, confirmedBar: 4 },
    { depth: 1, side: 1, bar: 2, price: 1, confirmedBar: 4 },
  ])
})

test('breakOnGap lets no pivot span absent candles', () => {
  const times = [0, 1, 2, 4, 5]
  const candles = [1, 2, 5, 2, 1].map((high, i) => candle(60e6 * (times[i] ?? 0), high, 0.5))
  expect(streamed(candles, rules)).toHaveLength(1)
  expect(streamed(candles, { ...rules, breakOnGap: true })).toHaveLength(0)
})

test('a candle that is not newer than the last changes nothing', () => {
  const structure = createStructure(5)
  expect(addCandle(structure, candle(60e6, 2, 1), rules, () => {})).toBe(true)
  const before = structuredClone(structure)
  expect(addCandle(structure, candle(60e6, 9, 1), rules, () => {})).toBe(false)
  expect(addCandle(structure, candle(0, 9, 1), rules, () => {})).toBe(false)
  expect(structure).toEqual(before)
})
