import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { extrasOf } from './frame-tensors.ts'
import { fixtureFrame, fixtureInputs, fixtureTensors } from '../frame.fixture.ts'
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

/** A table beside a plain list that does the same. */
class Pair {
  readonly #pool = new TextPool()
  table = new ReferenceTable(family, this.#pool)
  list: { readonly sequence: number; state: string }[] = []
  /** What the table answered otherwise than the list. */
  readonly differences: string[] = []
  #next = 100

  readonly steps: Readonly<Record<string, (pick: number) => void>> = {
    add: () => this.#add((this.#next += 2)),
    late: (pick) => this.#add((this.list[pick % this.list.length]?.sequence ?? 51) - 1),
    shift: () => {
      if (this.list.shift()) this.table.shift()
    },
    settle: (pick) => {
      const i = pick % Math.max(1, this.list.length)
      const entry = this.list[i]
      if (!entry) return
      entry.state = 'matched'
      this.table.setState(this.table.first + i, 'matched', `reason ${pick}`)
      this.table.setSettled(this.table.first + i)
    },
    cut: () => {
      const state = this.table.snapshot()
      while (this.table.length > 0) this.table.shift()
      if (this.#pool.size > 0) this.differences.push(`${this.#pool.size} texts are left`)
      this.table = new ReferenceTable(family, this.#pool)
      this.table.restore(state)
    },
  }

  #add(sequence: number): void {
    const isNew = !this.list.some((other) => other.sequence === sequence)
    if (add(this.table, sequence) >= 0 !== isNew) this.differences.push(`${sequence} was added ${isNew ? 'not' : 'again'}`)
    if (isNew) this.list = [...this.list, { sequence, state: 'open' }].sort((a, b) => a.sequence - b.sequence)
  }
}

test('adding, settling, forgetting and restoring keep what a plain list keeps', () => {
  const step = fc.tuple(fc.constantFrom('add', 'add', 'late', 'shift', 'settle', 'cut'), fc.nat(50))
  fc.assert(fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (steps) => {
    const pair = new Pair()
    for (const [kind, pick] of steps) {
      pair.steps[kind]?.(pick)
      expect(pair.table.unsettled).toBeGreaterThanOrEqual(pair.table.first) // moves its cursor
    }
    const { table, list, differences } = pair
    expect(differences).toEqual([])
    const rows = Array.from({ length: table.length }, (_, i) => table.first + i)
    expect(rows.map((row) => table.find(table.sequence(row)))).toEqual(rows)
    expect(table.unsettled - table.first).toBe([...list, { state: 'open' }].findIndex(({ state }) => state === 'open'))
    const read = rows.map((row) => table.reference(row))
    expect(read.map((reference) => ({ ...reference, reason: '' }))).toEqual(list.map(({ sequence, state }) => ({ ...expected(sequence), state })))
    expect(read.map(({ reason }) => reason !== '')).toEqual(list.map(({ state }) => state !== 'open'))
    expect([table.find(5), table.id(add(table, 10_000))]).toEqual([-1, 'local|scout@0|BTC/USDT|10000'])
  }), { numRuns: 100 })
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

test('100,000 open references of five lanes and a position take less than 400 bytes each', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const used = async (): Promise<number> => {
    for (let i = 0; i < 4; i++) {
      collect()
      await new Promise(setImmediate) // buffers are given back between turns
    }
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }
  const wide = fixtureInputs(4)
  const before = await used()
  const [pool, tables] = [new TextPool(), new Map<string, ReferenceTable>()]
  for (const symbol of ['BTC/USDT', 'ETH/USDT'] as const) {
    const table = new ReferenceTable({ ...family, symbol, inputs: wide }, pool)
    tables.set(symbol, table)
    for (let sequence = 1; sequence <= 50_000; sequence++) {
      const { frame, prediction } = fixtureFrame({ sequence, symbol, version: String(sequence >> 6) }, wide)
      table.push(frame, prediction, hash(sequence), new Float32Array(10))
    }
  }
  const bytes = (await used()) - before
  expect(tables.get('ETH/USDT')?.length).toBe(50_000)
  expect(bytes / 100_000).toBeLessThan(400)
  expect(bytes / 100_000).toBeGreaterThan(300) // or it measured nothing
})
