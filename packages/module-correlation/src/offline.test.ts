import fc from 'fast-check'
import { expect, test } from 'vitest'
import { johansen } from './johansen.ts'
import { kalmanLevel } from './kalman-level.ts'
import { addToRegression, createRegression, hedgeRatio } from './kalman-regression.ts'
import { backward, cholesky, forward, matrix, symmetricEigen, times, transposed } from './symmetric-eigen.ts'

const random = (seed: number) => {
  let state = seed
  const uniform = () => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) + 0.5) / 2 ** 32
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
}
const near = (values: ArrayLike<number>, digits: number) => Array.from(values, (one) => expect.closeTo(one, digits) as number)
const plain = (rows: readonly Float64Array[]) => rows.map((row) => Array.from(row))

const square = fc.integer({ min: 1, max: 6 }).chain((size) =>
  fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: size * size, maxLength: size * size }).map((values) =>
    matrix(size, size, (i, j) => values[i * size + j]!)))

test('eigenvectors are orthonormal, and with the eigenvalues make the matrix again', () => {
  fc.assert(fc.property(square, (given) => {
    const a = matrix(given.length, given.length, (i, j) => given[i]![j]! + given[j]![i]!)
    const { values, vectors } = symmetricEigen(a)
    expect(Array.from(values)).toEqual(Array.from(values).toSorted((x, y) => y - x))
    const scaled = matrix(a.length, a.length, (i, j) => vectors[i]![j]! * values[j]!)
    expect(plain(times(scaled, transposed(vectors)))).toEqual(plain(a).map((row) => near(row, 9)))
    expect(plain(times(transposed(vectors), vectors))).toEqual(plain(matrix(a.length, a.length, (i, j) => Number(i === j))).map((row) => near(row, 12)))
  }))
})

test('eigenvalues that hardly differ are told apart', () => {
  const { values } = symmetricEigen(matrix(2, 2, (i, j) => (i === j ? 1 : 1e-12)))
  expect(values[0]! - values[1]!).toBeCloseTo(2e-12, 15)
})

test('a matrix of full rank is L·Lᵀ, whose triangles are solved; one of lower rank has no L', () => {
  fc.assert(fc.property(square, (given) => {
    const a = times(given, transposed(given)).map((row, i) => row.map((one, j) => one + Number(i === j)))
    const lower = cholesky(a)!
    const unit = matrix(a.length, a.length, (i, j) => Number(i === j))
    expect(plain(times(lower, transposed(lower)))).toEqual(plain(a).map((row) => near(row, 8)))
    expect(plain(times(lower, forward(lower, unit)))).toEqual(plain(unit).map((row) => near(row, 9)))
    expect(plain(times(transposed(lower), backward(lower, unit)))).toEqual(plain(unit).map((row) => near(row, 9)))
  }))
  expect(cholesky(matrix(2, 2, () => 1))).toBeUndefined()
})

/** Annual flow of the Nile at Aswan, 10⁸ m³, 1871 to 1970. */
const nile = [
  1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020, 960, 1180, 799, 958, 1140, 1100, 1210, 1150, 1250, 1260, 1220,
  1030, 1100, 774, 840, 874, 694, 940, 833, 701, 916, 692, 1020, 1050, 969, 831, 726, 456, 824, 702, 1120, 1100, 832, 764, 821, 768, 845, 864, 862, 698,
  845, 744, 796, 1040, 759, 781, 865, 845, 944, 984, 897, 822, 1010, 771, 676, 649, 846, 812, 742, 801, 1040, 860, 874, 848, 890, 744, 749, 838, 1050,
  918, 986, 797, 923, 975, 815, 1020, 906, 901, 1170, 912, 746, 919, 718, 714, 740,
]

test('the level of the Nile is the published one, with its likelihood', () => {
  const { level, variance, logLikelihood } = kalmanLevel(nile, { noise: 15_099, walk: 1469.1 })
  expect([level[0], level[99], variance[99], logLikelihood]).toEqual(near([1118.311, 798.37, 4032.158, -632.544], 3))
})

test('a missing row is predicted: the level stays and its variance grows by the walk', () => {
  const { level, variance } = kalmanLevel([1, 2, NaN, 3], { noise: 1, walk: 0.5 })
  expect(level[2]).toBe(level[1])
  expect(variance[2]).toBeCloseTo(variance[1]! + 0.5, 12)
})

const line = (y: readonly number[], x: readonly number[]) => {
  const mean = (of: readonly number[]) => of.reduce((sum, one) => sum + one, 0) / of.length
  const [mx, my] = [mean(x), mean(y)]
  const slope = x.reduce((sum, one, i) => sum + (one - mx) * (y[i]! - my), 0) / x.reduce((sum, one) => sum + (one - mx) * (one - mx), 0)
  return [my - slope * mx, slope]
}

