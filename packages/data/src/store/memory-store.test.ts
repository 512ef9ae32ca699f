import type { StoreRange, StoreRows } from '@tapeloom/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { memoryStore } from './memory-store.ts'
import { storeTable, storeTables } from './store-tables.ts'

type Row = Record<string, number | string | null>

const columnsOf = (table: string, rows: readonly Row[]): StoreRows => ({
  table,
  length: rows.length,
  columns: Object.fromEntries(
    Object.entries(storeTable(table).columns).map(([name, type]) => [
      name,
      type === 'text'
        ? rows.map((row) => (row[name] as string) ?? null)
        : Float64Array.from(rows, (row) => (row[name] as number) ?? NaN),
    ]),
  ),
})
const rowsOf = ({ columns, length }: StoreRows): Row[] =>
  Array.from({ length }, (_, i) =>
    Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values[i] ?? null])),
  )

/** What a read must give, from an array of all rows ever written. */
function oracle(all: readonly Row[], range: StoreRange): Row[] {
  const { columns, equals = {}, key, from = -Infinity, to = Infinity, knownBy = Infinity, limit = Infinity } = range
  const newest = new Map<string, Row>()
  for (const row of all) {
    const id = JSON.stringify(storeTable(range.table).key.map((column) => row[column]))
    const before = newest.get(id)
    const known = row['known'] as number
    if (known <= knownBy && (!before || (before['known'] as number) <= known)) newest.set(id, row)
  }
  const rows = [...newest.values()].filter(
    (row) =>
      Object.entries(equals).every(([column, value]) => row[column] === value) &&
      (key === undefined || (Number(row[key]) >= from && Number(row[key]) < to)),
  )
  if (key) rows.sort((a, b) => (a[key] as number) - (b[key] as number))
  return rows
    .slice(Math.max(0, rows.length - limit))
    .map((row) => Object.fromEntries(columns.map((name) => [name, row[name] ?? null])))
}

const candleRow = fc.record({
  symbol: fc.constantFrom('BTC/USDT', 'ETH/USDT'),
  venue: fc.constantFrom('x', 'y'),
  open_time: fc.nat(12),
  close: fc.nat(1000),
  taint: fc.option(fc.constant('["gap"]')),
})
const written = fc.array(fc.array(candleRow, { maxLength: 6, size: 'max' }), { maxLength: 12, size: 'max' })

test('a read equals the array of all rows: newest known per key, in order, within the range', async () => {
  await fc.assert(
    fc.asyncProperty(
      written,
      fc.nat(40),
      fc.nat(12),
      fc.nat(12),
      fc.boolean(),
      fc.option(fc.nat(5)),
      fc.option(fc.constantFrom('x', 'y')),
      async (batches, knownBy, a, b, both, limit, venue) => {
        const store = memoryStore()
        let known = 0
        const all: Row[] = []
        for (const batch of batches) {
          const rows = batch.map((row) => ({ ...row, known: ++known }))
          all.push(...rows)
          await store.write({ through: known, rows: [columnsOf('ohlcv_1m', rows)] })
        }
        const range: StoreRange = {
          table: 'ohlcv_1m',
          columns: ['open_time', 'close', 'taint', 'known', 'sma_10'],
          key: 'open_time',
          from: Math.min(a, b),
          to: Math.max(a, b),
          knownBy,
          equals: { ...(both && { symbol: 'BTC/USDT' }), venue: venue ?? 'x' },
          ...(limit !== null && { limit }),
        }
        const got = rowsOf(await store.read(range)).map((row): Row => ({ ...row, sma_10: null }))
        // rows of equal open_time of two symbols have no order of their own
        const sorted = (rows: Row[]): Row[] => rows.toSorted((p, q) => Number(p['known']) - Number(q['known']))
        const wanted = both || limit === null ? oracle(all, range) : got
        expect(sorted(got)).toEqual(sorted(wanted))
        expect(got.map((row) => row['open_time'])).toEqual(
          got.map((row) => Number(row['open_time'])).sort((p, q) => p - q),
        )
        expect(await store.open()).toEqual({ appliedThrough: known })
      },
    ),
  )
})

