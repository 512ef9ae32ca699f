import { copyFileSync } from 'node:fs'
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { TapeloomError, type StoreRange } from '@tapeloom/core'
import { newestTime, retentionStepUs, type Released, type Retention, type StoreTable } from '@tapeloom/data'
import { ChunkWriter } from './chunk-writer.ts'
import { compact } from './compaction.ts'
import { checkedVersion, createInstance, makeTables } from './database-file.ts'
import { migrate, migrations, type Migration } from './migrations.ts'
import { loadNative, type Native } from './native.ts'
import { newestRows, pick } from './newest-known.ts'
import type { PackedBatch, PackedRows } from './packed-rows.ts'
import { fillFrom, writeSnapshot, type Snapshot } from './parquet-snapshot.ts'
import { planRange, type RangePlan } from './range-plan.ts'
import { Reader, ReaderPool } from './reader-pool.ts'
import { sweep } from './retention-sweep.ts'
import { storeError } from './store-error.ts'
import { TableCatalog } from './table-catalog.ts'
import { TableView } from './table-view.ts'
import { runQuery, type QuerySpec, type QueryResult } from './typed-query.ts'
import { VectorReader, type ReadColumn } from './vector-reader.ts'

/** How a database is opened. */
export interface OwnerOptions {
  /** The real path of the file. */
  readonly path: string
  readonly readOnly: boolean
  /** As DuckDB's `memory_limit`. */
  readonly memoryLimit: string
  /** What is let go as time goes on; undefined: nothing. */
  readonly retention?: Retention
  /** Tables that exist in every database, made when they are missing. */
  readonly tables: Readonly<Record<string, StoreTable>>
}

/** Rows as read: columns in the order asked for. */
export interface ReadRows {
  readonly rowCount: number
  readonly columns: readonly ReadColumn[]
}

/**
 * Holds the one DuckDB instance of a file and does all work on it; lives in the owner thread. Writes follow one another,
 * reads run beside them and see whole batches only.
 */
export class DatabaseOwner {
  readonly #options: OwnerOptions
  readonly #native: Native
  readonly #instance: DuckDBInstance
  readonly #connection: DuckDBConnection
  readonly #readers: ReaderPool
  readonly #vectors: VectorReader
  readonly #catalog: TableCatalog
  readonly #writers = new Map<string, ChunkWriter>()
  readonly #running = new Set<Promise<unknown>>()
  #tail: Promise<unknown> = Promise.resolve()
  #appliedThrough: number
  #failed: TapeloomError | undefined
  /** Newest time at which old rows were let go. */
  #retainedAt = -Infinity

  /**
   * Opens a file, brings its schema up to date (after a copy of the file), makes missing tables.
   * @throws TapeloomError `store.native`, `store.file`, `store.newer`, `store.older`, `store.in-use`, `store.disk`
   */
  static async open(options: OwnerOptions, steps: readonly Migration[] = migrations): Promise<DatabaseOwner> {
    const native = await loadNative()
    let instance: DuckDBInstance | undefined
    try {
      instance = await createInstance(native, options)
      let connection = await instance.connect()
      const version = await checkedVersion(connection, options, steps)
      if (!options.readOnly && version < (steps.at(-1)?.version ?? 0)) {
        if (version > 0) {
          // Closing empties the log into the file, so that the copy is whole.
          connection.disconnectSync()
          instance.closeSync()
          copyFileSync(options.path, `${options.path}.v${version}.bak`)
          instance = await createInstance(native, options)
          connection = await instance.connect()
        }
        await migrate(connection, version, steps)
      }
      const catalog = new TableCatalog()
      await catalog.load(connection)
      if (!options.readOnly) await makeTables(connection, catalog, options.tables)
      const state = await connection.runAndReadAll('select applied_through from store_state')
      return new DatabaseOwner(options, native, instance, connection, catalog, Number(state.getRows()[0]?.[0] ?? 0))
    } catch (error) {
      instance?.closeSync()
      throw storeError(error, options.path, 'opening')
    }
  }

