import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { prominentPeaks, tradeLabels, zigzag } from './index.ts'

const barsOf = (values: readonly number[], spec?: Parameters<typeof prominentPeaks>[1]) =>
  prominentPeaks(values, spec).map(({ hindsight }) => hindsight.bar)

describe('peaks', () => {
  test('of a plateau are one, at its middle', () => {
    expect(barsOf([0, 1, 1, 1, 0, 2, 0])).toEqual([2, 5])
    expect(barsOf([0, 1, 1, 0])).toEqual([1])
    expect(barsOf([1, 1, 0, 2, 2])).toEqual([])
  })
  test('are known with the whole series', () => {
    expect(prominentPeaks([0, 1, 0, 0]).map(({ knownBar }) => knownBar)).toEqual([3])
  })
  test('have the prominence and the neighbours of their definition', () => {
    const series = fc.array(fc.integer({ min: 0, max: 8 }), { maxLength: 60 })
    fc.assert(fc.property(series, fc.integer({ min: 1, max: 6 }), fc.integer({ min: 0, max: 5 }), (values, distance, least) => {
      const prominenceOf = (bar: number) => {
        const towards = (step: number) => {
          let lowest = Infinity
          for (let i = bar; i >= 0 && i < values.length && values[i]! <= values[bar]!; i += step) lowest = Math.min(lowest, values[i]!)
          return lowest
        }
        return values[bar]! - Math.max(towards(-1), towards(1))
      }
      for (const { hindsight: { bar, prominence } } of prominentPeaks(values)) expect(prominence).toBe(prominenceOf(bar))
      const all = barsOf(values)
      const kept = barsOf(values, { distance })
      expect(kept.every((bar, i) => i === 0 || bar - kept[i - 1]! >= distance)).toBe(true)
      for (const bar of all.filter((one) => !kept.includes(one))) { // gone for one as high or higher that stayed
        expect(kept.some((one) => Math.abs(one - bar) < distance && values[one]! >= values[bar]!)).toBe(true)
      }
      expect(barsOf(values, { prominence: least })).toEqual(all.filter((bar) => prominenceOf(bar) >= least))
    }))
  })
  test('nearer than one bar are refused', () => {
    expect(() => prominentPeaks([1], { distance: 0 })).toThrow('extrema')
  })
})

describe('turning points', () => {
  test('take turns, are the extremes of their legs, and are known by a reversal of theta', () => {
    const series = fc.array(fc.integer({ min: 90, max: 110 }), { minLength: 2, maxLength: 80 })
    fc.assert(fc.property(series, fc.constantFrom(100, 400, 900), (values, theta) => {
      const points = zigzag(values, values, theta)
      points.forEach(({ hindsight: { side, bar, price }, knownBar }, i) => {
        const sign = side === 'high' ? 1 : -1
        const leg = values.slice(points[i - 1]?.knownBar ?? bar, knownBar + 1)
        expect(price).toBe(sign === 1 ? Math.max(...leg) : Math.min(...leg))
        expect(values[bar]).toBe(price)
        expect(sign * (price - values[knownBar]!)).toBeGreaterThanOrEqual(price * theta * 1e-4 - 1e-9)
        expect(side).not.toBe(points[i - 1]?.hindsight.side)
      })
    }))
  })
  test('are none in a monotone series, and the last leg ends in none', () => {
    const rising = Array.from({ length: 50 }, (_, i) => 100 + i)
    expect(zigzag(rising, rising, 100)).toEqual([])
    expect(zigzag([100, 110, 90, 120], [100, 110, 90, 120], 500).map(({ hindsight }) => hindsight.price)).toEqual([110, 90])
  })
  test('need a positive theta', () => {
    for (const theta of [0, -1, NaN]) expect(() => zigzag([1], [1], theta)).toThrow('extrema')
  })
})

describe('trade labels', () => {
  const wave = (bars: number, height: number) => {
    const close = Array.from({ length: bars }, (_, i) => 1000 * Math.exp(1e-4 * height * Math.sin(i / 10)))
    return { high: close.map((price) => 1.0005 * price), low: close.map((price) => 0.9995 * price), close }
  }
  test('go from turn to turn, long from lows and short from highs, net of both trades', () => {
    const columns = wave(400, 100)
    const labels = tradeLabels(columns, { feeBps: 5, spreadBps: 1 })
    expect(labels.length).toBeGreaterThan(8)
    labels.forEach(({ hindsight: one, knownBar }) => {
      expect(one.side).toBe(columns.close[one.exitBar]! > columns.close[one.entryBar]! ? 'buy' : 'sell')
      expect(one.netBps).toBeCloseTo(Math.abs(1e4 * Math.log(one.exitPrice / one.entryPrice)) - 12, 9)
      expect(one.netBps).toBeGreaterThan(180)
      expect(one.mfeBps).toBeCloseTo(one.netBps + 12 + 5, 1) // the range of the last candle
      expect(one.maeBps).toBeGreaterThanOrEqual(0)
      expect(one.maeBps).toBeLessThan(6)
      expect(knownBar).toBeGreaterThan(one.exitBar)
    })
    expect(labels.slice(1).map(({ hindsight }) => hindsight.entryBar)).toEqual(labels.slice(0, -1).map(({ hindsight }) => hindsight.exitBar))
  })
  test('are none where legs pay neither the cost nor the average range', () => {
    expect(tradeLabels(wave(400, 5), { feeBps: 5, spreadBps: 1 })).toEqual([])
    expect(tradeLabels(wave(400, 100), { feeBps: 5, spreadBps: 1, atrs: 50 })).toEqual([])
    expect(tradeLabels(wave(400, 100), { feeBps: 0, spreadBps: 0, thetaBps: 500 })).toEqual([])
  })
  test('gain something, always', () => {
    const series = fc.array(fc.integer({ min: -30, max: 30 }), { minLength: 20, maxLength: 200 })
    fc.assert(fc.property(series, (steps) => {
      let price = 1000
      const close = steps.map((step) => (price *= 1 + step * 1e-4))
      const columns = { high: close.map((one) => one * 1.0001), low: close.map((one) => one * 0.9999), close }
      for (const { hindsight } of tradeLabels(columns, { feeBps: 4, spreadBps: 1, atrs: 1 })) expect(hindsight.netBps).toBeGreaterThan(-0.1)
    }))
  })
  test('need a cost that is one', () => {
    const columns = wave(30, 10)
    expect(() => tradeLabels(columns, { feeBps: -1, spreadBps: 5 })).toThrow('extrema')
    expect(() => tradeLabels(columns, { feeBps: 0, spreadBps: 0 })).toThrow('extrema')
  })
})
