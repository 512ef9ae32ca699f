import type { StoreRange } from '@tapeloom/core'
import type { TableView } from './table-view.ts'
import { identifier } from './sql-text.ts'

/** Values of a statement's named parameters. */
export type Parameters = Readonly<Record<string, string | number | boolean | null>>

/** The conditions of a range: those that choose among versions, and those on the rows that are newest. */
export class RangeConditions {
  /** Conditions on key columns and `known`. */
  readonly before: string[] = []
  readonly after: string[] = []
  readonly params: Record<string, string | number> = {}
  /** Whether no row can meet them. */
  isEmpty = false
  readonly #table: TableView

  /** @throws TapeloomError `store.column` */
  constructor({ equals = {}, key, from, to, knownBy }: StoreRange, table: TableView) {
    this.#table = table
    for (const [column, value] of Object.entries(equals)) this.#equal(column, value)
    if (key !== undefined) this.#range(key, from ?? -Infinity, to ?? Infinity)
    if (knownBy === -Infinity || Number.isNaN(knownBy)) this.isEmpty = true
    else if (knownBy !== undefined && knownBy !== Infinity) this.#add('known', '<=', Math.floor(knownBy))
  }

  #equal(column: string, value: string | number): void {
    const type = this.#table.type(column)
    if ((type === 'text') !== (typeof value === 'string')) {
      throw this.#table.error(`column '${column}' is ${type}, but equals ${JSON.stringify(value)}.`, 'Compare it with its own type.')
    }
    if (type !== 'text' && !Number.isFinite(value)) this.isEmpty ||= Number.isNaN(value) || type === 'integer'
    this.#add(column, '=', value)
  }

  /** `from ≤ key < to`: a missing key is in no range. */
  #range(key: string, from: number, to: number): void {
    const type = this.#table.type(key)
    if (type === 'text') throw this.#table.error(`column '${key}' is text.`, 'Give a range by a number column.')
    if (type === 'number') {
      this.#add(key, '>=', from)
      this.#add(key, '<', to)
    } else {
      // Whole bounds keep the comparison in integers, so that DuckDB skips the row groups outside.
      if (Number.isFinite(from)) this.#add(key, '>=', Math.ceil(from))
      if (Number.isFinite(to)) this.#add(key, '<', Math.ceil(to))
      this.#place(key).push(`${identifier(key)} is not null`)
    }
    this.isEmpty ||= !(from < to)
  }

  #add(column: string, comparison: string, value: string | number): void {
    const parameter = `p${Object.keys(this.params).length}`
    this.params[parameter] = value
    this.#place(column).push(`${identifier(column)} ${comparison} $${parameter}`)
  }

  #place(column: string): string[] {
    if (!this.#table.has(column)) this.isEmpty = true // missing in all rows, so equal to nothing and in no range
    return this.#table.declared.key.includes(column) || column === 'known' ? this.before : this.after
  }
}

/** A `where` clause, or nothing. */
export const whereOf = (conditions: readonly string[]): string => (conditions.length > 0 ? `where ${conditions.join(' and ')}` : '')
