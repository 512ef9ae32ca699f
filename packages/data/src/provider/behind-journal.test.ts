import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Orchestrator, TapeloomError, type Store } from '@tapeloom/core'
import { afterAll, describe, expect, test } from 'vitest'
import { memoryStore } from '../store/memory-store.ts'
import { recording, trade } from '../testing/drive.ts'
import { DataProvider } from './data-provider.ts'

const root = mkdtempSync(join(tmpdir(), 'tapeloom-behind-'))
let folders = 0
const newFolder = () => join(root, String(++folders))
afterAll(() => rmSync(root, { recursive: true }))

const inputs = Array.from({ length: 12_000 }, (_, i) => trade((i + 1) * 250e3, 100 + (i % 7), 1, { tsInit: (i + 1) * 250e3, sourceSequence: i + 1 }))

/** A store at a path whose disk takes so many more batches; the rows stay. */
function smallDisk(memory: Store, room: { batches: number }, full = new TapeloomError('store.disk', '[store] is full. Make room.') as Error): Store {
  return {
    path: '/data/run.db', open: () => memory.open(), read: (range) => memory.read(range), close: () => memory.close(),
    async write(batch) {
      if (room.batches-- > 0) return memory.write(batch)
      throw full
    },
  }
}

function over(store: Store, journal?: string) {
  const told: string[] = []
  const data = new DataProvider({
    sources: [recording(inputs)], store, timeframes: ['1s', '5s'], trades: true, behind: ({ code }) => void told.push(code),
    ...(journal !== undefined && { journal }),
  })
  return { told, data, orchestrator: new Orchestrator({ data, modules: [], snapshotEvery: 2000 }) }
}

async function ran(store: Store, journal: string) {
  const { told, data, orchestrator } = over(store, journal)
  const { journalHash, events } = await orchestrator.run()
  await orchestrator.stop()
  return { told, failure: data.storeFailure, journalHash, trades: events.trade }
}

const rowsOf = async (store: Store) => {
  const read = (table: string, columns: readonly string[]) => store.read({ table, columns })
  return [
    await read('ohlcv_1s', ['symbol', 'open_time', 'close', 'volume', 'sma_10', 'sma_200', 'ema_26', 'vwap', 'known']),
    await read('ohlcv_5s', ['open_time', 'close', 'sma_50', 'ema_50', 'vwap', 'known']), await read('trades', ['id', 'price', 'known']),
    await read('instruments', ['symbol', 'known']),
  ]
}

describe('a store that can no longer be written', () => {
  test.each([0, 1, 3])('after %i batches is told, the run goes on, and the next start writes what is missing', async (batches) => {
    const whole = memoryStore()
    const sound = await ran(smallDisk(whole, { batches: Infinity }), newFolder())
    expect([sound.told, sound.failure, sound.trades]).toEqual([[], undefined, inputs.length])

    const [memory, journal, room] = [memoryStore(), newFolder(), { batches }]
    const full = await ran(smallDisk(memory, room), journal)
    expect(full).toMatchObject({ told: ['store.behind'], journalHash: sound.journalHash, trades: inputs.length })
    expect(full.failure?.message).toBe('[store] is full. Make room. Nothing more is written there; the journal goes on. Make room, then start again: what is missing is written.')
    expect((await memory.open()).appliedThrough).toBeLessThan((await whole.open()).appliedThrough)

    room.batches = Infinity
    expect(await ran(smallDisk(memory, room), journal)).toMatchObject({ told: [], failure: undefined, journalHash: sound.journalHash })
    expect(await rowsOf(memory)).toEqual(await rowsOf(whole))
    expect(await memory.open()).toEqual(await whole.open())
  })

  test('keeps the snapshot it can be made again from', async () => {
    const [memory, journal] = [memoryStore(), newFolder()]
    await ran(smallDisk(memory, { batches: 3 }), journal)
    const { appliedThrough } = await memory.open()
    const kept = readdirSync(join(journal, 'snapshots')).map((name) => Number.parseInt(name, 10))
    expect(Math.min(...kept)).toBeLessThanOrEqual(appliedThrough)
  })

  test('ends a run without a journal, whose rows nothing makes again', async () => {
    const memory = smallDisk(memoryStore(), { batches: 0 })
    const { told, orchestrator } = over({ ...memory, path: undefined })
    await expect(orchestrator.run().then(() => orchestrator.stop())).rejects.toMatchObject({ code: 'store.disk' })
    expect(told).toEqual([])
  })

  test('ends the run where it was the journal that could not be written', async () => {
    const full = new TapeloomError('journal.write', '[journal] cannot be written.')
    const { told, orchestrator } = over(smallDisk(memoryStore(), { batches: 1 }, full), newFolder())
    await expect(orchestrator.run().then(() => orchestrator.stop())).rejects.toMatchObject({ code: 'journal.write' })
    expect(told).toEqual([])
  })

  test('is told whatever it threw', async () => {
    const { failure } = await ran(smallDisk(memoryStore(), { batches: 1 }, new Error('EIO')), newFolder())
    expect(failure).toMatchObject({ code: 'store.behind', message: expect.stringContaining('[store] writing failed: Error: EIO. Nothing more') as string })
  })
})

test('a snapshot that cannot be kept is told, and the run goes on', async () => {
  const journal = newFolder()
  mkdirSync(journal)
  symlinkSync(join(journal, 'nowhere'), join(journal, 'snapshots'))
  const { told, failure, trades } = await ran(memoryStore(), journal)
  expect([new Set(told), failure, trades]).toEqual([new Set(['journal.snapshot']), undefined, inputs.length])
})
