import type { DuckDBConnection } from '@duckdb/node-api'
import { storeTable } from '@tapeloom/data'
import { identifier } from './sql-text.ts'
import type { TableCatalog } from './table-catalog.ts'

/**
 * Puts the rows of tables in the order of their time, in the connection's transaction, where late ones stand out of it: a
 * range then is one piece again. All versions stay, as they were written.
 * @returns how many rows stood behind a later one, by table
 */
export async function compact(connection: DuckDBConnection, catalog: TableCatalog): Promise<Readonly<Record<string, number>>> {
  const late: Record<string, number> = {}
  for (const table of catalog.ours()) {
    const { time } = storeTable(table)
    if (time === undefined) continue
    const [name, at] = [identifier(table), identifier(time)]
    const found = await connection.runAndReadAll(
      `select count(*) from (select ${at} as t, max(${at}) over (order by rowid rows between unbounded preceding and 1 preceding) as before from ${name}) where t < before`,
    )
    const count = Number(found.getRows()[0]?.[0] ?? 0)
    if (count === 0) continue
    late[table] = count
    const sorted = identifier(`${table} in order`)
    await connection.run(`create table ${sorted} as select * from ${name} order by ${at} nulls last, rowid`)
    await connection.run(`drop table ${name}`)
    await connection.run(`alter table ${sorted} rename to ${name}`)
  }
  return late
}