  private constructor(
    options: OwnerOptions, native: Native, instance: DuckDBInstance, connection: DuckDBConnection, catalog: TableCatalog,
    appliedThrough: number,
  ) {
    this.#options = options
    this.#native = native
    this.#instance = instance
    this.#connection = connection
    this.#catalog = catalog
    this.#appliedThrough = appliedThrough
    this.#vectors = new VectorReader(native)
    this.#readers = new ReaderPool(async () => new Reader(native, await instance.connect()))
  }

  get appliedThrough(): number {
    return this.#appliedThrough
  }

  /**
   * Applies a batch in one transaction. After a write that failed nothing more is written: a later batch would hide
   * that rows are missing.
   * @throws TapeloomError `store.order`, `store.value`, `store.disk`, `store.stopped`
   */
  write(batch: PackedBatch): Promise<void> {
    return this.#queued(() => this.#write(batch))
  }

  /** Lets old rows go now, after what is being written. @throws TapeloomError `store.retention`, `store.disk`, `store.stopped` */
  retain(retention: Retention): Promise<Released> {
    return this.#queued(() => this.#retain(retention))
  }

  /** Puts late rows in their place; how many there were, by table. @throws TapeloomError `store.disk`, `store.stopped` */
  compact(): Promise<Readonly<Record<string, number>>> {
    return this.#queued(() => {
      this.#check()
      return this.#transaction('compacting', () => {
        for (const writer of this.#writers.values()) writer.close()
        this.#writers.clear()
        return compact(this.#connection, this.#catalog)
      })
    })
  }

  /** Writes all tables, as they stand at one moment, into an empty folder. */
  snapshot(folder: string): Promise<Snapshot> {
    return this.#track(this.#guarded('snapshot', () => this.#readers.use(({ connection }) => writeSnapshot(connection, folder))))
  }

  /** Fills a database that is empty from a snapshot. @throws TapeloomError `store.not-empty`, `store.snapshot`, `store.disk` */
  fill(folder: string): Promise<Snapshot> {
    return this.#queued(async () => {
      this.#check()
      const snapshot = await this.#transaction('filling', () => fillFrom(this.#connection, this.#catalog, folder))
      this.#appliedThrough = snapshot.appliedThrough
      return snapshot
    })
  }

  /** @throws TapeloomError `store.column` */
  read(range: StoreRange, declared: StoreTable): Promise<ReadRows> {
    return this.#track(this.#guarded(`reading '${range.table}'`, async () => {
      const plan = planRange(range, new TableView(range.table, declared, this.#catalog.committed(range.table)))
      if (!plan) return nothing(range, declared)
      return this.#readers.use((reader) => this.#readPlan(reader, plan))
    }))
  }

  /** @throws TapeloomError `store.query`, `store.sql` */
  query(spec: QuerySpec): Promise<QueryResult> {
    return this.#track(this.#guarded('query', () => this.#readers.use((reader) => runQuery(this.#native, this.#vectors, reader, spec))))
  }

  /** Runs a statement that gives or changes rows elsewhere (Parquet out); the number of rows it reports. */
  copy(sql: string): Promise<number> {
    return this.#track(this.#guarded('export', () => this.#readers.use(async ({ connection }) => {
      const result = await connection.runAndReadAll(sql)
      return Number(result.getRows()[0]?.[0] ?? 0)
    })))
  }

  /** Waits for what is under way, then closes the file. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#running)
    for (const writer of this.#writers.values()) writer.close()
    this.#readers.close()
    this.#connection.disconnectSync()
    this.#instance.closeSync()
  }

  async #write({ through, rows }: PackedBatch): Promise<void> {
    this.#check()
    if (through < this.#appliedThrough) {
      throw new TapeloomError(
        'store.order', `[store-duckdb] batch through ${through} comes after ${this.#appliedThrough}. Write batches in the order of their inputs.`,
      )
    }
    await this.#transaction(`writing through ${through}`, async () => {
      for (const one of rows) await this.#append(one)
      await this.#connection.run(`update store_state set applied_through = ${through}`)
    })
    this.#appliedThrough = through
    const { retention } = this.#options
    const newest = retention ? newestTime(rows.map(timesOf)) : -Infinity
    if (!retention || newest < this.#retainedAt + retentionStepUs(retention)) return
    this.#retainedAt = newest
    await this.#retain(retention)
  }

  async #retain(retention: Retention): Promise<Released> {
    this.#check()
    return this.#transaction('letting rows go', () => sweep(this.#connection, retention, this.#catalog.names(), this.#appliedThrough))
  }

  /** Does work whole or not at all; after a failure nothing more is written. */
  async #transaction<T>(doing: string, work: () => Promise<T>): Promise<T> {
    try {
      await this.#connection.run('begin')
      const result = await work()
      await this.#connection.run('commit')
      this.#catalog.publish()
      return result
    } catch (error) {
      this.#failed = storeError(error, this.#options.path, doing)
      for (const writer of this.#writers.values()) writer.discard()
      await this.#connection.run('rollback').catch(() => undefined) // a failed commit has rolled back already
      throw this.#failed
    }
  }

  #check(): void {
    if (this.#failed) {
      throw new TapeloomError(
        'store.stopped', `[store-duckdb] nothing is written after a failure: ${this.#failed.message} Then open the store anew.`,
        { cause: this.#failed },
      )
    }
  }

  async #append(rows: PackedRows): Promise<void> {
    const changed = await this.#catalog.ensure(this.#connection, rows.table, rows.declared, rows.columns)
    let writer = changed ? undefined : this.#writers.get(rows.table)
    if (!writer) {
      this.#writers.get(rows.table)?.close()
      writer = new ChunkWriter(this.#native, await this.#connection.createAppender(rows.table), this.#catalog.columns(rows.table))
      this.#writers.set(rows.table, writer)
    }
    writer.append(rows)
    writer.flush()
  }

  async #readPlan(reader: Reader, { sql, params, indices, versions }: RangePlan): Promise<ReadRows> {
    const statement = await reader.prepare(sql)
    if (!versions) return this.#vectors.read(await reader.run(statement, params), indices)
    const { key, known, limit } = versions
    for (let look = (limit ?? 0) + 64; ; look *= 4) {
      const { columns, rowCount } = this.#vectors.read(await reader.run(statement, { ...params, limit: look }), [...indices, key, known])
      const newest = newestRows(columns.at(-2) as Float64Array, columns.at(-1) as Float64Array)
      const found = newest?.length ?? rowCount
      // Several versions of a key may have used up the rows looked at.
      if (limit !== undefined && found < limit && rowCount === look) continue
      return lastOf(columns.slice(0, -2), newest, rowCount, Math.min(found, limit ?? found))
    }
  }

  async #guarded<T>(doing: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw storeError(error, this.#options.path, doing)
    }
  }

  /** After all that was asked for before. */
  #queued<T>(work: () => Promise<T>): Promise<T> {
    const queued = this.#tail.then(work)
    this.#tail = queued.catch(() => undefined)
    return this.#track(queued)
  }

  #track<T>(work: Promise<T>): Promise<T> {
    const settled = work.then(() => undefined, () => undefined).finally(() => this.#running.delete(settled))
    this.#running.add(settled)
    return work
  }
}

const timesOf = ({ table, columns }: PackedRows) =>
  ({ table, columns: Object.fromEntries(columns.flatMap(({ name, data }) => (data instanceof Float64Array ? [[name, data]] : []))) })

/** The last `count` of the rows chosen. */
function lastOf(columns: readonly ReadColumn[], newest: Int32Array | undefined, rowCount: number, count: number): ReadRows {
  if (newest) return { rowCount: count, columns: columns.map((column) => pick(column, newest.subarray(newest.length - count))) }
  return { rowCount: count, columns: count === rowCount ? columns : columns.map((column) => column.slice(rowCount - count)) }
}

const nothing = ({ columns }: StoreRange, declared: StoreTable): ReadRows => ({
  rowCount: 0,
  columns: columns.map((name) => (declared.columns[name] === 'text' ? [] : new Float64Array(0))),
})
