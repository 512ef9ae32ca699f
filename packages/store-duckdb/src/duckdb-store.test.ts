import { mkdtempSync, readFileSync, rmSync, writeFileSync, mkdirSync, existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { StoreBatch, StoreColumns } from '@tapeloom/core'
import { duckdbStore, openDuckDB, type DuckDBOptions, type DuckDBStore } from './index.ts'
import { FileStore } from './file-store.ts'
import { sameThread } from './same-thread.ts'

const folder = mkdtempSync(join(tmpdir(), 'tapeloom-store-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let files = 0
const fresh = () => join(folder, `store-${files++}.duckdb`)
const openHere = async (path: string, options?: DuckDBOptions): Promise<DuckDBStore> => {
  const store = new FileStore(path, options, sameThread)
  await store.open()
  return store
}
const withStore = async (work: (store: DuckDBStore) => Promise<void>) => {
  const store = await openHere(fresh())
  try {
    await work(store)
  } finally {
    await store.close()
  }
}
const numbers = (...values: number[]) => Float64Array.of(...values)
const candles = (through: number, columns: StoreColumns): StoreBatch => {
  const length = columns.open_time!.length
  const known = new Float64Array(length).fill(through)
  const texts = (text: string) => new Array<string>(length).fill(text)
  return { through, rows: [{ table: 'ohlcv_1m', length, columns: { symbol: texts('BTC/USDT'), venue: texts('binance'), known, ...columns } }] }
}
const series = { table: 'ohlcv_1m', equals: { symbol: 'BTC/USDT', venue: 'binance' }, key: 'open_time' } as const

describe('values', () => {
  test('NaN, -0, infinities and 2^53 - 1 come back as they were, and missing never as 0', () => withStore(async (store) => {
    const open = numbers(NaN, -0, Infinity, -Infinity, Number.MIN_VALUE, 0.1 + 0.2)
    const openTime = numbers(-1, 0, 1, 4_294_967_295, 4_294_967_296, Number.MAX_SAFE_INTEGER)
    await store.write(candles(1, { open_time: openTime, open, flags: numbers(NaN, 0, 1, -1, -4_294_967_296, NaN) }))
    const { columns, length } = await store.read({ ...series, columns: ['open_time', 'open', 'close', 'flags'] })
    expect(length).toBe(6)
    expect(columns).toEqual({
      open_time: openTime, open, close: new Float64Array(6).fill(NaN), flags: numbers(NaN, 0, 1, -1, -4_294_967_296, NaN),
    })
    expect(Object.is((columns.open as Float64Array)[1], -0)).toBe(true)
    const sql = await store.query(
      'select count(open) as known, count(*) as n, bool_or(close is null) as "null" from ohlcv_1m',
      { columns: { known: 'number', n: 'number', null: 'boolean' } },
    )
    expect(sql).toEqual({ known: numbers(5), n: numbers(6), null: [true], rowCount: 1 })
  }))

  test('text of any length and script comes back, and null is not empty', () => withStore(async (store) => {
    const taint = ['', null, 'twelve bytes', 'thirteen bytes', 'a\0b', 'größer als zwölf', 'thirteen bytes', '🙂', null, 'x'.repeat(5000)]
    await store.write(candles(1, { open_time: Float64Array.from(taint, (_, row) => row), taint }))
    expect((await store.read({ ...series, columns: ['taint'] })).columns.taint).toEqual(taint)
  }))

  test('a batch longer than a chunk keeps each row whole', () => withStore(async (store) => {
    const length = 5000
    const openTime = Float64Array.from({ length }, (_, row) => row)
    const close = openTime.map((row) => (row % 7 === 0 ? NaN : row / 3))
    const taint = Array.from(openTime, (row) => (row % 3 === 0 ? null : `taint of the row ${row % 11}`))
    await store.write(candles(1, { open_time: openTime, close, taint }))
    const { columns } = await store.read({ ...series, columns: ['open_time', 'close', 'taint'] })
    expect(columns).toEqual({ open_time: openTime, close, taint })
  }))

  test('the arrays of a batch stay with their owner', () => withStore(async (store) => {
    const shared = numbers(1, 2, 3, 4)
    await store.write(candles(1, { open_time: shared.subarray(1, 3), close: shared.subarray(0, 2) }))
    expect(shared).toEqual(numbers(1, 2, 3, 4))
    expect((await store.read({ ...series, columns: ['open_time', 'close'] })).columns).toEqual({ open_time: numbers(2, 3), close: numbers(1, 2) })
  }))
})

describe('versions', () => {
  test('the newest known version of a key counts, later ones are not seen by an earlier reader', () => withStore(async (store) => {
    await store.write(candles(1, { open_time: numbers(10, 20, 30), close: numbers(1, 2, 3) }))
    await store.write(candles(2, { open_time: numbers(20, 5), close: numbers(22, 5) }))
    const read = (more: object) => store.read({ ...series, columns: ['open_time', 'close'], ...more })
    expect((await read({})).columns).toEqual({ open_time: numbers(5, 10, 20, 30), close: numbers(5, 1, 22, 3) })
    expect((await read({ knownBy: 1 })).columns).toEqual({ open_time: numbers(10, 20, 30), close: numbers(1, 2, 3) })
    expect((await read({ from: 10, to: 30 })).columns.close).toEqual(numbers(1, 22))
    expect((await read({ limit: 2 })).columns.close).toEqual(numbers(22, 3))
    expect((await read({ from: 9.5, to: 20.5, knownBy: 1.5 })).columns.close).toEqual(numbers(1, 2))
    expect((await read({ from: NaN })).length).toBe(0)
    expect((await read({ from: -Infinity, to: Infinity, knownBy: Infinity, limit: 0 })).length).toBe(0)
  }))

  test('a limit looks further back when versions of one key fill what it looked at', () => withStore(async (store) => {
    for (let known = 1; known <= 3; known++) {
      const open = Float64Array.from({ length: 200 }, () => 100)
      await store.write(candles(known, { open_time: open, close: open.map((_, row) => known * 1000 + row) }))
    }
    await store.write(candles(4, { open_time: numbers(50), close: numbers(7) }))
    const { columns } = await store.read({ ...series, columns: ['open_time', 'close'], limit: 2 })
    expect(columns).toEqual({ open_time: numbers(50, 100), close: numbers(7, 3199) })
  }))

  test('views show what SQL users want: candles, features and the status of references', () => withStore(async (store) => {
    await store.write(candles(1, { open_time: numbers(10, 20), close: numbers(1, 2) }))
    await store.write(candles(2, { open_time: numbers(10), close: numbers(11) }))
    await store.write({ through: 3, rows: [
      { table: 'features_a', length: 1, columns: { symbol: ['BTC/USDT'], ts: numbers(1), known: numbers(3), 'cob.x#1@ab': numbers(0.5) } },
      { table: 'features_b', length: 1, columns: { symbol: ['BTC/USDT'], ts: numbers(1), known: numbers(3), 'cob.y#1@ab': numbers(0.25) } },
      { table: 'reference_states', length: 2, columns: { ref_id: ['r', 'r'], state: ['open', 'matched'], known: numbers(2, 3) } },
    ] })
    const closes = await store.query('select close, timeframe from candles order by open_time', { columns: { close: 'number', timeframe: 'text' } })
    expect(closes).toEqual({ close: numbers(11, 2), timeframe: ['1m', '1m'], rowCount: 2 })
    const rows = await store.query('select layout, "cob.x#1@ab" as x, "cob.y#1@ab" as y from features order by 1', { columns: { layout: 'text', x: 'number', y: 'number' } })
    expect(rows).toEqual({ layout: ['a', 'b'], x: numbers(0.5, NaN), y: numbers(NaN, 0.25), rowCount: 2 })
    const status = await store.query('select state from reference_status', { columns: { state: 'text' } })
    expect(status.state).toEqual(['matched'])
  }))

  test('a feature column that comes later is missing before', () => withStore(async (store) => {
    const row = (known: number, more: StoreColumns) =>
      ({ table: 'features_a', length: 1, columns: { symbol: ['BTC/USDT'], ts: numbers(known), known: numbers(known), ...more } })
    await store.write({ through: 1, rows: [row(1, { a: numbers(1) })] })
    await store.write({ through: 2, rows: [row(2, { b: numbers(2) })] })
    const { columns } = await store.read({ table: 'features_a', columns: ['a', 'b', 'c'], equals: { symbol: 'BTC/USDT' }, key: 'ts' })
    expect(columns).toEqual({ a: numbers(1, NaN), b: numbers(NaN, 2), c: numbers(NaN, NaN) })
  }))
})

describe.each([['in a thread', openDuckDB], ['in this thread', openHere]])('life %s', (_, openStore) => {
  test('what was written is there when the file is opened again, also for reading', async () => {
    const path = fresh()
    const first = await openStore(path)
    await first.write(candles(41, { open_time: numbers(1), close: numbers(2) }))
    expect(await first.open()).toEqual({ appliedThrough: 0 })
    await first.close()
    expect(await first.open()).toEqual({ appliedThrough: 41 })
    await first.close()
    const reader = await openStore(path, { readOnly: true, memoryLimit: '200MB' })
    const second = await openStore(path, { readOnly: true })
    expect((await second.read({ ...series, columns: ['close'] })).columns.close).toEqual(numbers(2))
    await expect(openStore(path)).rejects.toMatchObject({ code: 'store.in-use', message: expect.stringContaining(`${process.pid}`) })
    await reader.close()
    expect((await second.read({ ...series, columns: ['close'] })).length).toBe(1)
    await expect(second.write(candles(42, { open_time: numbers(2) }))).rejects.toMatchObject({ code: 'store.read-only' })
    await second.close()
    await second.close()
    await expect(second.read({ ...series, columns: ['close'] })).rejects.toMatchObject({ code: 'store.closed' })
    expect(existsSync(`${path}.lock`)).toBe(false)
  })

  test('a store that is constructed is not opened', async () => {
    const store = duckdbStore(fresh())
    expect(existsSync(store.path)).toBe(false)
    await expect(store.write({ through: 1, rows: [] })).rejects.toMatchObject({ code: 'store.closed' })
    expect(await store.open()).toEqual({ appliedThrough: 0 })
    await store.close()
  })

  test('closing waits for what is under way', async () => {
    const path = fresh()
    const store = await openStore(path)
    const writes = Array.from({ length: 5 }, (_, at) => store.write(candles(at + 1, { open_time: numbers(at) })))
    await store.close()
    await Promise.all(writes)
    const again = await openStore(path)
    expect(await again.open()).toEqual({ appliedThrough: 5 })
    expect((await again.read({ ...series, columns: ['open_time'] })).columns.open_time).toEqual(numbers(0, 1, 2, 3, 4))
    await again.close()
  })

  test('reads beside a running ingest see whole batches only', async () => {
    const store = await openStore(fresh())
    const size = 3000
    let settled = 0
    const writes = Array.from({ length: 12 }, (_, batch) =>
      store.write(candles(batch + 1, { open_time: Float64Array.from({ length: size }, (_, row) => batch * size + row) })).then(() => (settled = batch + 1)))
    let reads = 0
    while (settled < 12) {
      const before = settled
      const { length } = await store.read({ ...series, columns: ['known'] })
      expect(length % size).toBe(0)
      expect(length / size).toBeGreaterThanOrEqual(before)
      reads++
    }
    await Promise.all(writes)
    expect(reads).toBeGreaterThan(2)
    const many = await Promise.all(Array.from({ length: 20 }, (_, at) => store.read({ ...series, columns: ['open_time'], from: at, to: at + 1 })))
    expect(many.map(({ columns }) => (columns.open_time as Float64Array)[0])).toEqual(Array.from({ length: 20 }, (_, at) => at))
    await store.close()
  })
})

describe('errors', () => {
  const opening: readonly [string, () => { path: string; options?: object }, string, RegExp][] = [
    ['a directory that is missing', () => ({ path: join(folder, 'nowhere', 'a.duckdb') }), 'store.directory', /nowhere/],
    ['a file that is missing, for reading', () => ({ path: join(folder, 'none.duckdb'), options: { readOnly: true } }), 'store.missing', /none\.duckdb/],
    ['a name that is no file', () => ({ path: ':memory:' }), 'store.path', /memoryStore\(\)/],
    ['a memory limit that is no size', () => ({ path: fresh(), options: { memoryLimit: '1 GB' } }), 'store.memory-limit', /'1 GB'/],
  ]
  test.each(opening)('%s is refused', async (_, given, code, text) => {
    const { path, options } = given()
    await expect(openHere(path, options).then((store) => store.close())).rejects.toMatchObject({ code, message: expect.stringMatching(text) })
  })

  test('a file of another kind is refused and left alone', async () => {
    const path = fresh()
    writeFileSync(path, 'open,high,low,close\n'.repeat(500))
    await expect(openHere(path)).rejects.toMatchObject({ code: 'store.file' })
    expect(readFileSync(path, 'utf8')).toMatch(/^open,high/)
    expect(existsSync(`${path}.lock`)).toBe(false)
    mkdirSync(`${path}-folder`)
    await expect(openHere(`${path}-folder`)).rejects.toMatchObject({ code: 'store.file' })
  })

  const wrong: readonly [string, StoreColumns, string, RegExp][] = [
    ['an unknown column', { open_time: numbers(1), clsoe: numbers(1) }, 'store.column', /Did you mean 'close'/],
    ['text for numbers', { open_time: numbers(1), close: ['1'] }, 'store.column', /'close' is number/],
    ['numbers for text', { open_time: numbers(1), taint: numbers(1) }, 'store.column', /'taint' is text/],
    ['columns of different length', { open_time: numbers(1), close: numbers(1, 2) }, 'store.column', /2 rows, not 1/],
  ]
  test.each(wrong)('%s is refused before anything is written', (_, columns, code, text) => withStore(async (store) => {
    await expect(store.write(candles(1, columns))).rejects.toMatchObject({ code, message: expect.stringMatching(text) })
    await store.write(candles(1, { open_time: numbers(1) }))
  }))

  test('rows without their key, of unknown tables, or out of order are refused', () => withStore(async (store) => {
    const rows = (table: string, columns: StoreColumns) => ({ through: 1, rows: [{ table, length: 1, columns }] })
    await expect(store.write(rows('ohlcv_1m', { open_time: numbers(1), known: numbers(1) }))).rejects.toMatchObject({ code: 'store.column', message: expect.stringContaining("lacks column 'symbol'") })
    await expect(store.write(rows('prediction', { known: numbers(1) }))).rejects.toMatchObject({ code: 'store.table' })
    await expect(store.write({ through: 1.5, rows: [] })).rejects.toMatchObject({ code: 'store.order' })
    await store.write({ through: 9, rows: [] })
    await store.write({ through: 9, rows: [] })
    await expect(store.write({ through: 8, rows: [] })).rejects.toMatchObject({ code: 'store.order' })
    await store.write({ through: 10, rows: [] })
  }))

  test('of a batch that fails in a later chunk nothing is written when the store closes', async () => {
    const path = fresh()
    const store = await openHere(path)
    const openTime = Float64Array.from({ length: 3000 }, (_, row) => (row === 2500 ? 0.5 : row))
    await expect(store.write(candles(1, { open_time: openTime }))).rejects.toMatchObject({ code: 'store.value' })
    await store.write(candles(2, { open_time: numbers(1) })).catch(() => undefined)
    await store.close()
    const again = await openHere(path)
    expect((await again.read({ ...series, columns: ['open_time'] })).length).toBe(0)
    await again.close()
  })

  test('a batch that fails inside leaves nothing, and nothing is written after it', async () => {
    const path = fresh()
    const store = await openHere(path)
    await store.write(candles(1, { open_time: numbers(1) }))
    await expect(store.write(candles(2, { open_time: numbers(2, 3, 4.5) }))).rejects.toMatchObject({ code: 'store.value', message: expect.stringContaining("'open_time' got 4.5 in row 2") })
    await expect(store.write(candles(3, { open_time: numbers(3) }))).rejects.toMatchObject({ code: 'store.stopped' })
    expect((await store.read({ ...series, columns: ['open_time'] })).columns.open_time).toEqual(numbers(1))
    await store.close()
    expect(await store.open()).toEqual({ appliedThrough: 1 })
    await store.write(candles(3, { open_time: numbers(3) }))
    await store.close()
  })

  test('a read of an unknown table or column is refused, one of a table without rows is empty', () => withStore(async (store) => {
    await expect(store.read({ table: 'predictons', columns: [] })).rejects.toMatchObject({ code: 'store.table' })
    await expect(store.read({ table: 'gaps', columns: ['reasn'] })).rejects.toMatchObject({ code: 'store.column', message: expect.stringContaining("Did you mean 'reason'") })
    await expect(store.read({ table: 'gaps', columns: ['start'], equals: { reason: 1 } })).rejects.toMatchObject({ code: 'store.column' })
    expect(await store.read({ ...series, columns: ['open_time', 'taint'] })).toEqual({ table: 'ohlcv_1m', length: 0, columns: { open_time: numbers(), taint: [] } })
    expect(await store.read({ table: 'gaps', columns: ['start', 'reason'] })).toEqual({ table: 'gaps', length: 0, columns: { start: numbers(), reason: [] } })
  }))
})
