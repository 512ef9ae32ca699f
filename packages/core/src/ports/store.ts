/** Columns of equal length: numbers (NaN = missing) or text (null = missing). */
export type StoreColumns = Readonly<Record<string, Float64Array | readonly (string | null)[]>>

/** Rows for one table. Tables and their columns are declared in `@tapeloom/data` (`storeTables`). */
export interface StoreRows {
  readonly table: string
  readonly length: number
  readonly columns: StoreColumns
}

/** All rows that the inputs up to and including sequence `through` made: applied whole or not at all. */
export interface StoreBatch {
  readonly through: number
  readonly rows: readonly StoreRows[]
}

/** A range of one table: rows with `equals`, `from ≤ key < to`, and `known ≤ knownBy`; of equal keys the newest known. */
export interface StoreRange {
  readonly table: string
  readonly columns: readonly string[]
  readonly equals?: Readonly<Record<string, string | number>>
  /** The key column of the range, as `open_time`; the result is ordered by it. */
  readonly key?: string
  readonly from?: number
  readonly to?: number
  /** A sequence: rows written later are not seen. */
  readonly knownBy?: number
  /** The newest so many rows of the range (still in rising order). */
  readonly limit?: number
}

/** Where rows are kept: a projection of the journal, never on the hot path. */
export interface Store {
  /** Where it is, for messages and for the journal beside it; undefined for one in memory. */
  readonly path: string | undefined
  /** Opens it and says through which sequence it has been written; 0 when empty. @throws TapeloomError `store.*` */
  open(): Promise<{ readonly appliedThrough: number }>
  write(batch: StoreBatch): Promise<void>
  read(range: StoreRange): Promise<StoreRows>
  close(): Promise<void>
}
