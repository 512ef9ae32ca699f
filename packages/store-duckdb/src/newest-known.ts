import type { ReadColumn } from './vector-reader.ts'

/**
 * Which rows of one series are the newest of their key, in rising order of the key.
 * `key` and `known` are in the order the rows were written: of equally known ones the later written counts.
 * @returns undefined when all do and are in order already, which is the usual case
 */
export function newestRows(key: Float64Array, known: Float64Array): Int32Array | undefined {
  const count = key.length
  let at = 1
  while (at < count && key[at]! > key[at - 1]!) at++
  if (at >= count) return undefined
  const rows = Int32Array.from({ length: count }, (_, row) => row)
  rows.sort((a, b) => key[a]! - key[b]! || known[a]! - known[b]! || a - b)
  let kept = 0
  for (let row = 0; row < count; row++) {
    const isLast = row + 1 === count || key[rows[row + 1]!] !== key[rows[row]!]
    if (isLast) rows[kept++] = rows[row]!
  }
  return rows.subarray(0, kept)
}

/** A column's values at some rows. */
export function pick(column: ReadColumn, rows: Int32Array): ReadColumn {
  if (!(column instanceof Float64Array)) return Array.from(rows, (row) => column[row] ?? null) as ReadColumn
  const picked = new Float64Array(rows.length)
  for (let at = 0; at < rows.length; at++) picked[at] = column[rows[at]!]!
  return picked
}
