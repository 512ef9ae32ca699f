import type { DuckDBConnection } from '@duckdb/node-api'

/** A step forward of the schema: run once, in a transaction of its own. */
export interface Migration {
  readonly version: number
  readonly name: string
  readonly run: (connection: DuckDBConnection) => Promise<unknown>
}

/**
 * All steps, by rising version. They change what is there already; tables of `storeTables` are made from their
 * declaration when they are first needed.
 */
export const migrations: readonly Migration[] = [
  {
    version: 1,
    name: 'state of the projection',
    run: (connection) =>
      connection.run('create table store_state (applied_through bigint not null); insert into store_state values (0)'),
  },
]

/** The schema version of an open database: 0 when it is empty, undefined when it belongs to someone else. */
export async function schemaVersion(connection: DuckDBConnection): Promise<number | undefined> {
  const tables = await connection.runAndReadAll("select table_name from duckdb_tables() where schema_name = 'main'")
  const names = tables.getRows().map(([name]) => name)
  if (names.length === 0) return 0
  if (!names.includes('schema_migrations')) return undefined
  const newest = await connection.runAndReadAll('select max(version) from schema_migrations')
  return Number(newest.getRows()[0]?.[0] ?? 0)
}

/** Runs the steps after `version`, each in its transaction. */
export async function migrate(connection: DuckDBConnection, version: number, steps: readonly Migration[]): Promise<void> {
  for (const step of steps.filter((one) => one.version > version)) {
    await connection.run('begin')
    try {
      await connection.run('create table if not exists schema_migrations (version integer not null, name varchar not null)')
      await step.run(connection)
      await connection.run('insert into schema_migrations values ($version, $name)', { version: step.version, name: step.name })
      await connection.run('commit')
    } catch (error) {
      await connection.run('rollback')
      throw error
    }
  }
}
