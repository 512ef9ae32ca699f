import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Orchestrator, use } from '@tapeloom/core'
import { candleSource, DataProvider } from '@tapeloom/data'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bar, minutes, walker } from './market.fixture.ts'
import { training } from './training.ts'

const MINUTE_US = 60e6
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'training-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Steps take effect 20 minutes after they are asked for: several are always under way. */
const start = (journal: string, snapshotEvery: number) => new Orchestrator({
  data: new DataProvider({ sources: [candleSource('BTC/USDT', '1m', minutes(240))], journal: join(folder, journal) }),
  modules: [bar, walker(), use(training, { batch: 4, trainLatency: '20m' })],
  snapshotEvery,
})
const crash = (from: string, to: string) => cp(join(folder, from), join(folder, to), { recursive: true })

test('a snapshot cut when a recovery has just ended takes no step twice', async () => {
  const straight = start('straight', 1e9)
  const { journalHash, references } = await straight.run()
  await straight.stop()

  const first = start('first', 1e9)
  await first.run({ until: 150.5 * MINUTE_US })
  await crash('first', 'second')
  await first.stop()
  const second = start('second', 10) // its first snapshot is due as soon as the journal has been run again
  await second.run({ until: 150.6 * MINUTE_US })
  expect(second.participant(training).models()[0]?.waiting).toBeGreaterThan(4)
  await crash('second', 'third')
  await second.stop()
  const third = start('third', 1e9)
  const report = await third.run()
  await third.stop()
  expect(report.references).toEqual(references)
  expect(report.journalHash).toBe(journalHash)
})
