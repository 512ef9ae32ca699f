import type { TableColumns } from './table-columns.ts'

/** Finds rows of a table by key: partitions by all key columns but the last, each in rising (last key, known). */
export class RowIndex {
  readonly #columns: TableColumns
  readonly #parts: readonly string[]
  readonly #order: string
  readonly #partitions = new Map<string, number[]>()

  constructor(columns: TableColumns) {
    this.#columns = columns
    const key = columns.spec.key
    this.#parts = key.slice(0, -1)
    this.#order = key.at(-1)!
  }

  /** Enters the row at `row`. */
  add(row: number): void {
    const name = this.#name((column) => this.#value(column, row))
    let rows = this.#partitions.get(name)
    if (!rows) this.#partitions.set(name, (rows = []))
    let at = rows.length
    while (at > 0 && this.#compare(rows[at - 1]!, row) > 0) at--
    if (at === rows.length) rows.push(row)
    else rows.splice(at, 0, row)
  }

  /** Rows with the newest `known` ≤ `knownBy` of each key, in key order, where `equals` and [from, to) hold. */
  select(
    equals: Readonly<Record<string, string | number>>, range: { readonly key: string | undefined; readonly from: number; readonly to: number },
    knownBy: number,
  ): number[] {
    const found: number[] = []
    const known = this.#columns.numbers.get('known')
    const ordered = range.key === this.#order
    for (const rows of this.#candidates(equals)) {
      let i = ordered ? this.#lowerBound(rows, range.from) : 0
      while (i < rows.length) {
        const value = this.#value(this.#order, rows[i]!)
        if (ordered && Number(value) >= range.to) break
        let newest = -1
        for (; i < rows.length && this.#value(this.#order, rows[i]!) === value; i++) {
          if (!known || known[rows[i]!]! <= knownBy) newest = rows[i]!
        }
        if (newest >= 0) found.push(newest)
      }
    }
    const rest = Object.entries(equals).filter(([column]) => !this.#parts.includes(column))
    return found.filter((row) => rest.every(([column, value]) => this.#value(column, row) === value) && this.#inRange(row, range))
  }

  #inRange(row: number, { key, from, to }: { readonly key: string | undefined; readonly from: number; readonly to: number }): boolean {
    if (key === undefined) return true
    const value = Number(this.#value(key, row))
    return value >= from && value < to
  }

  #candidates(equals: Readonly<Record<string, string | number>>): Iterable<readonly number[]> {
    if (this.#parts.every((column) => Object.hasOwn(equals, column))) {
      const rows = this.#partitions.get(this.#name((column) => equals[column] ?? null))
      return rows ? [rows] : []
    }
    const fixed = this.#parts.filter((column) => Object.hasOwn(equals, column))
    return [...this.#partitions.values()].filter((rows) =>
      fixed.every((column) => this.#value(column, rows[0]!) === equals[column]))
  }

  #name(value: (column: string) => string | number | null): string {
    return this.#parts.length === 1 ? String(value(this.#parts[0]!)) : JSON.stringify(this.#parts.map(value))
  }

  #value(column: string, row: number): string | number | null {
    return this.#columns.numbers.get(column)?.[row] ?? this.#columns.texts.get(column)?.[row] ?? null
  }

  #compare(a: number, b: number): number {
    const [left, right] = [this.#value(this.#order, a) ?? '', this.#value(this.#order, b) ?? '']
    if (left !== right) return left < right ? -1 : 1
    const known = this.#columns.numbers.get('known')
    return known ? known[a]! - known[b]! : 0
  }

  #lowerBound(rows: readonly number[], from: number): number {
    let [low, high] = [0, rows.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (Number(this.#value(this.#order, rows[middle]!)) < from) low = middle + 1
      else high = middle
    }
    return low
  }
}
