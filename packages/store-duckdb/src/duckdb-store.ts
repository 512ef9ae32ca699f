import type { RetainingStore, Retention } from '@tapeloom/data'
import { FileStore } from './file-store.ts'
import type { Snapshot } from './parquet-snapshot.ts'
import type { CandleExport } from './parquet-statements.ts'
import type { Parameters } from './range-conditions.ts'
import type { ColumnKind } from './vector-reader.ts'

/** How a database is opened. */
export interface DuckDBOptions {
  /** Only read it; refused while another process writes. Default false. */
  readonly readOnly?: boolean
  /** The most memory DuckDB may take, as `2GB`. Default `512MB`. */
  readonly memoryLimit?: `${number}${'MB' | 'GB'}`
  /** What is let go as time goes on, by the times of the rows; default: nothing. */
  readonly retention?: Retention
}

/** A column as a query gives it: NaN and null where the result has NULL. */
export type QueryColumn<K extends ColumnKind> = K extends 'number' ? Float64Array : K extends 'text' ? readonly (string | null)[] : readonly (boolean | null)[]

/** Tapeloom's store in a DuckDB file: a projection of the journal, and SQL over it. */
export interface DuckDBStore extends RetainingStore {
  readonly path: string
  /**
   * Runs one reading statement and gives the named columns, checked. Parameters are `$name`; whole numbers are bound as
   * BIGINT, others as DOUBLE. Integers beyond 2^53 lose digits.
   * @throws TapeloomError `store.query`, `store.sql`
   */
  query<const C extends Readonly<Record<string, ColumnKind>>>(
    sql: string, spec: { readonly columns: C; readonly params?: Parameters },
  ): Promise<{ readonly [K in keyof C]: QueryColumn<C[K]> } & { readonly rowCount: number }>
  /**
   * Writes a series to Parquet: `open_time` (µs, BIGINT), `open high low close volume` (DOUBLE) and the other columns of
   * `ohlcv_<timeframe>`, newest known versions, in order.
   * @throws TapeloomError `store.candles` when there are none, or of several venues and none is named
   */
  exportCandles(spec: CandleExport): Promise<{ readonly rows: number }>
  /**
   * Writes all tables, as they stand at one moment, as Parquet into a new folder: also while they are written.
   * @throws TapeloomError `store.directory store.file store.disk`
   */
  snapshot(folder: string): Promise<Snapshot>
  /** Fills this database, which has no rows yet, from such a folder. @throws TapeloomError `store.snapshot store.not-empty store.disk` */
  fill(folder: string): Promise<Snapshot>
  /**
   * Rewrites tables whose late rows stand out of the order of time, so that a range is one piece again; every version
   * stays. How many rows were late, by table.
   * @throws TapeloomError `store.disk`
   */
  compact(): Promise<Readonly<Record<string, number>>>
  /** Writes the rows of a reading statement to Parquet. @throws TapeloomError `store.sql store.directory store.file store.disk` */
  exportQuery(sql: string, out: string): Promise<{ readonly rows: number }>
}

/**
 * A store in the DuckDB file at `path`, not open yet: `open()` does that, and makes the file when it is missing.
 * @throws TapeloomError `store.memory-limit`, `store.retention`
 */
export function duckdbStore(path: string, options: DuckDBOptions = {}): DuckDBStore {
  return new FileStore(path, options)
}

/** Opens the DuckDB file at `path`. @throws TapeloomError as `open()` of the store */
export async function openDuckDB(path: string, options: DuckDBOptions = {}): Promise<DuckDBStore> {
  const store = duckdbStore(path, options)
  await store.open()
  return store
}
