/**
 * Solves A·X = B in place by elimination with row pivots: `a` is n × n, `b` n × columns, both by rows; afterwards `b` is X
 * and `a` is spent. Returns false where A is singular. O(n² · (n + columns))
 */
// `!`: rows and columns are within n and columns.
export function solveLinear(a: Float64Array, b: Float64Array, n: number): boolean {
  const columns = b.length / n
  for (let at = 0; at < n; at++) {
    let pivot = at
    for (let row = at + 1; row < n; row++) if (Math.abs(a[row * n + at]!) > Math.abs(a[pivot * n + at]!)) pivot = row
    if (!(Math.abs(a[pivot * n + at]!) > 1e-14)) return false
    swapRows(a, n, at, pivot)
    swapRows(b, columns, at, pivot)
    for (let row = 0; row < n; row++) {
      const factor = a[row * n + at]! / a[at * n + at]!
      if (row === at || factor === 0) continue
      for (let k = at; k < n; k++) a[row * n + k] = a[row * n + k]! - factor * a[at * n + k]!
      for (let k = 0; k < columns; k++) b[row * columns + k] = b[row * columns + k]! - factor * b[at * columns + k]!
    }
  }
  for (let row = 0; row < n; row++) for (let k = 0; k < columns; k++) b[row * columns + k] = b[row * columns + k]! / a[row * n + row]!
  return true
}

function swapRows(values: Float64Array, width: number, one: number, other: number): void {
  for (let k = 0; one !== other && k < width; k++) {
    const kept = values[one * width + k]!
    values[one * width + k] = values[other * width + k]!
    values[other * width + k] = kept
  }
}
