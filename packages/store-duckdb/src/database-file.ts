import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { TapeloomError } from '@tapeloom/core'
import type { OwnerOptions } from './database-owner.ts'
import { schemaVersion, type Migration } from './migrations.ts'
import type { Native } from './native.ts'
import type { TableCatalog } from './table-catalog.ts'

/** Opens the one instance of a file. */
export function createInstance({ api }: Native, { path, readOnly, memoryLimit }: OwnerOptions): Promise<DuckDBInstance> {
  return api.DuckDBInstance.create(path, {
    access_mode: readOnly ? 'READ_ONLY' : 'READ_WRITE',
    memory_limit: memoryLimit,
    threads: '1', // halves small reads; several of them run beside each other anyway
    autoinstall_known_extensions: 'false', // an installed program downloads nothing
    autoload_known_extensions: 'false',
  })
}

/**
 * The schema version of a file that this release can use.
 * @throws TapeloomError `store.file`, `store.newer`, `store.older`
 */
export async function checkedVersion(connection: DuckDBConnection, { path, readOnly }: OwnerOptions, steps: readonly Migration[]): Promise<number> {
  const newest = steps.at(-1)?.version ?? 0
  const version = await schemaVersion(connection)
  const fail = (code: string, what: string) => new TapeloomError(code, `[store-duckdb] '${path}' ${what}`)
  if (version === undefined) throw fail('store.file', 'is a DuckDB database of another program. Choose another path.')
  if (version > newest) {
    throw fail('store.newer', `has schema version ${version}, this release knows ${newest}. Install a newer @tapeloom/store-duckdb.`)
  }
  if (readOnly && version < newest) {
    throw fail('store.older', `has schema version ${version}, this release reads ${newest}. Open it once for writing.`)
  }
  return version
}

/** Makes the tables that are missing. */
export async function makeTables(connection: DuckDBConnection, catalog: TableCatalog, tables: OwnerOptions['tables']): Promise<void> {
  await connection.run('begin')
  for (const [name, declared] of Object.entries(tables)) await catalog.ensure(connection, name, declared)
  await connection.run('commit')
  catalog.publish()
}
