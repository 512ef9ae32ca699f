export { duckdbStore, openDuckDB, type DuckDBOptions, type DuckDBStore, type QueryColumn } from './duckdb-store.ts'
export type { CandleExport } from './parquet-statements.ts'
export type { Snapshot } from './parquet-snapshot.ts'
export type { ColumnKind } from './vector-reader.ts'
