import type { StoreRows } from '@tapeloom/core'
import { memoryStore, storeTable } from '@tapeloom/data'
import { expect, test } from 'vitest'
import { extrasOf } from './frame-tensors.ts'
import { fixtureFrame, fixtureInputs, fixtureTensors } from '../frame.fixture.ts'
import { ReferenceLookup } from './reference-lookup.ts'
import { frameRow } from './stored-reference.ts'

const inputs = fixtureInputs()

/** A store of `count` references, three to a sequence, each third of them trained after it was matched. */
async function filled(count: number) {
  const store = memoryStore()
  const names = ['BTC/USDT', 'ETH/USDT', 'SOL/USDT'] as const
  const frames = Array.from({ length: count }, (_, i) => {
    const sequence = Math.floor(i / 3) + 1
    const { frame, prediction } = fixtureFrame({ sequence, symbol: names[i % 3]! }, inputs)
    const row = frameRow(frame, prediction, inputs, extrasOf(inputs, fixtureTensors(inputs, sequence)), 'abc')
    return { ...row, known: sequence } as Record<string, string | number | null>
  })
  const states = frames.flatMap(({ id, sequence }, i): Record<string, string | number | null>[] => [
    { ref_id: id!, state: 'matched', reason: '', known: Number(sequence) + 1 },
    ...(i % 3 === 0 ? [{ ref_id: id!, state: 'trained', reason: '', known: Number(sequence) + 70 }] : []),
  ])
  await store.write({ through: 0, rows: [rowsOf('inference_frames', frames), rowsOf('reference_states', states)] })
  let flushed = 0
  return { lookup: new ReferenceLookup(store, new Map(), async () => void flushed++), flushed: () => flushed }
}

function rowsOf(table: string, rows: readonly Record<string, string | number | null>[]): StoreRows {
  const columns = Object.entries(storeTable(table).columns).map(([name, type]) => {
    const values = rows.map((row) => row[name] ?? null)
    return [name, type === 'text' ? values : Float64Array.from(values, (value) => (value === null ? NaN : Number(value)))]
  })
  return { table, length: rows.length, columns: Object.fromEntries(columns) as StoreRows['columns'] }
}

test('stored references are found over many pages, each once, newest last, with their newest state', async () => {
  const { lookup, flushed } = await filled(15_000)
  const all = await lookup.many({})
  expect(all).toHaveLength(15_000)
  expect(new Set(all.map(({ id }) => id)).size).toBe(15_000)
  expect(all.map(({ sequence }) => sequence)).toEqual(all.map((_, i) => Math.floor(i / 3) + 1))
  expect(all.map(({ state }) => state)).toEqual(all.map(({ symbol }) => (symbol === 'BTC/USDT' ? 'trained' : 'matched')))
  expect(flushed()).toBe(1)
})

test('filters and limits hold over pages', async () => {
  const { lookup } = await filled(15_000)
  const trained = await lookup.many({ state: 'trained', limit: 4500 })
  expect(trained.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 4500 }, (_, i) => i + 501))
  const some = await lookup.many({ symbol: 'SOL/USDT', model: 'scout', state: 'matched', limit: 2 })
  expect(some.map(({ id }) => id)).toEqual(['local|scout@0|SOL/USDT|4999', 'local|scout@0|SOL/USDT|5000'])
  expect(await lookup.many({ state: 'failed' })).toEqual([])
})

test('a stored reference reads as it was written', async () => {
  const { lookup } = await filled(30)
  const { frame, prediction } = fixtureFrame({ sequence: 3 }, inputs)
  const reference = await lookup.one(frame.id)
  expect(reference).toMatchObject({
    id: frame.id, asOf: frame.asOf, prediction, target: frame.target, inputs, taint: [], state: 'trained', contentHash: 'abc',
    entry: { timeframe: '1m', openTime: frame.entry?.openTime },
  })
  expect(reference?.extras['position']).toEqual([...extrasOf(inputs, fixtureTensors(inputs, 3))].map((value) => (Number.isNaN(value) ? null : value)))
  expect(reference?.norm['lane0']).toEqual(frame.lanes[1]?.norm)
  expect(await lookup.one('local|scout@1|BTC/USDT|3')).toBeUndefined()
})
