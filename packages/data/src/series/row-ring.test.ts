import { decodePlain, encodePlain } from '@tapeloom/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MemoryBudget } from './memory-budget.ts'
import { RowBlock } from './row-block.ts'
import { RowRing, rowBytes } from './row-ring.ts'
import { RowVersions } from './row-versions.ts'

const free = (): MemoryBudget => new MemoryBudget(1e9)

interface Version {
  readonly time: number
  readonly known: number
  readonly flags: number
  readonly value: number
}

/** All versions ever put; twenty lines that cannot be wrong. */
class Oracle {
  readonly versions: Version[] = []

  read(from: number, to: number, knownBy: number): Version[] {
    const newest = new Map<number, Version>()
    for (const version of this.versions) {
      const { time, known } = version
      if (time >= from && time < to && known <= knownBy) newest.set(time, version)
    }
    return [...newest.values()].sort((a, b) => a.time - b.time)
  }
}

function put(ring: RowRing, version: Version): boolean {
  const slot = ring.put(version.time, version.known, version.flags)
  if (slot >= 0) ring.rows.set([version.value, -version.value], slot * 2)
  return slot >= 0
}

const contents = (block: RowBlock): object[] =>
  Array.from({ length: block.count }, (_, i) => ({
    time: block.times[i],
    flags: block.flags[i],
    rows: [block.rows[2 * i], block.rows[2 * i + 1]],
  }))
const wanted = (versions: readonly Version[]): object[] =>
  versions.map(({ time, flags, value }) => ({ time, flags, rows: [value, -value] }))

const times = fc.array(fc.integer({ min: -6, max: 3 }), { minLength: 1, maxLength: 200, size: 'max' })

/** Steps ≥ 1 append, others touch the past: a newer version or a missed row. */
function play(steps: readonly number[], maxRows: number): { ring: RowRing; oracle: Oracle } {
  const [ring, oracle] = [new RowRing(2, maxRows, free()), new Oracle()]
  let last = 0
  steps.forEach((step, i) => {
    const version = { time: Math.max(0, 2 * (last + step)), known: i + 1, flags: i % 7, value: i + 0.5 }
    last = Math.max(last, version.time / 2)
    put(ring, version)
    oracle.versions.push(version)
  })
  return { ring, oracle }
}

test('a read equals the array of all versions, as of every sequence, or says that rows have left', () => {
  fc.assert(
    fc.property(
      times,
      fc.nat(400),
      fc.nat(400),
      fc.nat(200),
      fc.constantFrom(4, 16, 1024),
      (steps, a, b, knownBy, maxRows) => {
        const { ring, oracle } = play(steps, maxRows)
        const [block, from, to] = [new RowBlock(2, 1), Math.min(a, b), Math.max(a, b)]
        const count = ring.read(from, to, knownBy, block)
        const distinct = new Set(oracle.versions.map(({ time }) => time)).size
        const mayHaveLeft = distinct > maxRows
        expect(count >= 0 || mayHaveLeft).toBe(true)
        expect(count < 0 ? [] : contents(block)).toEqual(count < 0 ? [] : wanted(oracle.read(from, to, knownBy)))
        const slot = ring.locate(from, to, count, knownBy)
        const values = Array.from({ length: slot < 0 ? 0 : count }, (_, i) => ring.rows[2 * ((slot + i) % ring.room)])
        expect(values).toEqual(slot < 0 ? [] : wanted(oracle.read(from, to, knownBy)).map((row) => (row as { rows: number[] }).rows[0]))
        const allKnown = oracle.versions.every(({ known }) => known <= knownBy)
        expect(slot >= 0 || !allKnown || count < 0).toBe(true)
        const others = slot >= 0 ? [count - 1, count + 1].filter((other) => other >= 0) : []
        expect(others.filter((other) => ring.locate(from, to, other, knownBy) >= 0)).toEqual([])
      },
    ),
  )
})

test('a row in the middle that was known later than those after it is not given to whoever could not know it', () => {
  const { ring, oracle } = play([1, 1, 1, 1, 1], 16) // at 2, 4, 6, 8, 10, known by 1 to 5
  const late = { time: 6, known: 6, flags: 0, value: 99 }
  const inserted = { time: 7, known: 7, flags: 0, value: 77 }
  for (const version of [late, inserted]) {
    put(ring, version)
    oracle.versions.push(version)
  }
  put(ring, { time: 12, known: 8, flags: 0, value: 1 })
  const block = new RowBlock(2)
  for (const knownBy of [5, 6, 7, 8]) {
    const count = ring.read(2, 11, knownBy, block)
    expect(contents(block)).toEqual(wanted(oracle.read(2, 11, knownBy)))
    expect(ring.locate(2, 11, count, knownBy)).toBe(knownBy < 7 ? -1 : 0)
  }
  expect(ring.locate(8, 11, 2, 5)).toBe(4) // those after it are as they were
  expect(put(ring, { time: 14, known: 3, flags: 0, value: 1 })).toBe(true) // a sequence that goes back
  expect([ring.read(12, 20, 7, block), contents(block).length]).toEqual([1, 1])
})

test('the newest rows are those of the array, however the ring has turned', () => {
  fc.assert(
    fc.property(times, fc.constantFrom(4, 16, 1024), fc.integer({ min: 1, max: 20 }), (steps, maxRows, n) => {
      const { ring, oracle } = play(steps, maxRows)
      const block = new RowBlock(2, 1)
      const all = oracle.read(-Infinity, Infinity, Infinity)
      const count = ring.newest(n, block)
      expect(count).toBe(Math.min(n, ring.count))
      expect(contents(block)).toEqual(wanted(all.slice(all.length - count)))
      expect(ring.lastTime).toBe(all.at(-1)?.time)
    }),
  )
})

