import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { candleFile, projectFolder, tapeloom } from './cli-fixture.ts'

const config = `orchestrator:
  type: configurable
  modules: [./follower.ts]
`
const follower = `import { defineModule } from '@tapeloom/core'
export default defineModule({
  name: 'follower', version: '1.0.0', core: '^1.0.0', candles: ['1m'], state: () => ({ last: 0 }),
  on: { 'candle:close'({ open, close }, { state }) { state.last = Math.sign(close - open) } },
  predict: ({ state }) => ({ horizon: '60s', probabilities: state.last > 0 ? { buy: 0.7, hold: 0, sell: 0.3 } : { buy: 0.3, hold: 0, sell: 0.7 } }),
})
`

test('a configuration is tested on recorded candles, as a table and as JSON', async () => {
  const folder = projectFolder({ 'tapeloom.yaml': config, 'follower.ts': follower })
  const file = await candleFile(folder, 'binance-spot_BTCUSDT_1m_1970-01-01_1970-01-01.parquet', 600)
  const args = ['eval', join(folder, 'tapeloom.yaml'), '--from', file, '--trials', join(folder, 'trials.jsonl')]
  const { code, out } = await tapeloom([...args, '--json'])
  expect(code).toBe(0)
  const found = JSON.parse(out)
  expect(Object.keys(found)).toEqual(expect.arrayContaining(['folds', 'metrics', 'baselines', 'checks']))
  expect(found.folds).toHaveLength(4)
  expect(found.metrics.n).toBeGreaterThan(250)
  expect(Object.keys(found.baselines)).toEqual(['buyAndHold', 'momentum', 'randomSign', 'equalWeights'])
  expect(found.checks.map(({ name }: { name: string }) => name)).toEqual(['samples', 'parameters', 'tainted', 'skew', 'stale-fills', 'leak-canary', 'null-market'])
  expect(readFileSync(join(folder, 'trials.jsonl'), 'utf8').split('\n')).toHaveLength(2)
  const table = await tapeloom([...args, '--train', '4h', '--test', '2h', '--fills', 'open', '--fee', '0'])
  expect(table.out).toMatch(/1970-01-01 04:01 – 1970-01-01 06:01/)
  expect(table.out).toMatch(/all tests .*%/)
  expect(table.out).toContain('DSR counts 2 trials')
  expect(existsSync(join(folder, 'trials.jsonl'))).toBe(true)
}, 30_000)

test('an evaluation that makes no sense is refused', async () => {
  const folder = projectFolder({ 'tapeloom.yaml': config, 'follower.ts': follower })
  const file = await candleFile(folder, 'binance-spot_BTCUSDT_1m_1970-01-01_1970-01-01.parquet', 30)
  const run = (...args: string[]) => tapeloom(['eval', join(folder, 'tapeloom.yaml'), '--from', file, ...args])
  expect(await run('--folds', 'five')).toMatchObject({ code: 2, err: expect.stringContaining("--folds 'five' is unknown") })
  expect(await run('--fee', 'much')).toMatchObject({ code: 2 })
  expect(await run('--fills', 'first')).toMatchObject({ code: 2 })
  expect((await run('--train', '5h', '--test', '1h')).err).toContain('the market is shorter')
  expect((await run('--folds', '3')).err).toContain('module training')
  expect((await run('--folds', '3x2')).code).not.toBe(0)
})
