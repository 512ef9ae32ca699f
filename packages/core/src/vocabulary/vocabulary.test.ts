import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { durationUs, fromGrid, gridOf, instrument, nearest, openTimeOf, parseSymbol, toGrid } from '../index.ts'

describe('symbols', () => {
  test('unified symbols pass, others say how to write them', () => {
    expect(parseSymbol('BTC/USDT:USDT')).toBe('BTC/USDT:USDT')
    expect(() => parseSymbol('BTCUSDT')).toThrow("[symbol 'BTCUSDT'] is not a unified symbol. Write BASE/QUOTE")
  })
})

describe('durations', () => {
  test('are integer microseconds', () => {
    expect([durationUs('1.5s'), durationUs('100ms'), durationUs('2w')]).toEqual([1_500_000, 100_000, 1_209_600e6])
  })
  test.each(['5min', '', '0s', '-1m', '0.5us', 's'])("'%s' is refused", (text) => {
    expect(() => durationUs(text as '5m')).toThrow("Write a number and us, ms, s, m, h, d or w")
  })
  test('weeks start on Monday, days at midnight UTC', () => {
    const sunday = Date.UTC(2025, 5, 1, 23, 59) * 1000
    expect(openTimeOf(sunday, durationUs('1w'))).toBe(Date.UTC(2025, 4, 26) * 1000)
    expect(openTimeOf(sunday, durationUs('1d'))).toBe(Date.UTC(2025, 5, 1) * 1000)
  })
})

describe('instruments', () => {
  test('the steps are exact grids', () => {
    const { tick, lot, kind, tickSize } = instrument('BTC/USD:BTC', { venue: 'x', tickSize: '0.5', lotSize: 1e-8 })
    expect([tick, lot, kind, tickSize]).toEqual([{ k: 5, scale: 10 }, { k: 1, scale: 1e8 }, 'inverse', 0.5])
    expect(instrument('BTC/USDT:USDT', { venue: 'x', tickSize: '10', lotSize: '1' })).toMatchObject({ kind: 'linear', tick: { k: 10, scale: 1 } })
  })
  test('a future that settles in its base is inverse, as a perpetual is', () => {
    const kinds = (['BTC/USD', 'BTC/USD:BTC', 'BTC/USD:BTC-210924', 'BTC/USDT:USDT-210924'] as const).map((one) => instrument(one, { venue: 'x', tickSize: 1, lotSize: 1 }).kind)
    expect(kinds).toEqual(['spot', 'inverse', 'inverse', 'linear'])
  })
  test.each(['0', '-1', 'x', '', '1e', '0.0000000000000001'])("a step of '%s' is refused", (step) => {
    expect(() => gridOf(step, 'here')).toThrow(`[here] '${step}' is not a positive decimal`)
  })
  test('each decimal price comes back to the bit', () => {
    const steps = ['0.01', '0.05', '0.1', '0.5', '0.00001']
    fc.assert(fc.property(fc.constantFrom(...steps), fc.integer({ min: 1, max: 1e9 }), (step, n) => {
      const grid = gridOf(step, 'step')
      const text = ((n * grid.k) / grid.scale).toFixed(5)
      expect(fromGrid(grid, toGrid(grid, text))).toBe(Number(text))
      expect(toGrid(grid, Number(text))).toBe(n)
    }), { seed: 7 })
  })
  test('what is no number is missing', () => {
    const grid = gridOf('0.01', 'step')
    expect([toGrid(grid, 'abc'), toGrid(grid, ''), toGrid(grid, Infinity)]).toEqual([NaN, NaN, NaN])
  })
})

describe('suggestions', () => {
  test('name the nearest, or nobody', () => {
    expect(nearest('pivto', ['cob', 'pivot'])).toBe('pivot')
    expect(nearest('zzz', ['cob', 'pivot'])).toBeUndefined()
  })
})
