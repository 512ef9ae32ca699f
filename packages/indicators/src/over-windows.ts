import { checkLength } from './check-length.ts'

/** `of(first, last)` for each whole window of `length` rows, NaN before the first: the frame of batch oracles. */
export function overWindows(
  where: string,
  rows: number,
  length: number,
  of: (first: number, last: number) => number,
): Float64Array {
  checkLength(where, length)
  return Float64Array.from({ length: rows }, (_, last) => (last + 1 < length ? NaN : of(last + 1 - length, last)))
}

/** Σ of(i) over the rows from `first` to `last`. */
export function sumOver(first: number, last: number, of: (row: number) => number): number {
  let sum = 0
  for (let i = first; i <= last; i++) sum += of(i)
  return sum
}

/** `value`, or NaN where a number that belongs to it is. */
export const unlessMissing = (value: number, ...others: readonly number[]): number =>
  others.some(Number.isNaN) ? NaN : value

/** One number a row. */
export function eachRow(rows: number, of: (row: number) => number): Float64Array {
  return Float64Array.from({ length: rows }, (_, i) => of(i))
}
