import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { TapeloomError, type StoreBatch, type StoreColumns, type StoreRange, type StoreRows } from '@tapeloom/core'
import { lifetimes, storeTable, storeTables, type Released, type Retention } from '@tapeloom/data'
import type { DuckDBOptions, DuckDBStore, QueryColumn } from './duckdb-store.ts'
import { claimFile, realDatabasePath, releaseFile, type OpenFile } from './open-files.ts'
import { startOwnerThread, type OwnerThread } from './owner-client.ts'
import { buffersOf, packRows, type PackedBatch } from './packed-rows.ts'
import { readManifest, type Snapshot } from './parquet-snapshot.ts'
import { candlesSql, candleTable, copySql, type CandleExport } from './parquet-statements.ts'
import type { Parameters } from './range-conditions.ts'
import { identifier } from './sql-text.ts'
import { storeError } from './store-error.ts'
import type { ColumnKind } from './vector-reader.ts'

/** The tables that every database has from the start; candles and features get theirs with their first row. */
const firstTables = Object.fromEntries(Object.entries(storeTables).filter(([name]) => name !== 'ohlcv' && name !== 'features'))

/** The store as its users hold it: it checks and copies what is written, and asks the owner thread for the rest. */
export class FileStore implements DuckDBStore {
  readonly path: string
  readonly #readOnly: boolean
  readonly #memoryLimit: string
  readonly #retention: Retention | undefined
  readonly #start: () => OwnerThread
  #file: OpenFile | undefined
  #realPath = ''

  /** @param start makes the thread that owns the database */
  constructor(path: string, { readOnly = false, memoryLimit = '512MB', retention }: DuckDBOptions = {}, start = startOwnerThread) {
    if (!/^\d+(\.\d+)?(MB|GB)$/.test(memoryLimit)) {
      throw new TapeloomError('store.memory-limit', `[store-duckdb] memoryLimit '${memoryLimit}' is no size. Write it as 512MB or 2GB.`)
    }
    if (retention) lifetimes(retention, [])
    this.path = path
    this.#retention = retention
    this.#readOnly = readOnly
    this.#memoryLimit = memoryLimit
    this.#start = start
  }

