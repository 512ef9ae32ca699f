import { TapeloomError } from '@tapeloom/core'
import type { StoreColumns } from '@tapeloom/core'
import { storeTable, type ColumnType, type StoreTable } from './store-tables.ts'

/** Growing typed columns of one table: numbers in Float64Array (NaN missing), text in arrays (null missing). */
export class TableColumns {
  readonly table: string
  readonly spec: StoreTable
  length = 0
  readonly numbers = new Map<string, Float64Array<ArrayBuffer>>()
  readonly texts = new Map<string, (string | null)[]>()
  #room = 64

  /** @throws TapeloomError `store.table` for a table that is not declared */
  constructor(table: string) {
    this.table = table
    this.spec = storeTable(table)
    for (const [column, type] of Object.entries(this.spec.columns)) this.#add(column, type)
  }

  /** Adds an empty row (all missing) and returns its index. */
  push(): number {
    if (this.length === this.#room) this.#grow(2 * this.#room)
    for (const text of this.texts.values()) text.push(null)
    return this.length++
  }

  /** Adds a row. @throws TapeloomError `store.column` for a column that is not the table's, or a value of another type */
  append(row: Readonly<Record<string, number | string | null>>): number {
    const at = this.push()
    for (const column of Object.keys(row)) this.set(at, column, row[column] ?? null)
    return at
  }

  /** Sets one value of a row; null is missing. @throws TapeloomError `store.column` */
  set(at: number, column: string, value: number | string | null): void {
    const numbers = this.numbers.get(column)
    if (numbers) numbers[at] = typeof value === 'number' ? value : this.#missing(column, value)
    else if (this.texts.has(column))
      this.texts.get(column)![at] = typeof value === 'string' ? value : this.#absent(column, value)
    else this.set(at, this.#declare(column), value)
  }

  /** A number column, made when the table is open for further ones. @throws TapeloomError `store.column` */
  column(name: string): Float64Array<ArrayBuffer> {
    return this.numbers.get(name) ?? this.numbers.get(this.#declare(name))!
  }

  /** Adds rows that stand in columns; columns that are absent are missing. @throws TapeloomError `store.column` */
  extend(length: number, columns: StoreColumns): void {
    const [from, end] = [this.length, this.length + length]
    if (end > this.#room) this.#grow(Math.max(end, 2 * this.#room))
    this.length = end
    for (const text of this.texts.values()) for (let i = from; i < end; i++) text.push(null)
    for (const [name, values] of Object.entries(columns)) {
      if (values instanceof Float64Array) this.column(name).set(values.subarray(0, length), from)
      else for (let i = 0; i < length; i++) this.set(from + i, name, values[i] ?? null)
    }
  }

  /** The rows so far as columns of exactly that length, copied. */
  take(): StoreColumns {
    const columns: Record<string, Float64Array | (string | null)[]> = {}
    for (const [name, values] of this.numbers) columns[name] = values.slice(0, this.length)
    for (const [name, values] of this.texts) columns[name] = values.slice(0, this.length)
    return columns
  }

  #declare(column: string): string {
    if (this.spec.open !== true || this.texts.has(column))
      throw this.#wrong(column, 'is not a number column of the table')
    this.#add(column, 'number')
    return column
  }

  #add(column: string, type: ColumnType): void {
    if (type === 'text') this.texts.set(column, new Array<string | null>(this.length).fill(null))
    else this.numbers.set(column, new Float64Array(this.#room).fill(NaN))
  }

  #grow(room: number): void {
    for (const [name, old] of this.numbers) {
      const wider = new Float64Array(room).fill(NaN, old.length)
      wider.set(old)
      this.numbers.set(name, wider)
    }
    this.#room = room
  }

  #missing(column: string, value: string | null): number {
    if (value === null) return NaN
    throw this.#wrong(column, `holds numbers, not '${value}'`)
  }

  #absent(column: string, value: number | null): null {
    if (value === null) return null
    throw this.#wrong(column, `holds text, not ${value}`)
  }

  #wrong(column: string, what: string): TapeloomError {
    return new TapeloomError(
      'store.column',
      `[store table '${this.table}'] '${column}' ${what}. Write what storeTables declares.`,
    )
  }
}
