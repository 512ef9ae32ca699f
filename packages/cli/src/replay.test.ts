import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterEach, expect, test } from 'vitest'
import { candleFile, captureFile, projectFolder, tapeloom } from './cli-fixture.ts'
import type { SessionReport } from './run-session.ts'

/** Changes a database behind the back of everyone. */
async function changed(db: string, sql: string): Promise<void> {
  const instance = await DuckDBInstance.create(db)
  const connection = await instance.connect()
  await connection.run(sql)
  connection.closeSync()
  instance.closeSync()
}

/** A small network that is asked at each minute, and a module that may stop the program at its nth candle. */
const project = {
  'c.yaml': `
orchestrator:
  modules: [./guess.ts, ./stopper.ts, pivot_analysis_module, training_module]
data: { timeframes: [1m, 5m], store: live.duckdb }
`,
  'guess.ts': `
import { CLASS, defineModule, lane, toProbabilities } from '@tapeloom/core'
import { crossEntropy, defineModel, dense, flatten } from '@tapeloom/models'
const network = defineModel({
  name: 'guess', inputs: { candles: [4, 5] }, targets: { direction: 'class' }, batch: 16,
  forward: ({ candles }) => ({ direction: dense(flatten(candles), 3) }),
  loss: (output, target) => crossEntropy(output.direction, target.direction),
})
export const guess = defineModule({
  name: 'guess', version: '1.0.0', core: '^1.0.0',
  model: {
    network, inputs: { candles: lane('1m', 4) }, target: { timeframe: '1m', ahead: 1 },
    decode: ({ direction }) => ({ probabilities: toProbabilities(direction) }),
    labels: { candle: ({ entry, target }) => ({ direction: target.close > entry.close ? CLASS.buy : CLASS.sell }) },
  },
})
`,
  'stopper.ts': `
import { defineModule } from '@tapeloom/core'
export const stopper = defineModule({
  name: 'stopper', version: '1.0.0', core: '^1.0.0', candles: ['1m'], state: () => ({ seen: 0 }),
  on: { 'candle:close'(_, { state }) { if (++state.seen === globalThis.stopAt) process.emit('SIGINT', 'SIGINT') } },
})
`,
}
const COUNT = 300

afterEach(() => void delete (globalThis as { stopAt?: number }).stopAt)

async function replayed(folder: string, db: string | undefined, ...more: readonly string[]) {
  const from = ['--from', join(folder, 'x_BTCUSDT_1m_a_b.parquet')]
  const { code, out, err } = await tapeloom(['replay', join(folder, 'c.yaml'), ...from, ...(db === undefined ? [] : ['--db', join(folder, db)]), '--json', ...more])
  return { code, err, report: out === '' ? undefined : (JSON.parse(out) as SessionReport) }
}

