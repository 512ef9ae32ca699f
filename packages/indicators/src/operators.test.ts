import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as all from './index.ts'
import { differing, operatorCases, oracleOf, run, type Row } from './testing/operator-cases.ts'

/** Prices are multiples of 1/64: sums of equal ones are exact, so that a flat stretch is flat in every oracle. */
const GRID = 64
const move = fc.integer({ min: -300, max: 300 })
const step = fc.record({
  gap: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, move),
  body: move,
  above: fc.nat(200),
  below: fc.nat(200),
  other: move,
  volume: fc.nat(1000),
  elapsed: fc.nat(5),
  still: fc.oneof({ weight: 20, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 40 })),
  missing: fc.oneof(
    { weight: 60, arbitrary: fc.constant('') },
    fc.constantFrom('high', 'low', 'close', 'volume', 'other'),
  ),
})
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never
/** Whole candles from moves in 64ths; one in 60 misses a number, one in 20 is followed by a still market. */
function candlesOf(steps: readonly Step[]): Row[] {
  let [close, other] = [100 * GRID, 80 * GRID]
  const atLeast1 = (grid: number) => Math.max(GRID, grid)
  return steps.flatMap(({ gap, body, above, below, volume, elapsed, missing, still, ...moves }) => {
    const open = atLeast1(close + gap)
    close = atLeast1(open + body)
    other = atLeast1(other + moves.other)
    const [high, low] = [Math.max(open, close) + above, atLeast1(Math.min(open, close) - below)]
    const prices = { open: open / GRID, high: high / GRID, low: low / GRID, close: close / GRID, other: other / GRID }
    const row = { ...prices, volume, elapsed }
    const flat = { ...row, open: row.close, high: row.close, low: row.close, volume: 0 }
    return [missing === '' ? row : { ...row, [missing]: NaN }, ...Array.from({ length: still }, () => flat)]
  })
}
const candles = fc.array(step, { maxLength: 120, size: 'max' }).map(candlesOf)
const lengths = fc.integer({ min: 3, max: 25 })
const names = operatorCases(3).map(({ name }) => name)
const caseOf = (name: string, length: number) => operatorCases(length).find((one) => one.name === name)!
const seeded = (count: number, first = 7): Row[] => {
  let seed = first
  const next = (below: number) => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) % below
  return candlesOf(Array.from({ length: count }, () => ({
    gap: next(3) - 1, body: next(400) - 200, above: next(100), below: next(100), other: next(300) - 150,
    volume: next(1000), elapsed: next(5), still: 0, missing: '',
  })))
}

test('every operator of the package is among the cases', () => {
  const operators = Object.entries(all).filter(([, one]) => typeof one === 'function' && one.prototype instanceof all.Kernel)
  expect(operators.map(([name]) => name).sort()).toEqual(names.toSorted())
})

describe.each(names)('%s', (name) => {
  test('one value at a time equals the oracle over whole columns, missing numbers too', () => {
    fc.assert(
      fc.property(candles, lengths, (given, length) => {
        const one = caseOf(name, length)
        const rows = name === 'RunLengths' ? given.slice(0, 60) : given // its oracle takes the third power of their number
        const wanted = oracleOf(one, rows)
        const got = run(one, rows, Object.keys(wanted))
        expect(Object.keys(wanted).map((output) => [output, differing(got[output]!, wanted[output]!)]))
          .toEqual(Object.keys(wanted).map((output) => [output, []]))
      }),
    )
  })

  test('add returns the value, and a copy of the state goes on exactly from every cut', () => {
    fc.assert(
      fc.property(candles, candles, lengths, (before, after, length) => {
        const one = caseOf(name, length)
        const [straight, other] = [one.make(), one.make()]
        for (const row of before) one.add(straight, row)
        other.state.set(straight.state)
        const built = one.make(straight.state.slice())
        expect(built.value).toBe(straight.value)
        for (const row of after) {
          const value = one.add(straight, row)
          expect([straight.value, one.add(other, row), one.add(built, row)]).toEqual([value, value, value])
        }
        expect(built.state).toEqual(straight.state)
      }),
    )
  })

  test('a reset is a new beginning', () => {
    const one = caseOf(name, 5)
    const used = one.make()
    const rows = seeded(60)
    for (const row of rows) one.add(used, row)
    used.reset()
    expect(used.state).toEqual(one.make().state)
    expect(run(one, rows, ['value'], used)).toEqual(run(one, rows))
  })

  test('it knows a value after enough candles, and none before the first', () => {
    const one = caseOf(name, 5)
    expect(one.make().value).toBeNaN()
    expect(run(one, seeded(80))['value']!.at(-1)).not.toBeNaN()
  })

  test('a state of other parameters is refused', () => {
    const one = caseOf(name, 5)
    expect(() => one.make(new Float64Array(one.make().state.length + 1))).toThrow(`[indicators ${name}] the state has`)
  })
})

