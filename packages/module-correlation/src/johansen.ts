import { TapeloomError } from '@tapeloom/core'
import { backward, cholesky, forward, matrix, symmetricEigen, times, transposed, type Matrix } from './symmetric-eigen.ts'

/** What the trace test finds in n series. */
export interface Johansen {
  /** Squared canonical correlations, falling: the larger, the more stationary is the combination. */
  readonly eigenvalues: Float64Array
  /** −T · Σ ln(1 − λ) from each on: large where there are more than so many cointegrating relations (0, 1, …). */
  readonly trace: Float64Array
  /** What each trace exceeds in one of twenty samples without that many more relations; NaN: not tabled here. */
  readonly critical: Float64Array
  /** A row each: the combination of an eigenvalue, its first number 1; with `restricted`, the constant is last. */
  readonly relations: readonly Float64Array[]
}

/** 95 % quantiles of the trace for 1, 2 … relations fewer than series, constant restricted: Osterwald-Lenum (1992), table 1*. */
const CRITICAL = [9.24, 19.96, 34.91, 53.12, 76.07]

/** How the series are modelled. */
export interface JohansenSpec {
  /** Lags of levels, from 1 on: one more than of differences. Default 2. */
  readonly lags?: number
  /** `restricted` to the relations (default), or `unrestricted`, which permits trends. */
  readonly constant?: 'restricted' | 'unrestricted'
  /** Rows a year, where each has a mean of its own; default 1. */
  readonly seasons?: number
}

/**
 * Johansen's trace test of n series of equal length, logs of prices as a rule.
 * @source Johansen (1988, 1991); Johansen & Juselius (1990); Osterwald-Lenum (1992)
 * @throws TapeloomError `correlation.series` when rows are too few, missing, or one series is made of the others
 */
export function johansen(
  series: readonly ArrayLike<number>[],
  { lags = 2, constant = 'restricted', seasons = 1 }: JohansenSpec = {},
): Johansen {
  const [n, length] = [series.length, series[0]?.length ?? 0]
  const rows = length - lags
  const isKnown = series.every((one) => one.length === length && Array.from(one).every(Number.isFinite))
  const isCounted = [lags, seasons].every((count) => Number.isInteger(count) && count >= 1)
  if (!isKnown || !isCounted || !(rows > n * (lags + 1) + seasons))
    throw unfit(`${n} series of ${length} rows with ${lags} lags and ${seasons} seasons`)
  const at = (column: number, row: number) => series[column]![row]!
  const change = (column: number, row: number) => at(column, row) - at(column, row - 1)
  const changes = matrix(rows, n, (t, i) => change(i, t + lags))
  const isRestricted = constant === 'restricted'
  const levels = matrix(rows, isRestricted ? n + 1 : n, (t, i) => (i < n ? at(i, t + lags - 1) : 1))
  const [differences, constants] = [n * (lags - 1), isRestricted ? 0 : 1]
  const nuisance = matrix(rows, differences + constants + seasons - 1, (t, i) => {
    if (i < differences) return change(i % n, t + lags - 1 - Math.floor(i / n))
    const season = i - differences - constants
    return season < 0 ? 1 : Number(t % seasons === season) - 1 / seasons // means of seasons, about their mean
  })
  const critical = Float64Array.from(series, (_, i) => (isRestricted ? (CRITICAL[n - 1 - i] ?? NaN) : NaN))
  return { ...canonical(residuals(changes, nuisance), residuals(levels, nuisance), rows), critical }
}

/** Solves |λ·S11 − S10·S00⁻¹·S01| = 0 as a symmetric problem. */
function canonical(r0: Matrix, r1: Matrix, rows: number): Omit<Johansen, 'critical'> {
  const [l0, l1] = [cholesky(products(r0, r0)), cholesky(products(r1, r1))]
  if (!l0 || !l1) throw unfit('one series is a combination of the others, or does not move')
  const half = forward(l1, transposed(forward(l0, products(r0, r1)))) // L1⁻¹·S10·L0⁻ᵀ
  const { values, vectors } = symmetricEigen(times(half, transposed(half)))
  const count = r0[0]!.length
  const eigenvalues = values.slice(0, count)
  const combinations = transposed(backward(l1, vectors)) // L1⁻ᵀ·v: a row each
  const trace = eigenvalues.map((_, from) => -rows * eigenvalues.subarray(from).reduce((sum, one) => sum + Math.log1p(-one), 0))
  return { eigenvalues, trace, relations: combinations.slice(0, count).map((row) => row.map((one) => one / row[0]!)) }
}

/** What least squares on the columns of `x` leave of each column of `y`. */
function residuals(y: Matrix, x: Matrix): Matrix {
  if (x[0]!.length === 0) return y
  const lower = cholesky(products(x, x))
  if (!lower) throw unfit('the differences of one series are a combination of the others')
  const fit = times(x, backward(lower, forward(lower, products(x, y))))
  return y.map((row, t) => row.map((one, i) => one - fit[t]![i]!))
}

/** aᵀ·b. */
const products = (a: Matrix, b: Matrix): Matrix => times(transposed(a), b)

const unfit = (what: string) =>
  new TapeloomError('correlation.series', `[johansen] cannot test: ${what}. Give more rows, without gaps, of series that differ.`)