  async open(): Promise<{ readonly appliedThrough: number }> {
    if (!this.#file) {
      this.#realPath = realDatabasePath(this.path, this.#readOnly)
      const options = {
        path: this.#realPath, readOnly: this.#readOnly, memoryLimit: this.#memoryLimit, tables: firstTables,
        ...(this.#retention && { retention: this.#retention }),
      }
      this.#file = claimFile(this.#realPath, this.#readOnly, this.#start, (owner) => owner.call('open', options))
    }
    const file = this.#file
    try {
      return await file.opened
    } catch (error) {
      if (this.#file === file) await this.close()
      throw error
    }
  }

  async write(batch: StoreBatch): Promise<void> {
    const { owner } = this.#opened('write')
    this.#checkWritable()
    if (!Number.isSafeInteger(batch.through) || batch.through < 0) {
      throw new TapeloomError('store.order', `[store-duckdb] batch through ${batch.through} is no sequence. Give a whole number from 0.`)
    }
    const packed: PackedBatch = { through: batch.through, rows: batch.rows.filter(({ length }) => length > 0).map(packRows) }
    await owner.call('write', packed, buffersOf(packed))
  }

  async retain(retention: Retention): Promise<Released> {
    const { owner } = this.#opened('retain')
    this.#checkWritable()
    lifetimes(retention, [])
    return owner.call('retain', retention)
  }

  async read(range: StoreRange): Promise<StoreRows> {
    const declared = storeTable(range.table)
    const { rowCount, columns } = await this.#opened('read').owner.call('read', { range, declared })
    return { table: range.table, length: rowCount, columns: named(range.columns, columns) as StoreColumns }
  }

  async query<const C extends Readonly<Record<string, ColumnKind>>>(
    sql: string, { columns, params = {} }: { readonly columns: C; readonly params?: Parameters },
  ): Promise<{ readonly [K in keyof C]: QueryColumn<C[K]> } & { readonly rowCount: number }> {
    if (Object.hasOwn(columns, 'rowCount')) {
      throw new TapeloomError('store.query', "[store-duckdb] query column 'rowCount' stands for the number of rows. Name yours otherwise.")
    }
    const result = await this.#opened('query').owner.call('query', { sql, columns, params })
    return { ...named(Object.keys(columns), result.columns), rowCount: result.rowCount } as never
  }

  async exportCandles(spec: CandleExport): Promise<{ readonly rows: number }> {
    storeTable(candleTable(spec.timeframe))
    return this.exportQuery(candlesSql(spec, await this.#venueOf(spec)), spec.out)
  }

  async exportQuery(sql: string, out: string): Promise<{ readonly rows: number }> {
    const { owner } = this.#opened('exportQuery')
    const full = resolve(out)
    checkFolder(dirname(full))
    if (statSync(full, { throwIfNoEntry: false })?.isDirectory()) {
      throw new TapeloomError('store.file', `[store-duckdb] '${full}' is a folder. Give the path of a file.`)
    }
    const draft = `${full}.part`
    try {
      const rows = await owner.call('copy', copySql(sql, draft))
      renameSync(draft, full)
      return { rows }
    } catch (error) {
      rmSync(draft, { force: true })
      throw storeError(error, out, 'export')
    }
  }

  async snapshot(folder: string): Promise<Snapshot> {
    const { owner } = this.#opened('snapshot')
    const full = resolve(folder)
    checkFolder(dirname(full))
    if (existsSync(full)) throw new TapeloomError('store.file', `[store-duckdb] '${full}' is there already. Give the path of a new folder.`)
    const draft = `${full}.part`
    rmSync(draft, { force: true, recursive: true })
    try {
      mkdirSync(draft)
      const snapshot = await owner.call('snapshot', draft)
      renameSync(draft, full)
      return snapshot
    } catch (error) {
      rmSync(draft, { force: true, recursive: true })
      throw storeError(error, folder, 'snapshot')
    }
  }

  async fill(folder: string): Promise<Snapshot> {
    const { owner } = this.#opened('fill')
    this.#checkWritable()
    readManifest(folder)
    return owner.call('fill', resolve(folder))
  }

  async compact(): Promise<Readonly<Record<string, number>>> {
    const { owner } = this.#opened('compact')
    this.#checkWritable()
    return owner.call('compact', undefined)
  }

  async close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    if (file) await releaseFile(this.#realPath, file)
  }

  #opened(doing: string): OpenFile {
    if (this.#file) return this.#file
    throw new TapeloomError('store.closed', `[store-duckdb] ${doing}: '${this.path}' is not open. Call open() first.`)
  }

  #checkWritable(): void {
    if (this.#readOnly) throw new TapeloomError('store.read-only', `[store-duckdb] '${this.path}' is open for reading. Open it without readOnly.`)
  }

  /** The venue whose candles are meant. */
  async #venueOf({ symbol, timeframe, venue }: CandleExport): Promise<string> {
    const table = candleTable(timeframe)
    const present = await this.query(
      "select count(*) > 0 as present from duckdb_tables() where schema_name = 'main' and table_name = $table",
      { columns: { present: 'boolean' }, params: { table } },
    )
    const venues: readonly (string | null)[] = present.present[0]
      ? (await this.query(`select distinct venue from ${identifier(table)} where symbol = $symbol order by 1`, { columns: { venue: 'text' }, params: { symbol } })).venue
      : []
    const [only] = venues
    if (venue !== undefined ? venues.includes(venue) : venues.length === 1) return venue ?? only ?? ''
    const found = venues.length === 0 ? 'none at any venue' : `candles of ${venues.map((one) => `'${one}'`).join(', ')}`
    const asked = `'${symbol}' ${timeframe}${venue === undefined ? '' : ` at '${venue}'`}`
    throw new TapeloomError('store.candles', `[store-duckdb] no one series of ${asked}: '${this.path}' has ${found}. Name symbol, timeframe and venue of one.`)
  }
}

function checkFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return
  throw new TapeloomError('store.directory', `[store-duckdb] folder '${folder}' does not exist. Make it, or choose another path.`)
}

const named = <T>(names: readonly string[], columns: readonly T[]): Record<string, T> =>
  Object.fromEntries(names.map((name, index) => [name, columns[index]!]))