test('a replay counts, refers, trains, and is the same again; its database verifies and exports', async () => {
  const folder = projectFolder(project)
  await candleFile(folder, 'x_BTCUSDT_1m_a_b.parquet', COUNT)
  const { code, report, err } = await replayed(folder, 'a.duckdb')
  expect({ code, err }).toEqual({ code: 0, err: '' })
  const references = report?.references
  expect(report).toMatchObject({
    events: { trade: 0, book: 0, candle: COUNT }, candles: { '1m': COUNT, '5m': COUNT / 5 }, interrupted: false,
    modules: ['guess', 'stopper', 'pivot', 'training'].map((name) => ({ name, status: expect.stringMatching(/running|warming/) as string, faults: 0 })),
    training: [{ model: 'guess', loss: [expect.any(Number), expect.any(Number)] }],
    performance: [{ model: 'guess', symbol: 'BTC/USDT', horizon: '1m' }],
  })
  expect(report?.decisions).toBeGreaterThan(COUNT)
  expect(references?.registered).toBeGreaterThan(COUNT - 10)
  expect(references?.trained).toBe(16 * (report?.training[0]?.steps ?? 0))
  expect(report?.training[0]?.steps).toBeGreaterThan(10)
  expect(report?.eventsPerSecond).toBeGreaterThan(0)
  expect(report?.peakRssMB).toBeGreaterThan(10)

  const again = await replayed(folder, 'b.duckdb')
  expect(again.report?.journalHash).toBe(report?.journalHash)
  const other = await replayed(folder, 'c.duckdb', '--seed', '2')
  expect(other.report?.journalHash).not.toBe(report?.journalHash)

  const verified = await tapeloom(['verify', '--db', join(folder, 'a.duckdb'), '--json'])
  expect({ code: verified.code, found: JSON.parse(verified.out) as unknown }).toEqual({
    code: 0, found: { references: references?.registered, verified: references?.registered, mismatched: 0, expired: 0, foreign: 0, mismatches: [] },
  })
  expect((await tapeloom(['verify', '--db', join(folder, 'a.duckdb')], { isTTY: true })).out).toMatch(/^\d+ references: \d+ verified, 0 mismatched, 0 expired, 0 foreign\n$/)

  const exported = (...more: readonly string[]) => tapeloom(['export', '--db', join(folder, 'a.duckdb'), '--symbol', 'BTC/USDT', '--timeframe', '5m', '--out', join(folder, 'out.parquet'), ...more])
  expect(await exported('--json')).toEqual({ code: 0, out: '{\n  "rows": 60\n}\n', err: '' })
  expect((await exported('--venue', 'x')).out).toBe(`60 candles in ${join(folder, 'out.parquet')}\n`)
  expect(await exported('--venue', 'y')).toMatchObject({ code: 2, out: '' })

  await changed(join(folder, 'a.duckdb'), `update ohlcv_1m set close = close + 0.01 where open_time = ${100 * 60e6}`)
  const spoilt = await tapeloom(['verify', '--db', join(folder, 'a.duckdb'), '--json'])
  const found = JSON.parse(spoilt.out) as { readonly mismatched: number; readonly mismatches: readonly { readonly openTime: number }[] }
  expect({ code: spoilt.code, mismatched: found.mismatched }).toEqual({ code: 1, mismatched: 4 }) // the windows that hold it
  expect((await tapeloom(['verify', '--db', join(folder, 'a.duckdb')])).out).toMatch(/4 mismatched.*\nmismatch .*x:BTC\/USDT:candle:1m at 6000000000\n/)
})

test('a replay that is stopped goes on where it was, and one that is done has nothing left to do', async () => {
  const folder = projectFolder(project)
  await candleFile(folder, 'x_BTCUSDT_1m_a_b.parquet', COUNT)
  const straight = await replayed(folder, 'straight.duckdb')
  const state = globalThis as { stopAt?: number }
  state.stopAt = 120
  const stopped = await replayed(folder, 'run.duckdb')
  delete state.stopAt
  expect(stopped).toMatchObject({ code: 1, report: { interrupted: true } })
  expect(stopped.err).toContain('Run the same command again to go on.')
  expect(stopped.report?.candles['1m']).toBeLessThan(COUNT)
  const resumed = await replayed(folder, 'run.duckdb')
  const whole = ({ report }: typeof straight) => ({ ...report, eventsPerSecond: 0, peakRssMB: 0 })
  expect(resumed.code).toBe(0)
  expect(whole(resumed)).toEqual(whole(straight))
  expect(whole(await replayed(folder, 'run.duckdb'))).toEqual(whole(straight))
  expect(await replayed(folder, 'run.duckdb', '--seed', '5')).toMatchObject({ code: 2, err: expect.stringContaining('seed = 1, now it is 5') as string, report: undefined })
})

