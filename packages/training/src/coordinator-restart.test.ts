import { use } from '@tapeloom/core'
import { afterEach, expect, test } from 'vitest'
import type { Orchestrator } from '@tapeloom/core'
import { bar, build, minutes, walker } from './market.fixture.ts'
import { training } from './training.ts'

const MINUTE_US = 60e6
const candles = { 'BTC/USDT': minutes(240), 'ETH/USDT': minutes(240, 1) } as const
const open: Orchestrator[] = []
afterEach(async () => {
  for (const orchestrator of open.splice(0)) await orchestrator.stop()
})

function start(seed = 1, batch = 0) {
  const built = build({ modules: [bar, walker(), use(training, { batch })], candles, seed })
  open.push(built.orchestrator)
  return built
}

test('equal inputs and seeds train equal weights, step by step, and other seeds do not', async () => {
  const hashes: string[] = []
  for (const seed of [1, 1, 2]) hashes.push((await start(seed).orchestrator.run()).journalHash)
  expect(hashes[0]).toBe(hashes[1])
  expect(hashes[2]).not.toBe(hashes[0])
})

test('a restart at any cut, with half-filled batches and steps under way, ends as an uninterrupted run', async () => {
  const straight = start(1, 7)
  const last = await straight.orchestrator.run()
  expect(last.references.trained).toBeGreaterThan(200)
  const underWay: boolean[] = []
  // on a boundary, before its inferences, and half a second later, when one of four has a step under way
  const cuts = [30, 100, 100 + 1e-5, ...[100, 101, 102, 103].map((minute) => minute + 1 / 120), 201.3]
  for (const cut of cuts) {
    const before = start(1, 7)
    await before.orchestrator.run({ until: cut * MINUTE_US })
    underWay.push(before.orchestrator.participant(training).models().some(({ waiting }) => waiting >= 7))
    const snapshot = await before.orchestrator.snapshot()
    const after = start(1, 7)
    await after.orchestrator.restore(snapshot)
    const report = await after.orchestrator.run()
    expect(report.journalHash).toBe(last.journalHash)
    expect(report.references).toEqual(last.references)
    expect(after.orchestrator.participant(training).models()).toEqual(straight.orchestrator.participant(training).models())
  }
  expect(underWay).toContain(true)
})
