import type { DuckDBConnection } from '@duckdb/node-api'
import type { ColumnType, StoreTable } from '@tapeloom/data'
import type { TableColumn } from './chunk-writer.ts'
import { helperViews } from './helper-views.ts'
import { identifier } from './sql-text.ts'

const sqlTypes: Record<ColumnType, string> = { number: 'DOUBLE', integer: 'BIGINT', text: 'VARCHAR' }
const columnTypes = new Map<unknown, ColumnType>([['DOUBLE', 'number'], ['BIGINT', 'integer'], ['VARCHAR', 'text']])

/** Tables that the store keeps for itself. */
const OWN_TABLES: readonly string[] = ['schema_migrations', 'store_state']

/**
 * The tables that a database has, with their columns in order; makes those that are missing. What a transaction makes is
 * seen by readers when it is published.
 */
export class TableCatalog {
  readonly #tables = new Map<string, readonly TableColumn[]>()
  #published: ReadonlyMap<string, readonly TableColumn[]> = new Map()

  /** Reads what is there. */
  async load(connection: DuckDBConnection): Promise<void> {
    const reader = await connection.runAndReadAll(
      `select table_name, column_name, data_type from duckdb_columns() where schema_name = 'main' and table_oid in
       (select table_oid from duckdb_tables()) order by table_name, column_index`,
    )
    this.#tables.clear()
    for (const [table, name, sqlType] of reader.getRows()) {
      const type = columnTypes.get(sqlType)
      if (type) this.#tables.set(String(table), [...this.columns(String(table)), { name: String(name), type }])
    }
    this.publish()
  }

  /** The transaction is in: readers may use what it made. */
  publish(): void {
    this.#published = new Map(this.#tables)
  }

  /** Columns of a table as committed; empty when it is not there. */
  committed(table: string): readonly TableColumn[] {
    return this.#published.get(table) ?? []
  }

  /** Columns of a table as its writer sees it; empty when it is not there. */
  columns(table: string): readonly TableColumn[] {
    return this.#tables.get(table) ?? []
  }

  /** Names of all tables, in a fixed order. */
  names(): string[] {
    return [...this.#tables.keys()].sort()
  }

  /** Names of the tables that hold rows of a run. */
  ours(): string[] {
    return this.names().filter((name) => !OWN_TABLES.includes(name))
  }

  /**
   * Makes a table, or the columns it lacks, in the connection's transaction, and the views over tables of its kind.
   * No key: a range is a scan either way, and a key costs 2.6 times the file.
   * @returns whether anything changed
   */
  async ensure(connection: DuckDBConnection, table: string, declared: StoreTable, further: readonly TableColumn[] = []): Promise<boolean> {
    const present = this.columns(table)
    const wanted = Object.entries(declared.columns).map(([name, type]): TableColumn => ({ name, type }))
    const lacking = [...wanted, ...further].filter(
      (column, at, all) => !present.some(({ name }) => name === column.name) && all.findIndex(({ name }) => name === column.name) === at,
    )
    if (lacking.length === 0) return false
    const columnSql = ({ name, type }: TableColumn) => `${identifier(name)} ${sqlTypes[type]}`
    if (present.length === 0) await connection.run(`create table ${identifier(table)} (${lacking.map(columnSql).join(', ')})`)
    else for (const column of lacking) await connection.run(`alter table ${identifier(table)} add column ${columnSql(column)}`)
    this.#tables.set(table, [...present, ...lacking])
    for (const view of helperViews(this.names(), table)) await connection.run(view)
    return true
  }
}
