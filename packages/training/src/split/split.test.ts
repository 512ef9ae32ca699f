import fc from 'fast-check'
import { expect, test } from 'vitest'
import { choices, combinatorialPurged, purgedKFold, walkForward, type Folds } from './folds.ts'
import type { LabelInterval } from './label-interval.ts'
import { spansOf } from './label-interval.ts'
import { embargoOf, purge } from './purge.ts'
import { drawChances, sequentialBootstrap, uniqueness } from './uniqueness.ts'

const book = [{ asOf: 0, knownAt: 3 }, { asOf: 2, knownAt: 4 }, { asOf: 4, knownAt: 6 }]
const meet = (a: LabelInterval, b: LabelInterval) => a.asOf < b.knownAt && b.asOf < a.knownAt
const labels = fc.array(fc.record({ asOf: fc.integer({ min: 0, max: 3600 }), length: fc.integer({ min: 1, max: 400 }) }), { minLength: 2, maxLength: 60 })
  .map((all) => all.map(({ asOf, length }) => ({ asOf: asOf * 1e6, knownAt: (asOf + length) * 1e6 })))

test('labels that share their time are worth what the book says', () => {
  expect([...uniqueness(book)]).toEqual([5 / 6, 3 / 4, 1])
  const chances = drawChances(book, [1])
  ;[5 / 14, 3 / 14, 6 / 14].forEach((chance, i) => expect(chances[i]).toBeCloseTo(chance, 14))
})

test('a sequential bootstrap draws more unique samples than a plain one', () => {
  let state = 7
  const uniform = () => ((state = (state * 48_271) % 2_147_483_647) / 2_147_483_647)
  const many = Array.from({ length: 40 }, (_, i) => ({ asOf: i, knownAt: i + 6 }))
  const mean = (positions: readonly number[]) => {
    const drawn = positions.map((i) => many[i]!)
    return uniqueness(drawn).reduce((sum, one) => sum + one, 0) / drawn.length
  }
  const runs = Array.from({ length: 20 }, () => ({
    sequential: mean(sequentialBootstrap(many, 12, uniform)),
    plain: mean(Array.from({ length: 12 }, () => Math.floor(uniform() * many.length))),
  }))
  const average = (key: 'sequential' | 'plain') => runs.reduce((sum, run) => sum + run[key], 0) / runs.length
  expect(average('sequential')).toBeGreaterThan(1.05 * average('plain'))
})

test('uniqueness equals the mean of 1/concurrency, second by second', () => {
  fc.assert(fc.property(labels, (all) => {
    const values = uniqueness(all)
    all.forEach(({ asOf, knownAt }, i) => {
      let sum = 0
      for (let at = asOf; at < knownAt; at += 1e6) sum += 1 / all.filter((other) => other.asOf <= at && at < other.knownAt).length
      expect(values[i]).toBeCloseTo(sum / ((knownAt - asOf) / 1e6), 9)
    })
  }), { seed: 11, numRuns: 40 })
})

test('stretches that meet are one', () => {
  expect(spansOf([{ asOf: 5, knownAt: 9 }, { asOf: 0, knownAt: 2 }, { asOf: 8, knownAt: 12 }, { asOf: 2, knownAt: 3 }]))
    .toEqual([{ from: 0, to: 3 }, { from: 5, to: 12 }])
})

test('purging equals the comparison of every pair', () => {
  fc.assert(fc.property(labels, labels, fc.integer({ min: 0, max: 300 }), (samples, tests, embargo) => {
    const embargoUs = embargo * 1e6
    const spans = spansOf(tests)
    const wanted = samples.flatMap((sample, i) => {
      const shares = spans.some(({ from, to }) => meet(sample, { asOf: from, knownAt: to }))
      const soon = spans.some(({ to }) => sample.asOf >= to && sample.asOf < to + embargoUs)
      return shares || soon ? [] : [i]
    })
    expect(purge(samples, tests, embargoUs)).toEqual(wanted)
  }), { seed: 3, numRuns: 300 })
})

const folds: readonly (readonly [string, Folds])[] = [
  ['walk-forward', walkForward({ train: '20m', test: '5m' })],
  ['anchored', walkForward({ train: '10m', test: '5m', step: '10m', anchored: true })],
  ['purged k-fold', purgedKFold({ folds: 5, embargo: '30s' })],
  ['combinatorial', combinatorialPurged({ groups: 6, testGroups: 2 })],
]
test.each(folds)('%s: no training label meets a test label, and nothing trains within the embargo after one', (_, folds) => {
  fc.assert(fc.property(labels, (samples) => {
    for (const { train, test } of folds.split(samples, { horizonUs: 10e6 })) {
      expect(train.length * test.length).toBeGreaterThan(0)
      const tested = test.map((i) => samples[i]!)
      for (const i of train) {
        expect(test).not.toContain(i)
        for (const label of tested) {
          expect(meet(samples[i]!, label)).toBe(false)
          expect(samples[i]!.asOf >= label.knownAt && samples[i]!.asOf < label.knownAt + 10e6).toBe(false)
        }
      }
    }
  }), { seed: 5, numRuns: 100 })
})

test('walking forward trains on the past only and tests each sample once', () => {
  const samples = Array.from({ length: 600 }, (_, i) => ({ asOf: i * 60e6, knownAt: (i + 2) * 60e6 }))
  const splits = walkForward({ train: '2h', test: '1h', embargo: '1m' }).split(samples)
  expect(splits.flatMap(({ test }) => test)).toEqual(Array.from({ length: 480 }, (_, i) => i + 120))
  for (const { train, test, spans } of splits) {
    expect(Math.max(...train.map((i) => samples[i]!.knownAt))).toBeLessThanOrEqual(spans[0]!.from)
    expect(train.length).toBe(119) // the last label is known after the test began
    expect(test).toHaveLength(60)
  }
})

test('combinations are tested as often as the book says', () => {
  const samples = Array.from({ length: 60 }, (_, i) => ({ asOf: i * 1e6, knownAt: i * 1e6 + 5e5 }))
  const splits = combinatorialPurged({ groups: 6, testGroups: 2, embargo: '1us' }).split(samples)
  expect(splits).toHaveLength(15)
  for (let i = 0; i < 60; i++) expect(splits.filter(({ test }) => test.includes(i))).toHaveLength(5)
  expect(choices(4, 2)).toEqual([[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]])
})

test('the embargo is the longest of its reasons', () => {
  expect(embargoOf({ spanUs: 1000, horizonUs: 7 })).toBe(10)
  expect(embargoOf({ spanUs: 1000, horizonUs: 60, finestLaneUs: 600 })).toBe(600)
})

test('what cannot be divided is refused', () => {
  expect(() => purgedKFold({ folds: 1 })).toThrow(/\[purged-k-fold\] 1 of 1 groups/)
  expect(() => combinatorialPurged({ groups: 2.5, testGroups: 1 })).toThrow(/whole numbers/)
  expect(() => walkForward({ train: '5x' as never, test: '1m' })).toThrow(/span of time/)
  expect(purgedKFold({ folds: 3 }).split([])).toEqual([])
})
