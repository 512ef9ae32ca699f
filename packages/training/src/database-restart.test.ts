import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { use, type RunReport } from '@tapeloom/core'
import { openDuckDB } from '@tapeloom/store-duckdb'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bar, build, minutes, walker } from './market.fixture.ts'
import { training } from './training.ts'
import { verifyReferences } from './verify/verify-references.ts'

const MINUTE_US = 60e6
const CUT = 131 * MINUTE_US + 500_000
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'training-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const start = async (name: string) =>
  build({
    modules: [bar, walker(), use(training, { batch: 5 })],
    candles: { 'BTC/USDT': minutes(220), 'ETH/USDT': minutes(220, 1) },
    store: await openDuckDB(join(folder, name)),
  }).orchestrator

/** What a database holds in the end: each sample trained, and whether all references resolve. */
async function contents(name: string) {
  const store = await openDuckDB(join(folder, name), { readOnly: true })
  const { columns } = await store.read({ table: 'training_outcomes', columns: ['ref_id', 'event_id', 'subscriber', 'step', 'loss', 'position'] })
  const lists = Object.values(columns).map((list) => Array.from(list as ArrayLike<string | number>))
  const rows = lists[0]!.map((_, i) => lists.map((list) => list[i]).join(' ')).sort()
  const verification = await verifyReferences(store)
  await store.close()
  return { rows, verification }
}

test('a database that is closed, or left as by a crash, goes on to the same end, and trains nothing twice', async () => {
  const straight = await start('straight.duckdb')
  const expected = await straight.run()
  await straight.stop()
  const whole = await contents('straight.duckdb')
  expect(whole.rows).toHaveLength(expected.references.trained)
  expect(whole.verification).toMatchObject({ references: expected.references.registered, mismatched: 0 })

  const first = await start('closed.duckdb')
  await first.run({ until: CUT })
  // as a crash leaves it: the journal, and no snapshot since the beginning
  await cp(join(folder, 'closed.duckdb'), join(folder, 'crashed.duckdb'))
  await cp(join(folder, 'closed.duckdb.journal'), join(folder, 'crashed.duckdb.journal'), { recursive: true })
  await first.stop()
  for (const name of ['closed.duckdb', 'crashed.duckdb']) {
    const again = await start(name)
    const report: RunReport = await again.run()
    await again.stop()
    expect([name, report.journalHash, report.references]).toEqual([name, expected.journalHash, expected.references])
    const { rows, verification } = await contents(name)
    expect(rows).toEqual(whole.rows)
    expect(verification).toEqual(whole.verification)
  }
}, 60_000)