const cumulative = ['Vwap', 'Adl', 'Obv', 'ExponentialSum']
/** Their output is of some rows ago, or of that row and this one. */
const lagging = ['Roc', 'Alligator']
/** They look for changes, over all values since the last. */
const detectors = ['PageHinkley', 'Adwin', 'RunLengths']
const blank: Row = { open: NaN, high: NaN, low: NaN, close: NaN, volume: NaN, other: NaN, elapsed: 1 }

const forgetful = names.filter((name) => ![...cumulative, ...lagging, ...detectors].includes(name))

test.each(forgetful)('%s after a missing candle is as if it began there', (name) => {
  const one = caseOf(name, 6)
  const [before, after] = [seeded(70), seeded(90, 11)]
  const got = run(one, [...before, blank, ...after])['value']!
  expect(got[70]).toBeNaN()
  expect(differing(got.slice(71), run(one, after)['value']!)).toEqual([])
})

test.each(detectors)('%s passes a missing candle over', (name) => {
  const one = caseOf(name, 6)
  const [before, after] = [seeded(70), seeded(90, 11)]
  const got = run(one, [...before, blank, ...after])['value']!
  expect(got[70]).toBeNaN()
  expect(got.subarray(71)).toEqual(run(one, [...before, ...after])['value']!.subarray(70))
})

test.each(cumulative)('%s stays unknown after a missing candle, until its reset', (name) => {
  const one = caseOf(name, 6)
  expect(run(one, [...seeded(20), blank, ...seeded(20)])['value']!.subarray(20).every(Number.isNaN)).toBe(true)
})

test('a rate of change misses a candle where it needs it: then and `length` later', () => {
  const got = run(caseOf('Roc', 6), [...seeded(70), blank, ...seeded(90, 11)])['value']!
  expect([...got.keys()].filter((i) => Number.isNaN(got[i]!))).toEqual([0, 1, 2, 3, 4, 5, 70, 76])
})

test('a shifted line misses a candle as many candles later', () => {
  const got = run(caseOf('Alligator', 6), [...seeded(70), blank, ...seeded(90, 11)], ['value', 'teeth', 'lips'])
  const missing = (line: Float64Array) => [...line.keys()].filter((i) => Number.isNaN(line[i]!))
  expect(missing(got['value']!)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 74, 75, 76, 77, 78, 79])
  expect(missing(got['lips']!)).toEqual([0, 70, 71])
})

const windowed = operatorCases(20).filter(({ window }) => window !== Infinity).map(({ name }) => name)

test.each(windowed)('%s forgets a bad tick of 1e7 that has left its window', (name) => {
  const one = caseOf(name, 20)
  const [before, after] = [seeded(150), seeded(200, 3)]
  const bad: Row = { ...before[149]!, high: 1e7, close: 1e7, other: 1e7 }
  const rows = [...before.slice(0, 149), bad, ...after]
  const wanted = oracleOf(one, rows)
  const got = run(one, rows, Object.keys(wanted))
  for (const output of Object.keys(wanted)) {
    const left = (values: Float64Array) => values.subarray(149 + one.window)
    expect(left(wanted[output]!).some((value) => !Number.isNaN(value))).toBe(true)
    expect(differing(left(got[output]!), left(wanted[output]!))).toEqual([])
  }
})

test.each(windowed)('%s does not drift in 200,000 values', (name) => {
  const one = caseOf(name, 20)
  const rows = seeded(1000)
  const kernel = one.make()
  for (let round = 0; round < 200; round++) for (const row of rows) one.add(kernel, row)
  const fresh = one.make()
  for (const row of rows) one.add(fresh, row)
  expect(differing([kernel.value], [fresh.value], 1e-9)).toEqual([])
})
