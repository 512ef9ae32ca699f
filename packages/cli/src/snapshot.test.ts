import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { DuckDBInstance } from '@duckdb/node-api'
import { join } from 'node:path'
import { openDuckDB } from '@tapeloom/store-duckdb'
import { expect, test } from 'vitest'
import { candleFile, projectFolder, tapeloom } from './cli-fixture.ts'

const answer = async (...args: readonly string[]): Promise<Record<string, unknown>> => {
  const { code, out, err } = await tapeloom([...args, '--json'])
  return { code, err, ...(JSON.parse(out || '{}') as object) }
}

/** A small network that is asked at each minute. */
const guess = `
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
`

test('references verify after compaction and a round trip through Parquet, and know when their rows were let go', { timeout: 60_000 }, async () => {
  const folder = projectFolder({ 'c.yaml': 'orchestrator: { modules: [./guess.ts, pivot_analysis_module, training_module] }\n', 'guess.ts': guess })
  const [db, again, out] = ['a.duckdb', 'b.duckdb', 'copy'].map((name) => join(folder, name)) as [string, string, string]
  const candles = await candleFile(folder, 'binance-spot_BTCUSDT_1m_1970-01-01_1970-01-01.parquet', 200)
  expect(await answer('replay', join(folder, 'c.yaml'), '--from', candles, '--db', db)).toMatchObject({ code: 0, err: '' })
  const before = await answer('verify', '--db', db)
  expect(before).toMatchObject({ code: 0, mismatched: 0 })
  expect(before['references']).toBeGreaterThan(0)
  const store = await openDuckDB(db)
  await store.compact()
  await store.close()
  expect(await answer('verify', '--db', db)).toEqual(before)
  const copied = await answer('snapshot', '--db', db, '--out', out)
  expect(copied).toMatchObject({ code: 0, rows: { ohlcv_1m: 200 } })
  expect(await answer('import', out, '--db', again)).toMatchObject({ code: 0, appliedThrough: copied['appliedThrough'] })
  expect(await answer('verify', '--db', again)).toEqual(before)
  const copy = await openDuckDB(again)
  const { rows, expired } = await copy.retain({ keep: { ohlcv: '2h' } })
  await copy.close()
  const after = await answer('verify', '--db', again)
  expect(after).toMatchObject({ code: 0, references: before['references'], mismatched: 0 })
  expect(rows).toEqual({ ohlcv_1m: 79 })
  expect(after['expired']).toBeGreaterThan(50)
  expect(expired.length).toBeGreaterThanOrEqual(after['expired'] as number)
})

test('import brings candles in with their averages, and again brings nothing', async () => {
  const folder = projectFolder({})
  const db = join(folder, 'a.duckdb')
  const candles = await candleFile(folder, 'binance-spot_BTCUSDT_1m_1970-01-01_1970-01-01.parquet', 60)
  expect(await answer('import', candles, '--db', db)).toMatchObject({ code: 0, rows: 60 })
  expect(await answer('import', candles, '--db', db)).toMatchObject({ code: 0, err: '' })
  const store = await openDuckDB(db, { readOnly: true })
  const { n, warm, decisions } = await store.query(
    'select count(*) as n, count(sma_50) as warm, (select count(*) from decisions) as decisions from ohlcv_1m',
    { columns: { n: 'number', warm: 'number', decisions: 'number' } },
  )
  await store.close()
  expect([n[0], warm[0], decisions[0]]).toEqual([60, 11, 0])
})

test('import brings candles of CSV in, as exchanges publish them, and says the line that is wrong', async () => {
  const folder = projectFolder({})
  const line = (i: number) => `${(1_735_689_600_000 + i * 60_000) * 1000},100.5,101.25,99,100,${i + 1}.5,${(1_735_689_659_999 + i * 60_000) * 1000},1000,7,1,100,0`
  const month = join(folder, 'BTCUSDT-1m-2025-01.csv')
  writeFileSync(month, Array.from({ length: 30 }, (_, i) => line(i)).join('\n'))
  writeFileSync(join(folder, 'BTCUSDT-1m-2025-02.csv'), Array.from({ length: 30 }, (_, i) => line(30 + i)).join('\n'))
  const db = join(folder, 'a.duckdb')
  expect(await answer('import', folder, '--db', db)).toMatchObject({ code: 2, err: expect.stringContaining('does not tell the venue') as string })
  expect(await answer('import', folder, '--db', db, '--venue', 'binance')).toMatchObject({ code: 0, rows: 60 })
  expect(await answer('export', '--db', db, '--symbol', 'BTC/USDT', '--timeframe', '1m', '--out', join(folder, 'x.parquet'))).toMatchObject({ code: 0, rows: 60 })
  expect(await answer('import', month, '--db', db, '--venue', 'kraken')).toMatchObject({
    code: 2, err: `[import] '${db}' was made of other files or a snapshot, and does not go on with these. Import all files at once into a new database.\n`,
  })
  writeFileSync(month, `${line(0)}\n${line(1).replace('100.5', 'x')}\n`)
  expect(await answer('import', month, '--db', join(folder, 'b.duckdb'), '--venue', 'binance')).toMatchObject({
    code: 2, err: `[source ${month}:2] open 'x' is no positive number. Repair it or get it again.\n`,
  })
})