describe('a memory store', () => {
  test('applies a batch whole or not at all', async () => {
    const store = memoryStore()
    const good = columnsOf('gaps', [{ series: 's', reason: 'gap', start: 1, known: 1 }])
    await expect(store.write({ through: 9, rows: [good, { table: 'gap', length: 0, columns: {} }] })).rejects.toThrow(
      /'gap'\] is not declared. Did you mean 'gaps'/,
    )
    expect((await store.read({ table: 'gaps', columns: ['start'] })).length).toBe(0)
    expect(await store.open()).toEqual({ appliedThrough: 0 })
    await store.write({ through: 9, rows: [good] })
    expect(await store.open()).toEqual({ appliedThrough: 9 })
    await store.close()
    expect(store.path).toBeUndefined()
  })
  test('keeps every state of a reference: the sequence is part of its key', async () => {
    const store = memoryStore()
    const rows = ['open', 'matched', 'trained'].map((state, i) => ({ ref_id: 'r', state, known: i + 1 }))
    await store.write({ through: 3, rows: [columnsOf('reference_states', rows)] })
    const read = await store.read({
      table: 'reference_states',
      columns: ['state'],
      equals: { ref_id: 'r' },
      key: 'known',
    })
    expect(read.columns['state']).toEqual(['open', 'matched', 'trained'])
    const last = await store.read({
      table: 'reference_states',
      columns: ['state'],
      equals: { ref_id: 'r' },
      key: 'known',
      limit: 1,
    })
    expect(last.columns['state']).toEqual(['trained'])
  })
  test('finds one row by its id among many, and none for an id that is not there', async () => {
    const store = memoryStore()
    const rows = Array.from({ length: 500 }, (_, i) => ({ id: `d${(i * 7919) % 500}`, action: `a${i}`, known: i + 1 }))
    await store.write({ through: 500, rows: [columnsOf('decisions', rows)] })
    await store.write({ through: 501, rows: [columnsOf('decisions', [{ id: 'd42', action: 'amended', known: 501 }])] })
    const read = (id: string, knownBy?: number): Promise<StoreRows> =>
      store.read({ table: 'decisions', columns: ['action'], equals: { id }, ...(knownBy !== undefined && { knownBy }) })
    expect((await read('d42')).columns['action']).toEqual(['amended'])
    expect((await read('d42', 500)).columns['action']).toEqual([rows.find(({ id }) => id === 'd42')?.action])
    expect((await read('d421')).length).toBe(1)
    expect((await read('d500')).length).toBe(0)
    expect((await read('')).length).toBe(0)
  })
  test('conditions on other columns apply to the newest rows', async () => {
    const store = memoryStore()
    const outcome = (state: string, known: number): Row => ({
      ref_id: 'r',
      event_id: 'e',
      subscriber: 's',
      state,
      known,
    })
    await store.write({
      through: 2,
      rows: [columnsOf('training_outcomes', [outcome('queued', 1), outcome('trained', 2)])],
    })
    const read = (state: string, knownBy?: number): Promise<StoreRows> =>
      store.read({
        table: 'training_outcomes',
        columns: ['known'],
        equals: { state },
        ...(knownBy !== undefined && { knownBy }),
      })
    expect((await read('queued')).length).toBe(0)
    expect((await read('queued', 1)).length).toBe(1)
    expect((await read('trained')).length).toBe(1)
  })
  test('feature tables take the columns they are given; others are missing', async () => {
    const store = memoryStore()
    await store.write({
      through: 1,
      rows: [
        {
          table: 'features_L',
          length: 1,
          columns: {
            symbol: ['A/B'],
            ts: Float64Array.of(1),
            known: Float64Array.of(1),
            'a.x#1@0': Float64Array.of(5),
          },
        },
      ],
    })
    await store.write({
      through: 2,
      rows: [
        {
          table: 'features_L',
          length: 1,
          columns: { symbol: ['A/B'], ts: Float64Array.of(2), known: Float64Array.of(2) },
        },
      ],
    })
    const { columns } = await store.read({
      table: 'features_L',
      columns: ['ts', 'a.x#1@0', 'a.y#1@0', 'taint'],
      key: 'ts',
    })
    expect(columns).toEqual({
      ts: Float64Array.of(1, 2),
      'a.x#1@0': Float64Array.of(5, NaN),
      'a.y#1@0': Float64Array.of(NaN, NaN),
      taint: [null, null],
    })
  })
  test.each([
    { table: 'gaps', columns: ['begin'] },
    { table: 'gaps', columns: [], equals: { begin: 1 } },
    { table: 'gaps', columns: [], key: 'begin' },
  ])('an unknown column is an error %#', async (range) => {
    await expect(memoryStore().read(range)).rejects.toThrow("[store table 'gaps'] has no column 'begin'")
  })
})

test.each(['ohlcv', 'features', 'features_', 'ohlcv_1x', 'toString', 'candles'])('%s is no table', (name) => {
  expect(() => storeTable(name)).toThrow(`[store table '${name}'] is not declared`)
})

test('every table has its key among its columns, and a known sequence', () => {
  for (const { columns, key } of Object.values(storeTables)) {
    expect(key.every((column) => column in columns)).toBe(true)
    expect(columns['known']).toBe('integer')
  }
  expect(storeTable('ohlcv_15m')).toBe(storeTables['ohlcv'])
  expect(storeTable('features_3f')).toBe(storeTables['features'])
})
