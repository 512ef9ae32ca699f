/** A matrix by rows. */
export type Matrix = readonly Float64Array[]

/** A matrix of the given size; zeros by default. */
export const matrix = (rows: number, columns: number, of: (row: number, column: number) => number = () => 0): Matrix =>
  Array.from({ length: rows }, (_, i) => Float64Array.from({ length: columns }, (__, j) => of(i, j)))

/** The product of two matrices. */
export const times = (a: Matrix, b: Matrix): Matrix =>
  matrix(a.length, b[0]?.length ?? 0, (i, j) => a[i]!.reduce((sum, one, k) => sum + one * b[k]![j]!, 0))

/** Rows become columns. */
export const transposed = (a: Matrix): Matrix => matrix(a[0]?.length ?? 0, a.length, (i, j) => a[j]![i]!)

/** The lower triangle L of a = L·Lᵀ; undefined where the symmetric matrix is not positive definite to working precision. */
// `!`: i and j are below the matrix's size.
export function cholesky(a: Matrix): Matrix | undefined {
  const lower = matrix(a.length, a.length)
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i]![j]!
      for (let k = 0; k < j; k++) sum -= lower[i]![k]! * lower[j]![k]!
      if (i === j && !(sum > 1e-14 * a[i]![i]!)) return undefined
      lower[i]![j] = i === j ? Math.sqrt(sum) : sum / lower[j]![j]!
    }
  }
  return lower
}

/** Solves L·x = b for a lower triangle L, a column of b each. */
export function forward(lower: Matrix, b: Matrix): Matrix {
  const x = matrix(b.length, b[0]?.length ?? 0, (i, j) => b[i]![j]!)
  for (let i = 0; i < x.length; i++)
    for (let j = 0; j < x[i]!.length; j++) {
      for (let k = 0; k < i; k++) x[i]![j] = x[i]![j]! - lower[i]![k]! * x[k]![j]!
      x[i]![j] = x[i]![j]! / lower[i]![i]!
    }
  return x
}

/** Solves Lᵀ·x = b for a lower triangle L, a column of b each. */
export function backward(lower: Matrix, b: Matrix): Matrix {
  const turned = matrix(lower.length, lower.length, (i, j) => lower[lower.length - 1 - j]![lower.length - 1 - i]!)
  return forward(turned, b.toReversed()).toReversed()
}

/** Eigenvalues in falling order, and the eigenvectors as columns, of length 1. */
export interface Eigen {
  readonly values: Float64Array
  readonly vectors: Matrix
}

/**
 * All eigenvalues and vectors of a symmetric matrix by cyclic Jacobi rotations: slow for large matrices, but as exact
 * for close eigenvalues as for distant ones.
 * @source Golub & Van Loan (2013), Matrix Computations, 8.5
 */
// `!`: all indices are below the matrix's size.
export function symmetricEigen(given: Matrix): Eigen {
  const size = given.length
  const a = matrix(size, size, (i, j) => (given[i]![j]! + given[j]![i]!) / 2)
  const v = matrix(size, size, (i, j) => (i === j ? 1 : 0))
  for (let sweep = 0; sweep < 60 && offDiagonal(a) > 0; sweep++)
    for (let p = 0; p < size; p++) for (let q = p + 1; q < size; q++) rotate(a, v, p, q)
  const order = Array.from({ length: size }, (_, i) => i).sort((i, j) => a[j]![j]! - a[i]![i]!)
  return { values: Float64Array.from(order, (i) => a[i]![i]!), vectors: matrix(size, size, (i, j) => v[i]![order[j]!]!) }
}

/** Σ of squares beside the diagonal, 0 once they are nothing beside it. */
function offDiagonal(a: Matrix): number {
  let [beside, all] = [0, 0]
  for (let i = 0; i < a.length; i++)
    for (let j = 0; j < a.length; j++) {
      all += a[i]![j]! * a[i]![j]!
      if (i !== j) beside += a[i]![j]! * a[i]![j]!
    }
  return beside <= 1e-30 * all ? 0 : beside
}

/** Makes a[p][q] zero. */
function rotate(a: Matrix, v: Matrix, p: number, q: number): void {
  const apq = a[p]![q]!
  if (apq === 0) return
  const theta = (a[q]![q]! - a[p]![p]!) / (2 * apq)
  const tangent = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1))
  const cosine = 1 / Math.hypot(tangent, 1)
  const sine = tangent * cosine
  const turn = (row: Float64Array) => {
    const [x, y] = [row[p]!, row[q]!]
    row[p] = cosine * x - sine * y
    row[q] = sine * x + cosine * y
  }
  a.forEach(turn)
  const [rowP, rowQ] = [a[p]!, a[q]!]
  for (let k = 0; k < a.length; k++) {
    const [x, y] = [rowP[k]!, rowQ[k]!]
    rowP[k] = cosine * x - sine * y
    rowQ[k] = sine * x + cosine * y
  }
  v.forEach(turn)
}
