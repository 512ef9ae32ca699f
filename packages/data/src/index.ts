export { memoryStore } from './store/memory-store.ts'
export { storeTable, storeTables, type ColumnType, type StoreTable } from './store/store-tables.ts'
