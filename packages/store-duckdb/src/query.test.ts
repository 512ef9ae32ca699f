import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FileStore } from './file-store.ts'
import { sameThread } from './same-thread.ts'

const folder = mkdtempSync(join(tmpdir(), 'tapeloom-query-'))
const store = new FileStore(join(folder, 'store.duckdb'), { memoryLimit: '0.2GB' }, sameThread)
const texts = (count: number, text: string) => new Array<string>(count).fill(text)
const candle = (venue: string, symbol: string, known: number, openTime: Float64Array, close: Float64Array) => ({
  through: known,
  rows: [{ table: 'ohlcv_5m', length: close.length, columns: {
    symbol: texts(close.length, symbol), venue: texts(close.length, venue), open_time: openTime, open: close, high: close, low: close, close,
    volume: close, known: new Float64Array(close.length).fill(known),
  } }],
})
beforeAll(async () => {
  await store.open()
  await store.write(candle('binance', 'BTC/USDT', 1, Float64Array.of(600e6, 0, 300e6), Float64Array.of(3, 1, NaN)))
  await store.write(candle('binance', 'BTC/USDT', 2, Float64Array.of(0), Float64Array.of(1.5)))
  await store.write(candle('kraken', 'BTC/USDT', 3, Float64Array.of(0), Float64Array.of(9)))
  await store.write(candle("o'hare", 'ETH/USDT', 4, Float64Array.of(0), Float64Array.of(7)))
})
afterAll(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('query', () => {
  test('every number type is read as numbers, and NULL as NaN', async () => {
    const types = ['tinyint', 'utinyint', 'smallint', 'usmallint', 'integer', 'uinteger', 'bigint', 'ubigint', 'hugeint', 'uhugeint', 'float', 'double', 'decimal(9,2)', 'decimal(38,10)']
    const sql = `select ${types.map((type, at) => `(case when i = 1 then null else i end)::${type} as c${at}`).join(', ')} from range(3000) r(i)`.replaceAll(
      '(case when i = 1 then null else i end)::tinyint', 'case when i = 1 then null else i % 100 end::tinyint').replaceAll(
      '(case when i = 1 then null else i end)::utinyint', 'case when i = 1 then null else i % 100 end::utinyint')
    const columns = Object.fromEntries(types.map((_, at) => [`c${at}`, 'number' as const]))
    const result = await store.query(sql, { columns })
    expect(result.rowCount).toBe(3000)
    const whole = Float64Array.from({ length: 3000 }, (_, row) => (row === 1 ? NaN : row))
    const expected = types.map((type, at) => [type, at < 2 ? whole.map((value) => value % 100) : whole])
    expect(types.map((type, at) => [type, result[`c${at}`]])).toEqual(expected)
  })

  test('integers are exact to 2^53 on both sides of 0', async () => {
    const { n } = await store.query('select unnest([9007199254740991, -9007199254740991, -1, -4294967296, 4294967295]) as n', { columns: { n: 'number' } })
    expect(n).toEqual(Float64Array.of(9007199254740991, -9007199254740991, -1, -4294967296, 4294967295))
  })

  test('text, enums and booleans are read with their nulls', async () => {
    const result = await store.query(
      "select * from (values ('a', 'x'::enum('x', 'y'), true), (null, null, null), ('a longer text than twelve', 'y', false)) t(t, e, b)",
      { columns: { b: 'boolean', t: 'text', e: 'text' } },
    )
    expect(result).toEqual({ b: [true, null, false], t: ['a', null, 'a longer text than twelve'], e: ['x', null, 'y'], rowCount: 3 })
  })

  test('parameters are bound by name, each as what it is', async () => {
    const result = await store.query(
      'select typeof($i) as i, typeof($d) as d, typeof($t) as t, typeof($b) as b, $n is null as n, typeof($z) as z, $i + $i as sum',
      { params: { i: 3, d: 0.5, t: "o'hare", b: true, n: null, z: -0 }, columns: { i: 'text', d: 'text', t: 'text', b: 'text', n: 'boolean', z: 'text', sum: 'number' } },
    )
    expect(result).toEqual({ i: ['BIGINT'], d: ['DOUBLE'], t: ['VARCHAR'], b: ['BOOLEAN'], n: [true], z: ['DOUBLE'], sum: Float64Array.of(6), rowCount: 1 })
  })

  test('one statement with many values is prepared once and answers each', async () => {
    const asked = Array.from({ length: 50 }, (_, at) => at)
    const answers = await Promise.all(asked.map((at) => store.query(`select ${at % 40} + $n as n`, { params: { n: at }, columns: { n: 'number' } })))
    expect(answers.map(({ n }) => n[0])).toEqual(asked.map((at) => (at % 40) + at))
  })

  test.each([
    ['a column that is not there', 'select 1 as close', { clse: 'number' }, {}, /no column 'clse'.*Did you mean 'close'/],
    ['text read as numbers', "select 'x' as a", { a: 'number' }, {}, /'a' as VARCHAR, not number.*Ask for text/],
    ['a boolean read as a number', 'select true as a', { a: 'number' }, {}, /BOOLEAN.*x::double/],
    ['a time read as a number', "select timestamp '2020-01-01' as a", { a: 'number' }, {}, /TIMESTAMP.*epoch_us/],
    ['a list', 'select [1] as a', { a: 'text' }, {}, /INTEGER\[\].*another type/],
    ['rowCount as a column', 'select 1 as "rowCount"', { rowCount: 'number' }, {}, /rowCount/],
    ['a parameter without a value', 'select $a as a', { a: 'number' }, {}, /no value for \$a/],
    ['a value without a parameter', 'select 1 as a', { a: 'number' }, { b: 1 }, /no parameter \$b/],
    ['a statement that writes', 'delete from gaps', {}, {}, /got DELETE/],
  ] as const)('%s is an error that says so', async (_, sql, columns, params, message) => {
    await expect(store.query(sql, { columns: columns as Record<string, 'number'>, params: params as Record<string, number> }))
      .rejects.toMatchObject({ code: 'store.query', message: expect.stringMatching(message) })
  })

  test('an error of SQL says what DuckDB said, and more than memory allows is an error of memory', async () => {
    await expect(store.query('select close from candle', { columns: {} })).rejects.toMatchObject({ code: 'store.sql', message: expect.stringContaining('candle') })
    await expect(store.query("select string_agg(repeat('x', 1000), '') as a from range(2000000)", { columns: { a: 'text' } })).rejects.toMatchObject({ code: 'store.memory', message: expect.stringContaining('memoryLimit') })
  }, 30_000)
})

describe('Parquet', () => {
  const read = (path: string) => store.query(
    `select open_time, close, known, typeof(open_time) as type from read_parquet('${path}')`,
    { columns: { open_time: 'number', close: 'number', known: 'number', type: 'text' } },
  )

  test('candles go out in order, newest known version, missing as null', async () => {
    const out = join(folder, 'btc.parquet')
    expect(await store.exportCandles({ symbol: 'BTC/USDT', timeframe: '5m', venue: 'binance', out })).toEqual({ rows: 3 })
    expect(await read(out)).toEqual({
      open_time: Float64Array.of(0, 300e6, 600e6), close: Float64Array.of(1.5, NaN, 3), known: Float64Array.of(2, 1, 1), type: texts(3, 'BIGINT'), rowCount: 3,
    })
    const columns = await store.query(`select column_name, column_type from (describe select * from read_parquet('${out}'))`, { columns: { column_name: 'text', column_type: 'text' } })
    expect(columns.column_name.slice(0, 6)).toEqual(['open_time', 'open', 'high', 'low', 'close', 'volume'])
    expect(columns.column_type.slice(0, 6)).toEqual(['BIGINT', ...texts(5, 'DOUBLE')])
  })

  test('the only venue of a symbol need not be named', async () => {
    const out = join(folder, "eth's.parquet")
    expect(await store.exportCandles({ symbol: 'ETH/USDT', timeframe: '5m', out })).toEqual({ rows: 1 })
    expect(existsSync(out)).toBe(true)
  })

  test.each([
    ['several venues', { symbol: 'BTC/USDT', timeframe: '5m' }, /candles of 'binance', 'kraken'/],
    ['another venue', { symbol: 'ETH/USDT', timeframe: '5m', venue: 'binance' }, /at 'binance'.*candles of 'o'hare'/],
    ['a symbol without candles', { symbol: 'SOL/USDT', timeframe: '5m' }, /none at any venue/],
    ['a timeframe without candles', { symbol: 'BTC/USDT', timeframe: '1h' }, /none at any venue/],
  ] as const)('%s is an error that says what there is', async (_, spec, message) => {
    const out = join(folder, 'none.parquet')
    await expect(store.exportCandles({ ...spec, out })).rejects.toMatchObject({ code: 'store.candles', message: expect.stringMatching(message) })
    expect(existsSync(out)).toBe(false)
  })

  test('a query goes out, and one that fails leaves the file that was there', async () => {
    const out = join(folder, 'query.parquet')
    expect(await store.exportQuery('select 1 as a union all select 2; ', out)).toEqual({ rows: 2 })
    expect(await store.exportQuery('select 3 as a -- the last', out)).toEqual({ rows: 1 })
    await expect(store.exportQuery("select error('no') as a", out)).rejects.toMatchObject({ code: 'store.sql' })
    expect((await store.query(`select a from read_parquet('${out}')`, { columns: { a: 'number' } })).a).toEqual(Float64Array.of(3))
    expect(existsSync(`${out}.part`)).toBe(false)
    await expect(store.exportQuery('select 1', join(folder, 'nowhere', 'x.parquet'))).rejects.toMatchObject({ code: 'store.directory' })
    await expect(store.exportQuery('select 1', join(out, 'x.parquet'))).rejects.toMatchObject({ code: 'store.directory' })
    await expect(store.exportQuery('select 1', folder)).rejects.toMatchObject({ code: 'store.file' })
  })
})