test('without state noise the hedge ratio is least squares of all rows so far', () => {
  const normal = random(1)
  const x = Array.from({ length: 200 }, () => normal())
  const y = x.map((one) => 0.3 + 1.7 * one + 0.1 * normal())
  const { intercept, slope } = hedgeRatio(y, x)
  for (const rows of [3, 10, 200]) expect([intercept[rows - 1], slope[rows - 1]]).toEqual(near(line(y.slice(0, rows), x.slice(0, rows)), 6))
})

test('with state noise the hedge ratio follows one that moves, which least squares does not', () => {
  const normal = random(2)
  const x = Array.from({ length: 2000 }, () => normal())
  const y = x.map((one, i) => (i < 1000 ? 1 : 2) * one + 0.1 * normal())
  expect(hedgeRatio(y, x, 1e-3).slope[1999]).toBeCloseTo(2, 1)
  expect(hedgeRatio(y, x).slope[1999]).toBeLessThan(1.6)
})

test('the spread is what was not foreseen: it does not change with later rows, and a pair with a gap is left out', () => {
  const normal = random(3)
  const x = Array.from({ length: 50 }, () => normal())
  const y = x.map((one) => 2 * one + normal())
  expect(Array.from(hedgeRatio(y, x, 0.01).residual.subarray(0, 30))).toEqual(Array.from(hedgeRatio(y.slice(0, 30), x.slice(0, 30), 0.01).residual))
  const gap = hedgeRatio([1, NaN, 2], [1, 5, 2])
  expect(gap.slope[1]).toBe(gap.slope[0])
})

test('the covariance of the filter stays positive over 100,000 nearly equal regressors', () => {
  const state = createRegression()
  const normal = random(4)
  for (let i = 0; i < 100_000; i++) addToRegression(state, 1 + 1e-9 * normal(), normal())
  expect(state[2]).toBeGreaterThan(0)
  expect(state[4]).toBeGreaterThan(0)
  expect(state[2]! * state[4]! - state[3]! * state[3]!).toBeGreaterThan(-1e-9 * state[2]! * state[4]!)
})

const walks = (count: number, rows: number, seed: number) => {
  const normal = random(seed)
  return Array.from({ length: count }, () => {
    let level = 0
    return Array.from({ length: rows }, () => (level += normal()))
  })
}

test('two walks bound to each other have one relation, whose ratio is found; two free ones have none', () => {
  const normal = random(5)
  const [first, second] = walks(2, 500, 6) as [number[], number[]]
  const bound = first.map((one) => 3 + 2 * one + normal())
  for (const constant of ['restricted', 'unrestricted'] as const) {
    const { trace, critical, relations, eigenvalues } = johansen([bound, first], { lags: 3, constant })
    expect(trace[0]).toBeGreaterThan(100)
    expect(trace[1]).toBeLessThan(9.24)
    expect(relations[0]![1]).toBeCloseTo(-2, 1)
    expect(eigenvalues).toHaveLength(2)
    expect(Array.from(critical)).toEqual(constant === 'restricted' ? [19.96, 9.24] : [NaN, NaN])
  }
  const free = johansen([first, second])
  expect(free.trace[0]).toBeLessThan(free.critical[0]!)
})

test('the trace does not depend on units nor on the order of the series', () => {
  const [a, b, c] = walks(3, 200, 8) as [number[], number[], number[]]
  const { trace } = johansen([a, b, c])
  const scaled = johansen([c.map((one) => 1e4 * one), a, b.map((one) => one / 1e3)]).trace
  expect(Array.from(scaled)).toEqual(near(trace, 6))
})

test('series that cannot be tested are refused', () => {
  const [a, b] = walks(2, 100, 9) as [number[], number[]]
  const text = '[johansen] cannot test'
  expect(() => johansen([a, a.map((one) => 2 * one)])).toThrow(text)
  expect(() => johansen([a, a.map((one) => 2 * one)], { lags: 1 })).toThrow(text)
  expect(() => johansen([a, b.slice(1)])).toThrow(text)
  expect(() => johansen([a, b.with(4, NaN)])).toThrow(text)
  expect(() => johansen([a.slice(0, 8), b.slice(0, 8)])).toThrow(text)
  for (const spec of [{ lags: 0 }, { lags: 1.5 }, { seasons: 0 }, { seasons: 100 }]) expect(() => johansen([a, b], spec)).toThrow(text)
  expect(johansen([a, b], { lags: 1, constant: 'unrestricted' }).trace).toHaveLength(2)
})

test('with seasons, a pattern that comes each year does not matter', () => {
  const [a, b] = walks(2, 120, 10) as [number[], number[]]
  const seasonal = a.map((one, i) => one + [3, -1, 0, 5][i % 4]!)
  const found = johansen([seasonal, b], { seasons: 4 }).trace
  expect(Array.from(found)).toEqual(near(johansen([a, b], { seasons: 4 }).trace, 6))
  expect(found[0]).not.toBeCloseTo(johansen([seasonal, b]).trace[0]!, 2)
})
