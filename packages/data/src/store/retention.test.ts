import { expect, test } from 'vitest'
import { memoryStore } from './memory-store.ts'
import { planRetention, type RangeUse } from './retention.ts'

const MINUTE = 60e6
const use = (reference: string, start: number, end: number, more: Partial<RangeUse> = {}): RangeUse =>
  ({ reference, asOf: end, waiting: true, series: 'x:BTC/USDT:candle:1m', start, end, ...more })
const cutoffs = new Map([['ohlcv_1m', { time: 'open_time', cutoff: 1000 * MINUTE }], ['features_L', { time: 'ts', cutoff: 900 * MINUTE }]])
const plan = (...uses: RangeUse[]) => planRetention({ keep: {} }, cutoffs, uses, 2000 * MINUTE)
const pins = (table: string, ...uses: RangeUse[]) => plan(...uses).tables.get(table)?.pins.map(({ from, to }) => [from / MINUTE, to / MINUTE])

test('pins that reach each other, or nearly, are one', () => {
  expect(pins('ohlcv_1m', use('b', 150 * MINUTE, 300 * MINUTE), use('a', 0, 100 * MINUTE), use('c', 400 * MINUTE, 500 * MINUTE)))
    .toEqual([[0, 300], [400, 500]])
  expect(pins('ohlcv_1m', use('a', 0, 500 * MINUTE), use('b', 10 * MINUTE, 20 * MINUTE))).toEqual([[0, 500]])
})

test('ranges behind the cutoff, of other tables and of no series pin nothing', () => {
  const behind = use('a', 1000 * MINUTE, 1100 * MINUTE)
  const others = ['x:BTC/USDT:candle:5m', 'no series'].map((series) => use('b', 0, MINUTE, { series }))
  expect(plan(behind, ...others)).toEqual({ tables: new Map([...cutoffs].map(([table, kept]) => [table, { ...kept, pins: [] }])), expired: [] })
  expect(pins('features_L', use('a', 5 * MINUTE, 5 * MINUTE, { series: 'local:BTC/USDT:features:L' }))).toEqual([[5, 5]])
})

test('whoever waits no more, or too long, expires once', () => {
  const late = use('late', 0, MINUTE, { asOf: 2000 * MINUTE - 8 * 86_400e6 })
  expect(plan(late, late, use('done', 0, MINUTE, { waiting: false })).expired).toEqual(['done', 'late'])
})

test('a store in memory keeps what references need, reads the rest no more, and says what went', async () => {
  const store = memoryStore({ retention: { keep: { ohlcv_1m: '10m', trades: '1m' } } })
  const time = Float64Array.from({ length: 100 }, (_, i) => i * MINUTE)
  const lanes = JSON.stringify([{ series: 'x:BTC/USDT:candle:1m', start: 5 * MINUTE, end: 7 * MINUTE, count: 3 }])
  const one = Float64Array.of(9)
  await store.write({ through: 100, rows: [
    { table: 'inference_frames', length: 1, columns: { id: ['r'], model: ['m'], symbol: ['BTC/USDT'], sequence: one, as_of: Float64Array.of(8 * MINUTE), lanes: [lanes], known: one } },
    { table: 'ohlcv_1m', length: 100, columns: { symbol: Array<string>(100).fill('BTC/USDT'), venue: Array<string>(100).fill('x'), open_time: time, known: time } },
  ] })
  const left = await store.read({ table: 'ohlcv_1m', columns: ['open_time'], key: 'open_time' })
  expect([...(left.columns['open_time'] as Float64Array)].map((at) => at / MINUTE)).toEqual([5, 6, 7, ...Array.from({ length: 11 }, (_, i) => 89 + i)])
  expect(await store.retain({ keep: { ohlcv: '5m' }, pinned: '1m' })).toEqual({ rows: { ohlcv_1m: 5 }, expired: [] })
  await store.write({ through: 101, rows: [{ table: 'reference_states', length: 1, columns: { ref_id: ['r'], state: ['trained'], reason: [''], known: Float64Array.of(101) } }] })
  expect(await store.retain({ keep: { ohlcv: '5m' } })).toEqual({ rows: { ohlcv_1m: 3 }, expired: ['r'] })
  expect(await store.retain({ keep: { ohlcv: '5m' } })).toEqual({ rows: {}, expired: [] })
})