test('without a database nothing is kept, and a person reads a summary', async () => {
  const folder = projectFolder(project)
  const file = await candleFile(folder, 'x_BTCUSDT_1m_a_b.parquet', 40)
  const { code, out, err } = await tapeloom(['replay', join(folder, 'c.yaml'), '--from', file], { isTTY: true })
  expect(code).toBe(0)
  const plain = out.replaceAll(/\u001b\[\d+m/g, '') // oxlint-disable-line no-control-regex -- colours
  expect(plain).not.toBe(out)
  expect(plain).toMatch(/^events {7}trade 0 {2}book 0 {2}candle 40 {2}\(/)
  expect(plain).toMatch(/\ncandles {6}1m 40 {2}5m 8\ndecisions {4}\d+\nreferences {3}registered \d+/)
  expect(plain).toMatch(/\ntraining {5}guess {2}\d+ steps, loss (\d\.\d{4}|\?) -> (\d\.\d{4}|\?)\nperformance {2}guess BTC\/USDT 1m: \d+ resolved/)
  expect(plain).toMatch(/\njournal hash {1}[0-9a-f]{64}\n$/)
  expect(err).toContain('\r\u001b[K')
  expect(existsSync(join(folder, 'live.duckdb'))).toBe(false) // that of the configuration is for live runs
})

test('a folder stands for the recordings in it, of each venue in a source of its own', async () => {
  const folder = projectFolder({ 'c.yaml': 'orchestrator: { modules: [] }\ndata: { store: memory }\n' })
  mkdirSync(join(folder, 'in'))
  for (const [name, count] of [['x_BTCUSDT_1m_a_b', 30], ['y_ETHUSDT_1m_a_b', 20], ['z_SOLUSDT_1m_a_b_sparse', 10]] as const) {
    renameSync(await candleFile(folder, `${name}.parquet`, count), join(folder, 'in', `${name}.parquet`))
  }
  captureFile(join(folder, 'in'), 'binance-spot_btcusdt_1.txt.gz')
  renameSync(await candleFile(folder, 'other.parquet', 3), join(folder, 'in/other.parquet'))
  const { code, out, err } = await tapeloom(['replay', join(folder, 'c.yaml'), '--from', join(folder, 'in'), '--json'])
  expect({ code, err }).toEqual({ code: 0, err: `passed over: ${join(folder, 'in/other.parquet')}\n` })
  expect((JSON.parse(out) as SessionReport).events).toEqual({ trade: 20_000, book: 2, candle: 60 })
})

test('recorded traffic of a venue is checked and replayed', async () => {
  const folder = projectFolder({ 'c.yaml': 'orchestrator: { modules: [] }\ndata: { store: memory }\n' })
  const file = join(folder, 'gemini_BTCUSD.jsonl')
  const at = (ms: number, data: object) => ({ t: 'recv', conn: 'ws', ts: 1_700_000_000 + ms / 1000, data: JSON.stringify(data) })
  const book = { type: 'l2_updates', symbol: 'BTCUSD', changes: [['buy', '100.5', '2'], ['sell', '101', '1']] }
  const trade = { type: 'trade', symbol: 'BTCUSD', event_id: 1, timestamp: 1_700_000_000_000, price: '101', quantity: '0.5', side: 'buy' }
  const lines = [{ t: 'header', format: 2, exchange: 'GEMINI' }, at(0, book), at(5, trade), at(9, { ...book, changes: [['sell', '101', '0.5']] })]
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  const checked = await tapeloom(['feed', 'check', file, '--json'])
  expect(JSON.parse(checked.out)).toMatchObject([{ venue: 'gemini', messages: 3, bookMessages: 2, trades: 1, gaps: 0, crossed: 0, faults: 0 }])
  for (const from of [file, folder]) {
    const { code, out } = await tapeloom(['replay', join(folder, 'c.yaml'), '--from', from, '--json'])
    expect({ code, events: (JSON.parse(out) as SessionReport).events }).toEqual({ code: 0, events: { trade: 1, book: 2, candle: 0 } })
  }
})

test('options say what the name of a recording does not', async () => {
  const folder = projectFolder({ 'c.yaml': 'orchestrator: { modules: [] }\n' })
  const file = await candleFile(folder, 'mine.parquet', 10)
  const says = ['--symbol', 'ETH/BTC', '--venue', 'mine', '--timeframe', '1m']
  const { code, out } = await tapeloom(['replay', join(folder, 'c.yaml'), '--from', file, ...says, '--json'])
  expect({ code, candles: (JSON.parse(out) as SessionReport).candles }).toEqual({ code: 0, candles: { '1m': 10 } })
  expect(await tapeloom(['replay', join(folder, 'c.yaml'), '--from', file, '--timeframe', '1q'])).toMatchObject({ code: 2 })
})
