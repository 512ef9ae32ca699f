import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineModule, Orchestrator, type BookStatus, type MarketInput } from '@tapeloom/core'
import { afterAll, expect, test } from 'vitest'
import { DataProvider } from '../provider/data-provider.ts'
import { journalSource } from '../source/journal-source.ts'
import { recording } from '../testing/drive.ts'

const folder = mkdtempSync(join(tmpdir(), 'faults-'))
afterAll(() => rmSync(folder, { recursive: true }))
const book = (seconds: number, update: 'snapshot' | 'delta', quantity: number): MarketInput =>
  ({ kind: 'book', symbol: 'BTC/USDT', tsEvent: seconds * 1e6, update, bids: [[10, quantity]], asks: [[11, 1]] })
const reject = (seconds: number, of: object): MarketInput => ({ kind: 'reject', code: 'x.json', raw: '{', symbol: 'BTC/USDT', tsEvent: seconds * 1e6, ...of })

/** The status after each book event. */
async function statuses(inputs: readonly MarketInput[], journal?: string): Promise<readonly BookStatus[]> {
  return told(new DataProvider({ sources: [recording(inputs)], ...(journal !== undefined && { journal }) }))
}

async function told(data: DataProvider): Promise<readonly BookStatus[]> {
  const found: BookStatus[] = []
  const listener = defineModule({ name: 'l', version: '1.0.0', core: '^1.0.0', state: () => ({}), on: { book: ({ status }) => void found.push(status) } })
  await new Orchestrator({ data, modules: [listener] }).run()
  return found
}

test('a book message that cannot be used loses the book until its next snapshot', async () => {
  const inputs = [book(1, 'snapshot', 1), book(2, 'delta', NaN), book(2.5, 'delta', 3), book(3, 'snapshot', 2)]
  expect(await statuses(inputs)).toEqual(['live', 'gap', 'syncing', 'live'])
})

test('so does one that the source could not read, where it knows that it was of the book', async () => {
  expect(await statuses([book(1, 'snapshot', 1), reject(2, { of: 'book' }), book(3, 'snapshot', 2)])).toEqual(['live', 'gap', 'live'])
  expect(await statuses([book(1, 'snapshot', 1), reject(2, {}), book(3, 'delta', 2)])).toEqual(['live', 'live'])
})

test('a journal that is replayed loses the book at the same place', async () => {
  const inputs = [book(1, 'snapshot', 1), book(2, 'delta', -1), book(3, 'delta', 1), book(4, 'snapshot', 2)]
  const live = await statuses(inputs, join(folder, 'run.journal', 'local'))
  expect(await told(new DataProvider({ sources: [journalSource(join(folder, 'run'))] }))).toEqual(live)
})
