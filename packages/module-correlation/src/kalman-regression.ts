/**
 * Memory of a line that knows nothing: `[intercept, slope, P11, P12, P22, residual, its variance / noise]`. Variance `start`
 * of intercept and slope is in units of the noise; larger ones cost digits in the first steps.
 */
export const createRegression = (start = 1e7): Float64Array => Float64Array.of(0, 0, start, 0, start, NaN, NaN)

/**
 * Filters y = intercept + slope · x + noise, of which both walk at random by variances `walkIntercept` and `walkSlope` a
 * step, in units of the noise's variance: without them it is recursive least squares. The covariance is updated in
 * Joseph's form, which keeps it positive. Leaves the residual before the update. A pair with a NaN is left out.
 * @source Kalman (1960); Bucy & Joseph (1968)
 */
// `!`: the state is one of createRegression.
export function addToRegression(state: Float64Array, x: number, y: number, walkIntercept = 0, walkSlope = 0): void {
  if (x !== x || y !== y) return
  const [a, b] = [state[2]! + walkIntercept, state[4]! + walkSlope]
  const c = state[3]!
  const [gainA, gainB] = [a + c * x, c + b * x] // P·h with h = (1, x)
  const variance = gainA + gainB * x + 1
  const residual = y - state[0]! - state[1]! * x
  const [k1, k2] = [gainA / variance, gainB / variance]
  state[0] = state[0]! + k1 * residual
  state[1] = state[1]! + k2 * residual
  // (I − kh)P(I − kh)ᵀ + kkᵀ
  const [m11, m12, m21, m22] = [1 - k1, -k1 * x, -k2, 1 - k2 * x]
  const [n11, n12, n21, n22] = [m11 * a + m12 * c, m11 * c + m12 * b, m21 * a + m22 * c, m21 * c + m22 * b]
  state[2] = n11 * m11 + n12 * m12 + k1 * k1
  state[3] = n11 * m21 + n12 * m22 + k1 * k2
  state[4] = n21 * m21 + n22 * m22 + k2 * k2
  state[5] = residual
  state[6] = variance
}

/** Intercept and hedge ratio of each row, as a filter that saw the rows so far knows them. */
export interface HedgeRatio {
  readonly intercept: Float64Array
  readonly slope: Float64Array
  /** y − intercept − slope · x before the row was learnt: the spread, known at its time. */
  readonly residual: Float64Array
}

/**
 * How many of `x` hedge one of `y` (of logs: in value), by the filter of `addToRegression`. `walk` = 0: least squares of
 * all rows so far.
 */
// `!`: i < y.length.
export function hedgeRatio(y: ArrayLike<number>, x: ArrayLike<number>, walk = 0): HedgeRatio {
  const state = createRegression()
  const [intercept, slope, residual] = [new Float64Array(y.length), new Float64Array(y.length), new Float64Array(y.length)]
  for (let i = 0; i < y.length; i++) {
    addToRegression(state, x[i]!, y[i]!, walk, walk)
    intercept[i] = state[0]!
    slope[i] = state[1]!
    residual[i] = state[5]!
  }
  return { intercept, slope, residual }
}
