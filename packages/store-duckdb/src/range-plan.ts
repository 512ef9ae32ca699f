import type { StoreRange } from '@tapeloom/core'
import { newestKnown } from './helper-views.ts'
import { RangeConditions, whereOf, type Parameters } from './range-conditions.ts'
import { identifier } from './sql-text.ts'
import type { TableView } from './table-view.ts'

/** How a range is read. */
export interface RangePlan {
  readonly sql: string
  readonly params: Parameters
  /** Where the columns that were asked for stand in the result. */
  readonly indices: readonly number[]
  /**
   * Set when the result holds all versions of one series, in the order they were written: where its key and `known`
   * stand. Newest versions are then picked, and put in order, while reading; else the statement has done so.
   */
  readonly versions: { readonly key: number; readonly known: number; readonly limit: number | undefined } | undefined
}

/**
 * Plans the read of a range. Conditions on key columns and `known` choose versions; all others apply to what is newest.
 * @returns undefined when there is nothing to read: no table yet, or an empty range
 * @throws TapeloomError `store.column` for a column that the table does not have, or a comparison with another type
 */
export function planRange(range: StoreRange, table: TableView): RangePlan | undefined {
  const { key } = table.declared
  const conditions = new RangeConditions(range, table)
  const selected = range.columns.map((column) => table.selected(column))
  if (!table.exists || conditions.isEmpty) return undefined
  const order = range.key ?? key.at(-1) ?? 'known'
  const { limit: most = Infinity } = range
  const limit = most < Infinity ? Math.max(0, Math.floor(most)) : undefined
  const oneSeries = key.every((column) => column === order || Object.hasOwn(range.equals ?? {}, column))
  const versions = oneSeries && key.includes(order) && table.type(order) !== 'text' && conditions.after.length === 0
  const select = [...new Set(versions ? [...selected, identifier(order), identifier('known')] : selected)]
  const sql = versions
    ? versionsSql(range.table, select, order, whereOf(conditions.before), limit)
    : newestSql(range, select, sortable(order, table), key, conditions, limit)
  const at = (column: string) => select.indexOf(identifier(column))
  return {
    sql, params: conditions.params, indices: selected.map((column) => select.indexOf(column)),
    versions: versions ? { key: at(order), known: at('known'), limit } : undefined,
  }
}

/** All versions of one series; with a limit the last so many rows of it. */
function versionsSql(table: string, select: readonly string[], order: string, where: string, limit: number | undefined): string {
  const by = identifier(order)
  const columns = select.join(', ')
  if (limit === undefined) return `select ${columns} from ${identifier(table)} ${where}`
  const last = `select *, rowid as written from ${identifier(table)} ${where} order by ${by} desc, known desc, written desc limit $limit`
  return `select ${columns} from (${last}) order by ${by}, known, written`
}

/**
 * The newest versions of many series: by the range's key, else series by series as they first came, each by its order.
 * What is equal there stands as written.
 */
function newestSql(
  range: StoreRange, select: readonly string[], sorted: string, key: readonly string[], { before, after }: RangeConditions,
  limit: number | undefined,
): string {
  const series = key.slice(0, -1).map(identifier).join(', ')
  const first = range.key === undefined && series ? `min(rowid) over (partition by ${series})` : '0'
  const newest = `select *, rowid as written, ${first} as first_written from ${identifier(range.table)} ${newestKnown(key, whereOf(before))}`
  const by = ['first_written', sorted, 'written']
  const last = limit === undefined ? '' : `order by ${by.map((name) => `${name} desc`).join(', ')} limit ${limit}`
  return `select ${select.join(', ')} from (select * from (${newest}) ${whereOf(after)} ${last}) order by ${by.join(', ')}`
}

/** A column to sort by. DuckDB gives a sorted double back from its sort key, which has made 0 of -0: sort by a copy. */
const sortable = (column: string, table: TableView): string => {
  const name = identifier(column)
  return table.type(column) === 'number' ? `(case when ${name} = 0 then 0 else ${name} end)` : name
}
