import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addRow, advanceSums, clearSums, createTimedSums, settleSums } from './timed-sums.ts'

const spans = [1000, 5000]
const step = fc.record({ gap: fc.oneof({ weight: 8, arbitrary: fc.nat(60) }, fc.nat(9000)), value: fc.integer({ min: -9, max: 9 }) })

describe('timed sums', () => {
  test('are those of the bins of the span, whatever came before', () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const sums = createTimedSums(spans, 2)
      const rows: [at: number, value: number][] = []
      let now = 0
      for (const { gap, value } of steps) {
        now += gap
        rows.push([now, value])
        advanceSums(sums, now)
        addRow(sums, Float64Array.of(1, value))
        if (value > 0) continue
        settleSums(sums)
        const expected = spans.flatMap((span) => {
          const width = span / 50
          const inside = rows.filter(([at]) => Math.floor(at / width) > Math.floor(now / width) - 50)
          return [inside.length, inside.reduce((sum, [, one]) => sum + one, 0)]
        })
        expect([...sums.totals]).toEqual(expected)
      }
    }))
  })

  test('of numbers that are not whole do not drift, not even after a far one', () => {
    const sums = createTimedSums([1000], 1)
    for (let i = 0; i < 200_000; i++) {
      advanceSums(sums, 10 * i)
      addRow(sums, Float64Array.of(i === 1000 ? 1e15 : 0.1))
    }
    settleSums(sums)
    expect(sums.totals[0]).toBeCloseTo(10, 9)
  })

  test('take an earlier time as the latest, and begin anew when cleared', () => {
    const sums = createTimedSums([1000], 1)
    advanceSums(sums, 500)
    addRow(sums, Float64Array.of(2))
    advanceSums(sums, 100)
    addRow(sums, Float64Array.of(3))
    settleSums(sums)
    expect(sums.totals[0]).toBe(5)
    clearSums(sums)
    advanceSums(sums, 700)
    addRow(sums, Float64Array.of(4))
    settleSums(sums)
    settleSums(sums)
    expect(sums.totals[0]).toBe(4)
  })
})
