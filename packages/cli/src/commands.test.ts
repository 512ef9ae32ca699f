import { join } from 'node:path'
import { expect, test } from 'vitest'
import { captureFile, projectFolder, tapeloom } from './cli-fixture.ts'
import type { SessionReport } from './run-session.ts'

test('run goes through a simulated market to its end', async () => {
  const folder = projectFolder({ 'c.yaml': `
orchestrator: { modules: [baseline, cob_module], policy: skip }
data: { sources: [{ sim: { symbols: [BTC/USDT], duration: 30s } }] }
environments: { long: { data: { sources: [{ sim: { symbols: [BTC/USDT], duration: 60s } }] } } }
` })
  const run = async (...more: readonly string[]) => {
    const { code, out } = await tapeloom(['run', join(folder, 'c.yaml'), '--json', ...more])
    return { code, report: JSON.parse(out) as SessionReport }
  }
  const first = await run()
  expect(first).toMatchObject({ code: 0, report: { decisions: 30, training: [], references: { registered: 0 } } })
  expect((await run('--environment', 'long')).report.decisions).toBe(60)
  expect((await run('--seed', '9')).report.journalHash).not.toBe(first.report.journalHash)
})

test('what a policy leaves out is told', async () => {
  const folder = projectFolder({ 'c.yaml': 'orchestrator: { modules: [tapeloom-module-absent], policy: skip }\n' })
  const config = join(folder, 'c.yaml')
  const warning = `[${config}:1:27] package 'tapeloom-module-absent' is not installed. Run: npm i tapeloom-module-absent\n`
  expect(await tapeloom(['run', config, '--json'])).toMatchObject({ code: 0, err: warning })
  expect(await tapeloom(['config', 'check', config])).toEqual({ code: 0, out: 'sources: none\nstore: memory\n', err: warning })
})

test('config check shows the plan in the order of the start, or every mistake', async () => {
  const folder = projectFolder({
    'c.yaml': 'orchestrator: { modules: [baseline, { use: pivot_analysis_module, enabled: false }] }\ndata: { store: run.duckdb }\n',
    'd.yaml': 'orchestrator:\n  modules: [cob_modul]\n  sed: 1\n',
  })
  const [good, bad] = [join(folder, 'c.yaml'), join(folder, 'd.yaml')]
  expect((await tapeloom(['config', 'check', good])).out).toBe(
    `  1. baseline  @tapeloom/core 1.0.0\n  2. pivot  @tapeloom/module-pivot 1.0.0  (disabled)\nsources: none\nstore: ${join(folder, 'run.duckdb')}\n`,
  )
  const { code, out } = await tapeloom(['config', 'check', good, '--json'])
  expect({ code, found: JSON.parse(out) as unknown }).toEqual({ code: 0, found: { ok: true, modules: ['baseline', 'pivot'], errors: [] } })
  const wrong = await tapeloom(['config', 'check', bad, '--json'])
  expect(wrong.code).toBe(2)
  expect(JSON.parse(wrong.out)).toEqual({
    ok: false, modules: [],
    errors: [
      { message: `[${bad}:2:13] module 'cob_modul' is neither known nor installed. Did you mean 'cob_module'?`, line: 2, column: 13 },
      { message: `[${bad}:3:3] 'sed' is no key here. Did you mean 'seed'?`, line: 3, column: 3 },
    ],
  })
  expect(wrong.err.trim().split('\n')).toHaveLength(2)
  expect((await tapeloom(['config', 'check', join(folder, 'e.yaml'), '--json', '--environment', 'x'])).out).toContain('"line": null')
})

test('modules lists what is installed, here and in the project', async () => {
  const folder = projectFolder({ 'package.json': '{ "dependencies": { "tapeloom-module-absent": "1", "express": "5" } }' })
  const before = process.cwd()
  process.chdir(folder)
  try {
    const { code, out } = await tapeloom(['modules', '--json'])
    const found = JSON.parse(out) as readonly { readonly name: string; readonly features: readonly string[]; readonly requires: readonly object[] }[]
    expect(code).toBe(0)
    expect(found.map(({ name }) => name)).toEqual(expect.arrayContaining(['cob', 'pivot', 'training', 'baseline']))
    expect(found.find(({ name }) => name === 'pivot')).toMatchObject({ version: '1.0.0', features: expect.arrayContaining(['l1Trend', 'l3Trend']) as string[], requires: [] })
    expect(found.find(({ name }) => name === 'baseline')?.requires).toEqual([{ module: 'cob', range: expect.any(String) as string, optional: true }])
    const { out: shown } = await tapeloom(['modules'], { isTTY: true, env: { NO_COLOR: '1' } })
    expect(shown).toMatch(/^pivot 1\.0\.0\n {2}features: .*l1Trend/m)
    expect(shown).toMatch(/^ {2}needs cob .* \(optional\)$/m)
  } finally {
    process.chdir(before)
  }
})

test('feed check tells what a capture holds', async () => {
  const folder = projectFolder({})
  const file = captureFile(folder, 'binance-spot_btcusdt_1.txt.gz')
  const { code, out } = await tapeloom(['feed', 'check', file, '--json'])
  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject([
    { file: 'binance-spot_btcusdt_1.txt.gz', venue: 'binance-spot', messages: 20_002, bookMessages: 2, trades: 20_000, gaps: 0, faults: 0, checksums: { ok: 0, failed: 0 } },
  ])
  const { out: shown } = await tapeloom(['feed', 'check', file])
  expect(shown).toMatch(/^binance-spot_btcusdt_1\.txt\.gz \(binance-spot\)\n {2}20,002 messages: 2 of books, 20,000 trades\n {2}0 gaps, /)
})

test('doctor checks the machine, and a configuration where one is given', async () => {
  const folder = projectFolder({ 'c.yaml': 'orchestrator: { modules: [] }', 'd.yaml': 'orchestrator: {}' })
  const checked = async (...args: readonly string[]) => {
    const { code, out } = await tapeloom(['doctor', '--json', ...args])
    return { code, checks: (JSON.parse(out) as { readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly hint: string }[] }).checks }
  }
  const { checks } = await checked(join(folder, 'c.yaml'))
  expect(checks.map(({ name }) => name)).toEqual(['node', '@duckdb/node-api', 'onnxruntime-node', 'disk', 'config'])
  expect(checks.filter(({ name }) => name !== 'disk').every(({ ok }) => ok)).toBe(true)
  const bad = await checked(join(folder, 'd.yaml'))
  expect(bad.code).toBe(1)
  expect(bad.checks.at(-1)).toMatchObject({ name: 'config', ok: false, hint: expect.stringContaining("'orchestrator' has no 'modules'") as string })
  expect((await tapeloom(['doctor'])).out).toMatch(/^ok {3}node {15}\d+\./)
})
