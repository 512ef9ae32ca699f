import { expectTypeOf, test } from 'vitest'
import { openDuckDB, type DuckDBStore } from './index.ts'

declare const store: DuckDBStore

test('columns of a query are typed by what was asked for', async () => {
  const { hour, name, isOpen, rowCount } = await store.query('select 1', { columns: { hour: 'number', name: 'text', isOpen: 'boolean' } })
  expectTypeOf(hour).toEqualTypeOf<Float64Array>()
  expectTypeOf(name).toEqualTypeOf<readonly (string | null)[]>()
  expectTypeOf(isOpen).toEqualTypeOf<readonly (boolean | null)[]>()
  expectTypeOf(rowCount).toEqualTypeOf<number>()
  // @ts-expect-error a column that was not asked for
  void (await store.query('select 1', { columns: { hour: 'number' } })).minute
  // @ts-expect-error a kind that there is not
  void store.query('select 1', { columns: { hour: 'integer' } })
  // @ts-expect-error a parameter that is no value
  void store.query('select $a', { columns: {}, params: { a: [1] } })
})

test('options, symbols and timeframes are checked', () => {
  // @ts-expect-error a size without its unit
  void openDuckDB('a.duckdb', { memoryLimit: '512' })
  // @ts-expect-error no unified symbol
  void store.exportCandles({ symbol: 'BTCUSDT', timeframe: '1m', out: 'a.parquet' })
  // @ts-expect-error no timeframe
  void store.exportCandles({ symbol: 'BTC/USDT', timeframe: '5min', out: 'a.parquet' })
  expectTypeOf(store.path).toEqualTypeOf<string>()
})