test('a restored ring answers every read as the first does, and goes on alike', () => {
  fc.assert(
    fc.property(times, times, fc.constantFrom(4, 16, 1024), fc.nat(300), (steps, more, maxRows, knownBy) => {
      const { ring } = play(steps, maxRows)
      const restored = new RowRing(2, maxRows, free())
      restored.restore(decodePlain(encodePlain(ring.snapshot())))
      for (const [i, step] of more.entries()) {
        for (const one of [ring, restored])
          put(one, { time: 2 * (100 + i + step), known: 1000 + i, flags: 0, value: i })
      }
      for (const from of [0, ring.floor, 50]) {
        const [a, b] = [new RowBlock(2), new RowBlock(2)]
        expect(restored.read(from, 1e9, knownBy, b)).toBe(ring.read(from, 1e9, knownBy, a))
        expect(contents(b)).toEqual(contents(a))
      }
      expect(restored.floor).toBe(ring.floor)
    }),
  )
})

test('a ring grows with its rows and loses none, before and after it has turned', () => {
  const budget = free()
  const [ring, oracle] = [new RowRing(2, 1024, budget), new Oracle()]
  const block = new RowBlock(2)
  for (let i = 1; i <= 2500; i++) {
    const version = { time: 3 * i, known: i, flags: i % 5, value: i / 4 }
    expect(put(ring, version)).toBe(true)
    oracle.versions.push(version)
    if (i % 250 !== 0) continue
    const from = Math.max(ring.floor, 0)
    expect(ring.count).toBe(Math.min(i, 1024))
    expect(ring.read(from, Infinity, Infinity, block)).toBe(ring.count)
    expect(contents(block)).toEqual(wanted(oracle.read(from, Infinity, Infinity)))
  }
  expect(budget.usedBytes).toBe(ring.bytes - RowRing.startBytes(2, 1024))
})

test('a ring that went on is set back whole: what it had lost since is here again', () => {
  const ring = new RowRing(2, 4, free())
  for (let i = 0; i < 4; i++) put(ring, { time: i, known: i, flags: 0, value: i })
  const state = ring.snapshot()
  for (let i = 4; i < 9; i++) put(ring, { time: i, known: i, flags: 0, value: i })
  ring.restore(state)
  const block = new RowBlock(2)
  expect(ring.read(0, 10, Infinity, block)).toBe(4)
  expect([...block.times.subarray(0, 4)]).toEqual([0, 1, 2, 3])
})

test('an overwritten range is detected, never misread', () => {
  const ring = new RowRing(2, 4, free())
  for (let i = 0; i < 10; i++) put(ring, { time: i, known: i, flags: 0, value: i })
  const block = new RowBlock(2)
  expect(ring.read(5, 8, Infinity, block)).toBe(-1)
  expect(ring.read(6, 8, Infinity, block)).toBe(2)
  expect(ring.put(5, 11, 0)).toBe(-1)
})

test('a full ring refuses a row older than its oldest, and remembers that it is missing', () => {
  const ring = new RowRing(2, 4, free())
  for (const time of [10, 20, 30, 40]) put(ring, { time, known: time, flags: 0, value: time })
  expect(ring.put(5, 50, 0)).toBe(-1)
  const block = new RowBlock(2)
  expect(ring.read(5, 50, Infinity, block)).toBe(-1)
  expect(ring.read(6, 50, Infinity, block)).toBe(4)
})

test('a ring that may not grow overwrites its oldest rows', () => {
  const budget = new MemoryBudget(RowRing.startBytes(2, 1024))
  expect(budget.take(RowRing.startBytes(2, 1024))).toBe(true)
  const ring = new RowRing(2, 1024, budget)
  for (let i = 0; i < 300; i++) put(ring, { time: i, known: i, flags: 0, value: i })
  expect(ring.count).toBe(256)
  expect(ring.bytes).toBe(256 * rowBytes(2))
  expect(ring.floor).toBe(44)
})

test('flags are added to the row that is there and to no other', () => {
  const ring = new RowRing(2, 16, free())
  put(ring, { time: 2, known: 1, flags: 1, value: 1 })
  ring.flag(2, 8)
  ring.flag(3, 16)
  expect(ring.flagsAt(ring.lastSlot)).toBe(9)
  expect(ring.timeAt(ring.lastSlot)).toBe(2)
  expect(new RowRing(2, 16, free()).lastSlot).toBe(-1)
})

test('many replaced rows drop the oldest versions, and reads that would need them go to the store', () => {
  const ring = new RowRing(2, 16, free())
  for (let i = 0; i < 5000; i++) put(ring, { time: 7, known: i, flags: 0, value: i })
  const block = new RowBlock(2)
  expect(ring.read(7, 8, 10, block)).toBe(-1)
  expect(ring.read(7, 8, 4990, block)).toBe(1)
  expect(block.rows[0]).toBe(4990)
})

test('versions of rows that have left go first', () => {
  const versions = new RowVersions(1)
  for (let i = 0; i < 4096; i++) versions.keep(i, i, 0, Float64Array.of(i), -Infinity)
  versions.keep(5000, 5000, 0, Float64Array.of(1), 4000)
  expect(versions.count).toBe(97)
  expect(versions.lossy).toBe(false)
})
