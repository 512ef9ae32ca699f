import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { extrasOf } from './frame-tensors.ts'
import { fixtureFrame, fixtureInputs, fixtureTensors } from './frame.fixture.ts'
import type { InferenceFrameReference } from './inference-frame-reference.ts'
import { ReferenceTable } from './reference-table.ts'
import { TextPool } from './text-pool.ts'

const inputs = fixtureInputs()
const family = { stream: 'local', model: 'scout', schemaHash: 'feed', symbol: 'BTC/USDT', inputs } as const
const hash = (sequence: number): string => sequence.toString(16).padStart(32, 'f0')

function add(table: ReferenceTable, sequence: number, version = '0'): number {
  const { frame, prediction } = fixtureFrame({ sequence, version }, inputs)
  return table.push(frame, prediction, hash(sequence), extrasOf(inputs, fixtureTensors(inputs, sequence)))
}

/** What a row must read as. */
function expected(sequence: number, version = '0'): InferenceFrameReference {
  const { frame, prediction } = fixtureFrame({ sequence, version }, inputs)
  const { lanes, entry, ...rest } = frame
  const position = extrasOf(inputs, fixtureTensors(inputs, sequence))
  return {
    ...rest, prediction, inputs, state: 'open', reason: '', contentHash: hash(sequence),
    entry: { timeframe: '1m', openTime: entry!.openTime },
    lanes: lanes.map(({ input, series, start, end, count, columns }) => ({ input, series, start, end, count, columns })),
    norm: Object.fromEntries(lanes.map(({ input, norm }) => [input, norm])),
    extras: { position: [...position].map((value) => (Number.isNaN(value) ? null : value)) },
  }
}

test('a reference reads as it was registered, masked numbers as null', () => {
  const table = new ReferenceTable(family, new TextPool())
  const row = add(table, 7, '12')
  expect(table.reference(row)).toEqual(expected(7, '12'))
  expect(table.reference(row).extras['position']?.[0]).toBeNull()
  expect(table.id(row)).toBe('local|scout@12|BTC/USDT|7')
})

test('registering a sequence again does nothing', () => {
  const table = new ReferenceTable(family, new TextPool())
  add(table, 7)
  add(table, 9)
  expect([add(table, 7), add(table, 9), table.length]).toEqual([-1, -1, 2])
})

test('adding, settling, forgetting and restoring keep what a plain list keeps', () => {
  const step = fc.record({ kind: fc.constantFrom('add', 'late', 'shift', 'settle', 'cut'), pick: fc.nat(50) })
  fc.assert(fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
    const pool = new TextPool()
    let table = new ReferenceTable(family, pool)
    let list: { sequence: number; state: string }[] = []
    let next = 100
    for (const { kind, pick } of steps) {
      if (kind === 'add') list.push({ sequence: (next += 2), state: 'open' }), add(table, next)
      else if (kind === 'late' && list.length > 0) {
        const sequence = list[pick % list.length]!.sequence - 1
        const row = add(table, sequence)
        if (list.some((other) => other.sequence === sequence)) expect(row).toBe(-1)
        else list = [...list, { sequence, state: 'open' }].sort((a, b) => a.sequence - b.sequence)
      } else if (kind === 'shift' && list.length > 0) list.shift(), table.shift()
      else if (kind === 'settle' && list.length > 0) {
        const i = pick % list.length
        list[i]!.state = 'matched'
        table.setState(table.first + i, 'matched', `reason ${pick}`)
        table.setSettled(table.first + i)
      } else if (kind === 'cut') {
        const state = table.snapshot()
        while (table.length > 0) table.shift()
        expect(pool.size).toBe(0)
        table = new ReferenceTable(family, pool)
        table.restore(state)
      }
    }
    const rows = Array.from({ length: table.length }, (_, i) => table.first + i)
    expect(rows.map((row) => ({ sequence: table.sequence(row), state: table.state(row) }))).toEqual(list)
    expect(table.unsettled - table.first).toBe([...list, { state: 'open' }].findIndex(({ state }) => state === 'open'))
    list.forEach(({ sequence, state }, i) => {
      expect(table.find(sequence)).toBe(table.first + i)
      const { reason, ...rest } = table.reference(table.first + i)
      expect(rest).toEqual({ ...expected(sequence), state, reason: undefined })
      expect(reason).toMatch(state === 'open' ? /^$/ : /^reason \d+$/)
    })
    expect(table.find(5)).toBe(-1)
  }), { numRuns: 60 })
})

test('marks do not disturb the state', () => {
  const table = new ReferenceTable(family, new TextPool())
  const row = add(table, 7)
  table.pin(row)
  table.pin(row)
  table.setSampled(row)
  table.setState(row, 'failed', 'why')
  table.unpin(row)
  expect([table.isPinned(row), table.isSampled(row), table.isSettled(row), table.state(row)]).toEqual([true, true, false, 'failed'])
  table.unpin(row)
  table.setSettled(row)
  expect([table.isPinned(row), table.isSettled(row), table.reference(row).reason]).toEqual([false, true, 'why'])
})

test('100,000 open references of five lanes and a position take less than 400 bytes each', () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const used = (): number => {
    collect()
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }
  const wide = fixtureInputs(4)
  const before = used()
  const [pool, tables] = [new TextPool(), new Map<string, ReferenceTable>()]
  for (const symbol of ['BTC/USDT', 'ETH/USDT'] as const) {
    const table = new ReferenceTable({ ...family, symbol, inputs: wide }, pool)
    tables.set(symbol, table)
    for (let sequence = 1; sequence <= 50_000; sequence++) {
      const { frame, prediction } = fixtureFrame({ sequence, symbol, version: String(sequence >> 6) }, wide)
      table.push(frame, prediction, hash(sequence), new Float32Array(10))
    }
  }
  const bytes = used() - before
  expect(tables.get('ETH/USDT')?.length).toBe(50_000)
  expect(bytes / 100_000).toBeLessThan(400)
  expect(bytes / 100_000).toBeGreaterThan(300) // or it measured nothing
})
