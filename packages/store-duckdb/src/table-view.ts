import { suggestion, TapeloomError } from '@tapeloom/core'
import type { ColumnType, StoreTable } from '@tapeloom/data'
import type { TableColumn } from './chunk-writer.ts'
import { identifier } from './sql-text.ts'

/** A table as one read sees it: its declaration and the columns that are there. */
export class TableView {
  readonly name: string
  readonly declared: StoreTable
  readonly #present: ReadonlyMap<string, ColumnType>

  /** @param present its columns; empty when it has not been made yet */
  constructor(name: string, declared: StoreTable, present: readonly TableColumn[]) {
    this.name = name
    this.declared = declared
    this.#present = new Map(present.map((column) => [column.name, column.type]))
  }

  /** Whether the table has been made. */
  get exists(): boolean {
    return this.#present.size > 0
  }

  has(column: string): boolean {
    return this.#present.has(column)
  }

  /** The type of a column, also of one that is declared, or may come, but is not there yet. @throws TapeloomError `store.column` */
  type(column: string): ColumnType {
    const type = this.#present.get(column)
      ?? (Object.hasOwn(this.declared.columns, column) ? this.declared.columns[column] : undefined)
      ?? (this.declared.open ? 'number' : undefined)
    if (type) return type
    const names = new Set([...Object.keys(this.declared.columns), ...this.#present.keys()])
    throw this.error(`has no column '${column}'.${suggestion(column, names)}`, 'Read columns it has.')
  }

  /** A column to select; one that is not there yet is missing in all rows. */
  selected(column: string): string {
    if (this.has(column)) return identifier(column)
    return `null::${this.type(column) === 'text' ? 'varchar' : 'double'} as ${identifier(column)}`
  }

  error(what: string, todo: string): TapeloomError {
    return new TapeloomError('store.column', `[store table '${this.name}'] ${what} ${todo}`)
  }
}