test('a snapshot is brought into an empty database only', async () => {
  const folder = projectFolder({})
  const [db, again, copy] = ['a.duckdb', 'b.duckdb', 'copy'].map((name) => join(folder, name)) as [string, string, string]
  await answer('import', await candleFile(folder, 'binance-spot_BTCUSDT_1m_1970-01-01_1970-01-01.parquet', 10), '--db', db)
  expect(await answer('snapshot', '--db', db, '--out', copy)).toMatchObject({ code: 0, appliedThrough: 10 })
  expect(await answer('import', copy, '--db', again)).toMatchObject({ code: 0, appliedThrough: 10 })
  expect(await answer('import', copy, '--db', again)).toMatchObject({ code: 2, err: expect.stringContaining('has rows already. Fill a new database.') as string })
  writeFileSync(join(copy, 'snapshot.json'), '{}')
  expect(await answer('import', copy, '--db', join(folder, 'c.duckdb'))).toMatchObject({ code: 2 })
})

test('the doctor says how far a database is behind its journal', async () => {
  const folder = projectFolder({})
  const db = join(folder, 'a.duckdb')
  await answer('import', await candleFile(folder, 'binance-spot_BTCUSDT_1m_1970-01-01_1970-01-01.parquet', 60), '--db', db)
  const ofDatabase = async () => {
    const { checks } = (await answer('doctor', '--db', db)) as { checks: readonly { name: string; ok: boolean; hint: string }[] }
    return checks.find(({ name }) => name === 'database')
  }
  expect(await ofDatabase()).toEqual({ name: 'database', ok: true, hint: `${db} is written through input 60` })
  const instance = await DuckDBInstance.create(db)
  const connection = await instance.connect()
  await connection.run('update store_state set applied_through = 47') // as after a disk that was full
  connection.closeSync()
  instance.closeSync()
  expect(await ofDatabase()).toMatchObject({ ok: false, hint: expect.stringContaining('through input 47; 13 are in the journal alone') as string })
  expect((await tapeloom(['doctor', '--db', join(folder, 'absent.duckdb')])).out).toMatch(/BAD.*database.*does not exist/)
})

test.skipIf(process.platform === 'win32')('on a full disk a replay goes on without its database, says so, and the next one writes what is missing', { timeout: 60_000 }, async () => {
  const folder = projectFolder({ 'c.yaml': 'orchestrator: { modules: [pivot_analysis_module] }\ndata: { timeframes: [5m] }\n' })
  const db = join(folder, 'a.duckdb')
  const candles = await candleFile(folder, 'binance-spot_BTCUSDT_1m_1970-01-01_1970-01-01.parquet', 8_000)
  // The shell's limit of a file's size: a write beyond it fails as on a full disk.
  const limited = (kilobytes: number) => spawnSync('sh', ['-c', `ulimit -f ${2 * kilobytes}; exec "$0" "$@"`, process.execPath,
    '--conditions=@tapeloom/source', join(import.meta.dirname, 'main.ts'), 'replay', 'c.yaml', '--from', candles, '--db', db, '--json'], { cwd: folder, encoding: 'utf8' })
  const full = limited(1400)
  expect(full.stderr).toContain('Nothing more is written there; the journal goes on.')
  const report = JSON.parse(full.stdout) as { behind: boolean; journalHash: string; events: { candle: number } }
  expect([full.status, report.behind, report.events.candle]).toEqual([1, true, 8_000])
  const { checks } = (await answer('doctor', '--db', db)) as { checks: readonly { name: string; ok: boolean; hint: string }[] }
  expect(checks.find(({ name }) => name === 'database')).toMatchObject({ ok: false, hint: expect.stringContaining('are in the journal alone: make room') as string })
  expect(await answer('replay', join(folder, 'c.yaml'), '--from', candles, '--db', db)).toMatchObject({
    code: 0, behind: false, journalHash: report.journalHash, candles: { '1m': 8_000, '5m': 1600 },
  })
  expect((await answer('doctor', '--db', db))['checks']).toContainEqual(expect.objectContaining({ name: 'database', ok: true }))
})

test.each([
  ['snapshot of a database that is not there', ['snapshot', '--db', 'absent.duckdb', '--out', 'x'], 'does not exist'],
  ['import of a capture', ['import', 'binance_x.jsonl', '--db', 'a.duckdb'], 'there is no such file'],
  ['import without a database', ['import', 'x.parquet'], '--db'],
])('%s is bad input', async (_, args, text) => {
  const folder = projectFolder({})
  mkdirSync(join(folder, 'sub'))
  const there = args.map((one) => (/\.|^x$/.test(one) ? join(folder, one) : one))
  const { code, err } = (await answer(...there)) as { code: number; err: string }
  expect([code, err]).toEqual([2, expect.stringContaining(text)])
})
