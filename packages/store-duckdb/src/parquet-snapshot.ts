import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { TapeloomError } from '@tapeloom/core'
import { storeTable } from '@tapeloom/data'
import { copySql } from './parquet-statements.ts'
import { identifier, literal } from './sql-text.ts'
import { TableCatalog } from './table-catalog.ts'

/** What a copy of a database in Parquet files holds. */
export interface Snapshot {
  /** Through which sequence its rows were written. */
  readonly appliedThrough: number
  /** Rows by table, all versions counted; each table is a file `<table>.parquet`. */
  readonly rows: Readonly<Record<string, number>>
}

const FORMAT = 'tapeloom-snapshot-1'
const MANIFEST = 'snapshot.json'
const fileOf = (folder: string, table: string): string => join(folder, `${encodeURIComponent(table)}.parquet`)
/** Holds the sequence, which the manifest says. */
const STATE = 'store_state'

/** Writes all tables as they stand at one moment into a folder that is there and empty. */
export async function writeSnapshot(connection: DuckDBConnection, folder: string): Promise<Snapshot> {
  await connection.run('begin')
  try {
    const state = await connection.runAndReadAll(`select applied_through::double from ${STATE}`)
    const tables = new TableCatalog()
    await tables.load(connection)
    const rows: Record<string, number> = {}
    for (const table of tables.ours()) {
      const copied = await connection.runAndReadAll(copySql(`select * from ${identifier(table)}`, fileOf(folder, table)))
      rows[table] = Number(copied.getRows()[0]?.[0] ?? 0)
    }
    const snapshot: Snapshot = { appliedThrough: Number(state.getRows()[0]?.[0] ?? 0), rows }
    writeFileSync(join(folder, MANIFEST), `${JSON.stringify({ format: FORMAT, ...snapshot }, null, 1)}\n`)
    return snapshot
  } finally {
    await connection.run('commit')
  }
}

/** What a folder holds. @throws TapeloomError `store.snapshot` when it holds no snapshot that this release reads */
export function readManifest(folder: string): Snapshot {
  try {
    const { format, appliedThrough, rows } = JSON.parse(readFileSync(join(folder, MANIFEST), 'utf8')) as Snapshot & { readonly format: string }
    if (format === FORMAT) return { appliedThrough, rows }
  } catch (cause) {
    throw notOne(folder, 'holds no snapshot', cause)
  }
  throw notOne(folder, `was written by another release: its format is not ${FORMAT}`)
}

/**
 * Fills tables, in the connection's transaction, with the rows of a snapshot.
 * @throws TapeloomError `store.not-empty`, `store.snapshot`
 */
export async function fillFrom(connection: DuckDBConnection, catalog: TableCatalog, folder: string): Promise<Snapshot> {
  const snapshot = readManifest(folder)
  for (const table of catalog.ours()) {
    const count = await connection.runAndReadAll(`select count(*) > 0 from ${identifier(table)}`)
    if (count.getRows()[0]?.[0] === true) {
      throw new TapeloomError('store.not-empty', `[store-duckdb] table '${table}' has rows already. Fill a new database.`)
    }
  }
  for (const [table, rows] of Object.entries(snapshot.rows)) {
    const from = `read_parquet(${literal(fileOf(folder, table))})`
    const described = await connection.runAndReadAll(`describe select * from ${from}`)
    const declared = storeTable(table)
    const further = described.getRows().map(([name]) => String(name)).filter((name) => !Object.hasOwn(declared.columns, name))
    await catalog.ensure(connection, table, declared, further.map((name) => ({ name, type: 'number' })))
    const { rowsChanged } = await connection.run(`insert into ${identifier(table)} by name select * from ${from}`)
    if (rowsChanged !== rows) throw notOne(folder, `has ${rowsChanged} rows of '${table}', not ${rows} as its manifest says`)
  }
  await connection.run(`update ${STATE} set applied_through = ${snapshot.appliedThrough}`)
  return snapshot
}

const notOne = (folder: string, what: string, cause?: unknown): TapeloomError =>
  new TapeloomError('store.snapshot', `[store-duckdb] '${folder}' ${what}. Give a folder that snapshot wrote, whole.`, { cause })
