import type { TableColumns } from './table-columns.ts'

/** Rows of one partition: sorted when they are next read, so that rows that come out of order cost nothing to add. */
interface Partition {
  readonly rows: number[]
  sorted: boolean
}

/** Finds rows of a table by key: partitions by all key columns but the last, each in rising (last key, known). */
export class RowIndex {
  readonly #columns: TableColumns
  readonly #parts: readonly string[]
  readonly #order: string
  readonly #partitions = new Map<string, Partition>()

  constructor(columns: TableColumns) {
    this.#columns = columns
    const key = columns.spec.key
    this.#parts = key.slice(0, -1)
    this.#order = key.at(-1)!
  }

  /** Enters the row at `row`. */
  add(row: number): void {
    const name = this.#name((column) => this.#value(column, row))
    let partition = this.#partitions.get(name)
    if (!partition) this.#partitions.set(name, (partition = { rows: [], sorted: true }))
    const last = partition.rows.at(-1)
    if (last !== undefined && this.#compare(last, row) > 0) partition.sorted = false
    partition.rows.push(row)
  }

  /** Rows with the newest `known` ≤ `knownBy` of each key, in key order, where `equals` and [from, to) hold. */
  select(
    equals: Readonly<Record<string, string | number>>,
    range: { readonly key: string | undefined; readonly from: number; readonly to: number },
    knownBy: number,
  ): number[] {
    const found: number[] = []
    const known = this.#columns.numbers.get('known')
    const ordered = range.key === this.#order
    const exact = Object.hasOwn(equals, this.#order) ? equals[this.#order] : undefined
    for (const rows of this.#candidates(equals)) {
      let i = exact === undefined && !ordered ? 0 : this.#lowerBound(rows, exact ?? range.from)
      while (i < rows.length) {
        const value = this.#value(this.#order, rows[i]!)
        if ((ordered && Number(value) >= range.to) || (exact !== undefined && value !== exact)) break
        let newest = -1
        for (; i < rows.length && this.#value(this.#order, rows[i]!) === value; i++) {
          if (!known || known[rows[i]!]! <= knownBy) newest = rows[i]!
        }
        if (newest >= 0) found.push(newest)
      }
    }
    const rest = Object.entries(equals).filter(([column]) => !this.#parts.includes(column))
    return found.filter(
      (row) => rest.every(([column, value]) => this.#value(column, row) === value) && this.#inRange(row, range),
    )
  }

  #inRange(
    row: number,
    { key, from, to }: { readonly key: string | undefined; readonly from: number; readonly to: number },
  ): boolean {
    if (key === undefined) return true
    const value = Number(this.#value(key, row))
    return value >= from && value < to
  }

  #candidates(equals: Readonly<Record<string, string | number>>): Iterable<readonly number[]> {
    if (this.#parts.every((column) => Object.hasOwn(equals, column))) {
      const partition = this.#partitions.get(this.#name((column) => equals[column] ?? null))
      return partition ? [this.#sorted(partition)] : []
    }
    const fixed = this.#parts.filter((column) => Object.hasOwn(equals, column))
    return [...this.#partitions.values()]
      .filter(({ rows }) => fixed.every((column) => this.#value(column, rows[0]!) === equals[column]))
      .map((partition) => this.#sorted(partition))
  }

  #sorted(partition: Partition): readonly number[] {
    if (!partition.sorted) partition.rows.sort((a, b) => this.#compare(a, b) || a - b)
    partition.sorted = true
    return partition.rows
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

  #lowerBound(rows: readonly number[], from: number | string): number {
    let [low, high] = [0, rows.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#value(this.#order, rows[middle]!) ?? '') < from) low = middle + 1
      else high = middle
    }
    return low
  }
}
