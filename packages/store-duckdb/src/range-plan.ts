import { suggestion, TapeloomError, type StoreRange } from '@tapeloom/core'
import type { ColumnType, StoreTable } from '@tapeloom/data'
import type { TableColumn } from './chunk-writer.ts'
import { newestKnown } from './helper-views.ts'
import { identifier } from './sql-text.ts'

/** Values of a statement's named parameters. */
export type Parameters = Readonly<Record<string, string | number | boolean | null>>

/** How a range is read. */
export interface RangePlan {
  readonly sql: string
  readonly params: Parameters
  /** The requested columns with their types, as they stand first in the result. */
  readonly columns: readonly TableColumn[]
  /**
   * The result ends with the range's key and `known`, holds all versions in the order they were written, and has one
   * series only: newest versions are picked, and put in order, while reading. Else the statement has done so.
   */
  readonly versions: boolean
  /** With `versions`: only the newest so many keys are wanted; parameter `limit` says how many rows to look at. */
  readonly limit: number | undefined
}

/**
 * Plans the read of a range. Conditions on key columns and `known` choose versions; all others apply to what is newest.
 * @param present the table's columns; empty when it has not been made yet
 * @returns undefined when there is nothing to read: no table yet, or an empty range
 * @throws TapeloomError `store.column` for a column that the table does not have
 */
export function planRange(range: StoreRange, declared: StoreTable, present: readonly TableColumn[]): RangePlan | undefined {
  const columns = range.columns.map((name) => resolve(range.table, name, declared, present))
  const order = range.key ?? declared.key.at(-1) ?? 'known'
  resolve(range.table, order, declared, present)
  const where = new Conditions(range, declared, present, order)
  if (present.length === 0 || where.isEmpty) return undefined
  const oneSeries = declared.key.every((name) => name === order || Object.hasOwn(range.equals ?? {}, name))
  const inTime = resolve(range.table, order, declared, present).type !== 'text'
  const limit = range.limit === undefined ? undefined : Math.max(0, Math.floor(range.limit))
  const versions = oneSeries && inTime && declared.key.includes(order) && where.after.length === 0
  const select = columns.map((column) => selected(column, present))
  const sql = versions ? versionsSql(range.table, select, order, where, limit) : newestSql(range, select, order, where, limit, declared)
  return { sql, params: where.params, columns, versions, limit }
}

/** All versions of one series; with a limit the last so many rows of it. */
function versionsSql(table: string, select: readonly string[], order: string, where: Conditions, limit: number | undefined): string {
  const all = `select ${[...select, identifier(order), 'known'].join(', ')} from ${identifier(table)} ${where.before}`
  if (limit === undefined) return all
  const key = identifier(order)
  const last = `select *, rowid as written from ${identifier(table)} ${where.before} order by ${key} desc, known desc, written desc limit $limit`
  return `select ${[...select, key, 'known'].join(', ')} from (${last}) order by ${key}, known, written`
}

/**
 * The newest versions of many series: by the range's key, else series by series as they first came, each by its order.
 * What is equal there stands as written.
 */
function newestSql(range: StoreRange, select: readonly string[], order: string, where: Conditions, limit: number | undefined, { key }: StoreTable): string {
  const series = key.slice(0, -1).map(identifier).join(', ')
  const first = range.key === undefined && series ? `min(rowid) over (partition by ${series})` : '0'
  const newest = `select *, rowid as written, ${first} as first_written from ${identifier(range.table)} ${newestKnown(key, where.before)}`
  const after = where.after.length > 0 ? `where ${where.after.join(' and ')}` : ''
  const by = ['first_written', identifier(order), 'written']
  const last = limit === undefined ? '' : `order by ${by.map((name) => `${name} desc`).join(', ')} limit ${limit}`
  return `select ${select.join(', ')} from (select * from (${newest}) ${after} ${last}) order by ${by.join(', ')}`
}

/** The conditions of a range: those that choose among versions, and those on the newest rows. */
class Conditions {
  readonly after: readonly string[]
  readonly params: Parameters
  readonly before: string
  /** Whether no row can meet them. */
  readonly isEmpty: boolean

  constructor(range: StoreRange, declared: StoreTable, present: readonly TableColumn[], order: string) {
    const params: Record<string, string | number> = {}
    const before: string[] = []
    const after: string[] = []
    let isEmpty = false
    const add = (name: string, comparison: string, value: string | number) => {
      const parameter = `p${Object.keys(params).length}`
      params[parameter] = value
      ;(declared.key.includes(name) || name === 'known' ? before : after).push(`${identifier(name)} ${comparison} $${parameter}`)
    }
    for (const [name, value] of Object.entries(range.equals ?? {})) {
      const { type } = resolve(range.table, name, declared, present)
      if ((type === 'text') !== (typeof value === 'string')) {
        throw columnError(range.table, `column '${name}' is ${type}, but equals ${JSON.stringify(value)}.`, 'Compare it with its own type.')
      }
      add(name, '=', value)
    }
    const bound = (comparison: '>=' | '<' | '<=', name: string, value: number | undefined, none: number) => {
      if (value === undefined || value === none) return
      // Whole bounds keep the comparison in integers, so that DuckDB skips the row groups outside.
      const whole = resolve(range.table, name, declared, present).type === 'integer'
      if (Number.isFinite(value)) add(name, comparison, !whole ? value : comparison === '<=' ? Math.floor(value) : Math.ceil(value))
      else isEmpty = true
    }
    bound('>=', order, range.from, -Infinity)
    bound('<', order, range.to, Infinity)
    bound('<=', 'known', range.knownBy, Infinity)
    this.params = params
    this.before = before.length > 0 ? `where ${before.join(' and ')}` : ''
    this.after = after
    this.isEmpty = isEmpty
  }
}

/** A column as the table has it; one that is declared or may come, but is not there yet, reads as missing. */
function resolve(table: string, name: string, declared: StoreTable, present: readonly TableColumn[]): TableColumn {
  const type: ColumnType | undefined = present.find((column) => column.name === name)?.type
    ?? (Object.hasOwn(declared.columns, name) ? declared.columns[name] : undefined)
    ?? (declared.open ? 'number' : undefined)
  if (type) return { name, type }
  const names = new Set([...Object.keys(declared.columns), ...present.map((column) => column.name)])
  throw columnError(table, `has no column '${name}'.${suggestion(name, names)}`, 'Read columns it has.')
}

const selected = ({ name, type }: TableColumn, present: readonly TableColumn[]) => {
  if (present.some((column) => column.name === name)) return identifier(name)
  return `null::${type === 'text' ? 'varchar' : 'double'} as ${identifier(name)}`
}

const columnError = (table: string, what: string, todo: string) =>
  new TapeloomError('store.column', `[store table '${table}'] ${what} ${todo}`)
