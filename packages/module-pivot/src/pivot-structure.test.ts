import type { Candle } from '@tapeloom/core'
import { expect, test } from 'vitest'
import { addCandle, check, createStructure, type PivotRules, type PivotStructure } from './pivot-structure.ts'

const rules: PivotRules = { span: 2, levels: 5, tie: 'first', alternate: false, minAmplitude: 0, breakOnGap: false }

/** A seeded walk on whole prices. */
function walk(structure: PivotStructure, candles: number, given: PivotRules, seen?: (bar: number) => void): void {
  let [price, seed] = [1000, 12345]
  for (let i = 0; i < candles; i++) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    price = Math.max(10, price + ((seed >>> 16) % 7) - 3)
    const openTime = 60e6 * i
    const candle = {
      openTime,
      closeTime: openTime + 60e6,
      open: price,
      high: price + 2,
      low: price - 2,
      close: price,
      volume: 1,
    }
    addCandle(structure, candle as Candle, given, () => {})
    seen?.(i)
  }
}
const bytes = (value: unknown): number => {
  if (ArrayBuffer.isView(value)) return value.byteLength
  if (typeof value !== 'object' || value === null) return 8
  return Object.values(value).reduce<number>((sum, one) => sum + bytes(one), 0)
}

test('the check passes at every candle of a walk, under each tie rule and span', () => {
  for (const tie of ['first', 'strict', 'last'] as const) {
    for (const span of [1, 2, 5]) {
      const structure = createStructure(5)
      walk(
        structure,
        3000,
        { ...rules, tie, span },
        (bar) => bar % 97 === 0 && check(structure, { ...rules, tie, span }),
      )
    }
  }
})

test('the check finds a pivot that the state has lost', () => {
  const structure = createStructure(5)
  walk(structure, 2000, rules)
  check(structure, rules)
  structure.levels[2]!.price[2]! += 1 // the newest level 3 high
  expect(() => check(structure, rules)).toThrow(/level 3 high is candle \d+ at \d+; the batch finds/)
})

test('the state has the same size after 1,000 and after 1,000,000 candles', () => {
  const structure = createStructure(5)
  let early = 0
  walk(structure, 1_000_000, rules, (bar) => bar === 1000 && (early = bytes(structure)))
  expect(bytes(structure)).toBe(early)
  expect(early).toBeLessThan(40_000)
})
