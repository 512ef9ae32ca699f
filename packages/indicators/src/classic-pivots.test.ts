import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addToCalendarPeriod, addToRollingPeriod, CALENDAR_SIZE, classicKinds, classicPivots, PERIOD, periodNumber, rollingSize } from './index.ts'
import { absence, expected, spy, spyDays } from './testing/golden.ts'

const NAMES = ['pp', 'r1', 's1', 'r2', 's2', 'r3', 's3', 'r4', 's4'] as const
type Kind = (typeof classicKinds)[number]

const pointsOf = (kind: Kind, state: Float64Array) =>
  classicPivots(kind, state[PERIOD.open]!, state[PERIOD.high]!, state[PERIOD.low]!, state[PERIOD.close]!, state[PERIOD.next]!)

/** Pivot points at each daily candle of SPY. */
function calendar(kind: Kind): Float64Array[] {
  const [state, days] = [new Float64Array(CALENDAR_SIZE).fill(NaN), spyDays()]
  return spy().map(({ open, high, low, close }, i) => {
    addToCalendarPeriod(state, 'month', days[i]!, open, high, low, close)
    return pointsOf(kind, state)
  })
}
function rolling(kind: Kind, candles: number, offset: number): Float64Array[] {
  const state = new Float64Array(rollingSize(candles, offset))
  return spy().map(({ open, high, low, close }) => {
    addToRollingPeriod(state, candles, offset, open, high, low, close)
    return pointsOf(kind, state)
  })
}
const near = (value: number): unknown => expect.closeTo(value, 6)

function differences(found: readonly Float64Array[], name: string): string[] {
  return expected(name).flatMap((row, i) =>
    NAMES.flatMap((point, at) => {
      const [want, got] = [row[point] === null ? NaN : Number(row[point]), found[i]![at]!]
      return Object.is(want, got) || Math.abs(want - got) <= 1e-9 ? [] : [`row ${i} ${point}: ${got}, not ${want}`]
    }))
}

if (absence !== undefined) console.warn(absence)
describe.skipIf(absence !== undefined)('pivot points of the daily candles of SPY', () => {
  test('of the month before are those of the published vector', () => {
    expect(differences(calendar('floor'), 'pivot-points')).toEqual([])
    const points = calendar('floor')
    expect([points[149]![0], points[501]![0], points[501]![5]]).toEqual([
      expect.closeTo(233.64, 9), expect.closeTo(266.676667, 6), expect.closeTo(294.383333, 6)])
  })
  test('of the 20 candles before are those of the published vector', () => {
    expect(differences(rolling('floor', 20, 0), 'rolling-pivots')).toEqual([])
  })
  test('at the last candle have the published numbers of Woodie, Camarilla, Fibonacci and DeMark', () => {
    const last = (kind: Kind) => [...calendar(kind)[501]!]
    expect(last('woodie')[0]).toBeCloseTo(269.5025, 6)
    expect([1, 7, 8].map((at) => last('camarilla')[at])).toEqual([270.583417, 278.7005, 259.2195].map(near))
    expect([1, 2].map((at) => last('fibonacci')[at])).toEqual([273.441887, 259.911447].map(near))
    expect(last('demark')[0]).toBeCloseTo(268.605, 6)
  })
})

test('a DeMark pivot counts the low twice after a fall, the high after a rise, the close of a period that did neither', () => {
  const [middle, r1, s1, r2] = classicPivots('demark', 10, 14, 8, 9, NaN)
  expect([middle, r1, s1, r2]).toEqual([39 / 4, 39 / 2 - 8, 39 / 2 - 14, NaN])
  expect(classicPivots('demark', 10, 14, 8, 11, NaN)[0]).toBe(47 / 4)
  expect(classicPivots('demark', 10, 14, 8, 10, NaN)[0]).toBe(42 / 4)
})

test('resistances rise and supports fall; those of Fibonacci and Camarilla mirror about their middle', () => {
  const price = fc.double({ min: 1, max: 1e5, noNaN: true })
  fc.assert(fc.property(price, price, price, price, fc.constantFrom(...classicKinds), (a, b, c, d, kind) => {
    const [low, one, other, high] = [a, b, c, d].toSorted((x, y) => x - y) as [number, number, number, number]
    const points = classicPivots(kind, one, high, low, other, one)
    const rising = [1, 3, 5, 7].map((at) => points[at]!).filter((point) => !Number.isNaN(point))
    const falling = [2, 4, 6, 8].map((at) => points[at]!).filter((point) => !Number.isNaN(point))
    expect(rising.every((point, i) => i === 0 || point >= rising[i - 1]! - 1e-9)).toBe(true)
    expect(falling.every((point, i) => i === 0 || point <= falling[i - 1]! + 1e-9)).toBe(true)
    const around = kind === 'fibonacci' || kind === 'camarilla' ? rising.map((point, i) => point + falling[i]!) : []
    expect(around.every((sum) => Math.abs(sum - 2 * points[0]!) < 1e-6)).toBe(true)
  }))
})

test('a rolling period is that of the candles before, whatever the offset', () => {
  const candles = fc.array(fc.tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 50 })), { maxLength: 60 })
  fc.assert(fc.property(candles, fc.integer({ min: 1, max: 9 }), fc.nat(4), (pairs, length, offset) => {
    const state = new Float64Array(rollingSize(length, offset))
    pairs.forEach(([open, close], i) => {
      const [high, low] = [Math.max(open, close) + 1, Math.min(open, close) - 1]
      addToRollingPeriod(state, length, offset, open, high, low, close)
      const window = pairs.slice(Math.max(0, i - offset - length), Math.max(0, i - offset))
      const known = window.length === length
      expect([...state.subarray(0, 5)]).toEqual([
        known ? window[0]![0] : NaN,
        known ? Math.max(...window.flat()) + 1 : NaN,
        known ? Math.min(...window.flat()) - 1 : NaN,
        i > offset ? pairs[i - offset - 1]![1] : NaN,
        open,
      ])
    })
  }))
})

test('a month is a month of the calendar in UTC, a week begins on Monday', () => {
  const at = (text: string) => Date.parse(text) * 1000
  fc.assert(fc.property(fc.integer({ min: -4e9, max: 6e9 }), (seconds) => {
    const date = new Date(1000 * seconds)
    expect(periodNumber('month', 1e6 * seconds)).toBe(12 * date.getUTCFullYear() + date.getUTCMonth() - 2)
  }))
  expect(periodNumber('week', at('2024-06-02T23:59:59Z'))).toBe(periodNumber('week', at('2024-05-27T00:00:00Z')))
  expect(periodNumber('week', at('2024-06-03T00:00:00Z'))).toBe(periodNumber('week', at('2024-05-27T00:00:00Z')) + 1)
})
