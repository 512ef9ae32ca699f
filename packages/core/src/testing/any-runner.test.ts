import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { fixtures, testModule } from './index.ts'
import { facts, onTrade } from './untrue-facts.ts'

const folder = mkdtempSync(join(tmpdir(), 'tapeloom-runner-'))
afterAll(() => rmSync(folder, { recursive: true }))
const url = (path: string) => pathToFileURL(join(import.meta.dirname, path)).href

/** A test file for Node's own runner, of a module whose handler is given. */
function byNode(name: string, handler: string) {
  const path = join(folder, `${name}.test.mjs`)
  writeFileSync(path, `
import { test } from 'node:test'
import { defineModule } from '${url('../index.ts')}'
import { fixtures, testModule } from '${url('index.ts')}'
const x = { rev: 1, unit: 'score', range: [-1e9, 1e9], description: '.' }
const module = defineModule({ name: '${name}', version: '1.0.0', core: '*', features: { x }, on: { trade: ${handler} } })
testModule(module, { test, events: fixtures.trades('BTC/USDT', { count: 400 }), stateEvents: 2000 })
`)
  const { NODE_TEST_CONTEXT: _, ...env } = process.env // a runner inside a runner reports to the outer one
  const run = spawnSync(process.execPath, ['--conditions=@tapeloom/source', '--test', '--test-reporter=tap', path], { encoding: 'utf8', env })
  return { code: run.status, said: run.stdout + run.stderr }
}

test("Node's own test runner runs the kit, and shows what fails and what to change", () => {
  const good = byNode('good', '({ price }, { features }) => void (features.x = price)')
  expect(good.said).toContain('ok 11 - good: a throw is quarantined')
  expect(good.said).toMatch(/good: \d+ ns\/event, 16 state bytes a symbol/)
  expect(good).toMatchObject({ code: 0 })
  const bad = byNode('bad', '(_trade, { features }) => void (features.x = Math.random())')
  expect(bad.said).toContain(`not ok 1 - bad: ${facts.deterministic}`)
  expect(bad.said).toMatch(/\[module bad\] a run and its repetition differ: .*Take time from events and randomness from ctx\.random/)
  expect(bad).toMatchObject({ code: 1 })
})

test('a long run prints what an event and the state cost, and may be as long as asked', async () => {
  const lines: string[] = []
  const module = onTrade(() => ({ ring: new Float64Array(100) }), ({ price }) => price)
  const checks = new Map<string, () => void | Promise<void>>()
  const collect = (name: string, run: () => void | Promise<void>) => checks.set(name, run)
  testModule(module, {
    test: collect, events: fixtures.trades('BTC/USDT', { count: 300 }), stateEvents: 1_000_000, print: (line: string) => lines.push(line),
  } as never)
  await checks.get('bad: the state is bounded over 1,000,000 events')?.()
  expect(lines).toEqual([expect.stringMatching(/^bad: \d+ ns\/event, \d{3} state bytes a symbol$/)])
})
