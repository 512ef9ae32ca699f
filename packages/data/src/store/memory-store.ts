import { TapeloomError } from '@tapeloom/core'
import type { Store, StoreBatch, StoreColumns, StoreRange, StoreRows } from '@tapeloom/core'
import { RowIndex } from './row-index.ts'
import { storeTable } from './store-tables.ts'
import { TableColumns } from './table-columns.ts'

/** A store in memory: typed columns, every version of every row; gone with the process. */
export const memoryStore = (): Store => new MemoryStore()

interface Table {
  readonly columns: TableColumns
  readonly index: RowIndex
}

class MemoryStore implements Store {
  readonly path = undefined
  readonly #tables = new Map<string, Table>()
  #appliedThrough = 0

  open(): Promise<{ readonly appliedThrough: number }> {
    return Promise.resolve({ appliedThrough: this.#appliedThrough })
  }

  async write(batch: StoreBatch): Promise<void> {
    for (const { table } of batch.rows) storeTable(table)
    for (const { table, length, columns } of batch.rows) {
      const into = this.#table(table)
      const from = into.columns.length
      into.columns.extend(length, columns)
      for (let row = from; row < into.columns.length; row++) into.index.add(row)
    }
    this.#appliedThrough = Math.max(this.#appliedThrough, batch.through)
  }

  async read(range: StoreRange): Promise<StoreRows> {
    const { table, columns, equals = {}, key, from = -Infinity, to = Infinity, knownBy = Infinity, limit } = range
    const spec = storeTable(table)
    const { columns: stored, index } = this.#tables.get(table) ?? newTable(table)
    for (const column of [...columns, ...Object.keys(equals), ...(key === undefined ? [] : [key])]) {
      if (!stored.numbers.has(column) && !stored.texts.has(column) && spec.open !== true)
        throw unknownColumn(table, column)
    }
    const rows = index.select(equals, { key, from, to }, knownBy)
    const order = key === undefined ? undefined : stored.numbers.get(key)
    if (order) rows.sort((a, b) => order[a]! - order[b]! || a - b)
    const kept = limit === undefined ? rows : rows.slice(Math.max(0, rows.length - limit))
    return { table, length: kept.length, columns: columnsOf(stored, columns, kept) }
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  #table(name: string): Table {
    const known = this.#tables.get(name)
    if (known) return known
    const table = newTable(name)
    this.#tables.set(name, table)
    return table
  }
}

function newTable(name: string): Table {
  const columns = new TableColumns(name)
  return { columns, index: new RowIndex(columns) }
}

/** The asked columns of some rows; a feature column that no row has is missing in all. */
function columnsOf(stored: TableColumns, names: readonly string[], rows: readonly number[]): StoreColumns {
  const columns: Record<string, Float64Array | (string | null)[]> = {}
  for (const name of names) {
    const [numbers, texts] = [stored.numbers.get(name), stored.texts.get(name)]
    columns[name] = texts
      ? rows.map((row) => texts[row] ?? null)
      : Float64Array.from(rows, (row) => numbers?.[row] ?? NaN)
  }
  return columns
}

const unknownColumn = (table: string, column: string): TapeloomError =>
  new TapeloomError(
    'store.column',
    `[store table '${table}'] has no column '${column}'. Read what storeTables declares.`,
  )
