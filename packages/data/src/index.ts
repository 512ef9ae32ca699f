export { DataProvider, type DataProviderOptions } from './provider/data-provider.ts'
export type { CandleColumns, HistoryRange } from './provider/candle-history.ts'
export type { PivotLevel } from './provider/pivot-levels.ts'
export { memoryStore } from './store/memory-store.ts'
export {
  lanesOf, lifetimes, newestTime, planRetention, retentionStepUs, type Pin, type RangeUse, type Released, type RetainingStore,
  type Retention, type RetentionPlan, type TableRetention,
} from './store/retention.ts'
export { storeTable, storeTables, type ColumnType, type StoreTable } from './store/store-tables.ts'
export { journalEnd } from './journal/journal-reader.ts'
export { candleSource } from './source/candle-source.ts'
export type { ParquetOptions } from './source/parquet-series.ts'
export { journalSource } from './source/journal-source.ts'
export { csvSource } from './source/csv-source.ts'
export { parquetSource } from './source/parquet-source.ts'
export { storeLanes } from './series/store-lanes.ts'
