import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { openDuckDB } from '@tapeloom/store-duckdb'
import { expect, test } from 'vitest'
import { candleFile, captureFile, projectFolder, spawned } from './cli-fixture.ts'

const sound = 'orchestrator: { modules: [pivot_analysis_module] }\n'

/** Bad input ends a command with code 2, nothing on stdout, and what is wrong on stderr. */
function expectRefused(folder: string, args: readonly string[], said: RegExp | string): void {
  const { code, out, err } = spawned(args, folder)
  expect({ code, out }).toEqual({ code: 2, out: '' })
  const isAsSaid = typeof said === 'string' ? err === said : said.test(err)
  expect({ isAsSaid, err }).toEqual({ isAsSaid: true, err })
  expect(err).not.toContain('    at ') // a stack only with --debug
}

test('an unknown module, an unknown key and broken YAML are told with line and column', () => {
  const folder = projectFolder({
    'module.yaml': 'orchestrator:\n  modules:\n    - pivot_analysis_modul\n',
    'key.yaml': 'orchestrator:\n  modules: []\n  sed: 3\n',
    'yaml.yaml': 'orchestrator:\n  modules: [a, b\n  seed: 3\n',
  })
  expectRefused(folder, ['run', 'module.yaml'], "[module.yaml:3:7] module 'pivot_analysis_modul' is neither known nor installed. Did you mean 'pivot_analysis_module'?\n")
  expectRefused(folder, ['run', 'key.yaml'], "[key.yaml:3:3] 'sed' is no key here. Did you mean 'seed'?\n")
  expectRefused(folder, ['run', 'yaml.yaml'], /^\[yaml\.yaml:3:\d+\] is no valid YAML: /)
})

test('what a folder of recordings cannot be read from is passed over, and named', async () => {
  const folder = projectFolder({ 'c.yaml': sound })
  mkdirSync(join(folder, 'in'))
  await candleFile(join(folder, 'in'), 'x_BTCUSDT_1m_a_b.parquet', 10)
  symlinkSync(join(folder, 'gone'), join(folder, 'in', 'y_BTCUSDT_1m_a_b.parquet'))
  writeFileSync(join(folder, 'in', 'notes.md'), '')
  const { code, out, err } = spawned(['replay', 'c.yaml', '--from', 'in', '--json'], folder)
  expect([code, (JSON.parse(out) as { events: object }).events]).toEqual([0, { trade: 0, book: 0, candle: 10 }])
  expect(err.match(/passed over: .*/g)).toEqual(['make.duckdb', 'notes.md', 'y_BTCUSDT_1m_a_b.parquet'].map((name) => `passed over: ${join('in', name)}`))
})

test('a place where no Parquet file can be written, and a timeframe that no table has, are told', async () => {
  const folder = projectFolder({ 'c.yaml': sound })
  await candleFile(folder, 'x_BTCUSDT_1m_a_b.parquet', 10)
  expect(spawned(['replay', 'c.yaml', '--from', 'x_BTCUSDT_1m_a_b.parquet', '--db', 'x.duckdb'], folder).code).toBe(0)
  const exporting = (out: string, timeframe = '1m') => ['export', '--db', 'x.duckdb', '--symbol', 'BTC/USDT', '--timeframe', timeframe, '--out', out, '--json']
  expectRefused(folder, exporting('no/x.parquet'), /^\[store-duckdb\] folder '.*no' does not exist\. Make it/)
  expectRefused(folder, exporting('node_modules'), /^\[store-duckdb\] '.*node_modules' is a folder\. Give the path of a file\./)
  expectRefused(folder, exporting('x.parquet', '5us'), /^\[store table 'ohlcv_5us'\] is not declared/)
})

test('a missing file is told, be it a configuration, a recording, a capture or a database', () => {
  const folder = projectFolder({ 'c.yaml': sound })
  expectRefused(folder, ['run', 'd.yaml'], '[d.yaml] this file does not exist. Check the path.\n')
  expectRefused(folder, ['replay', 'c.yaml', '--from', 'x.parquet'], '[source x.parquet] there is no such file or folder. Check the path.\n')
  expectRefused(folder, ['feed', 'check', 'x.txt.gz'], /^\[feed 'x\.txt\.gz'\] /)
  expectRefused(folder, ['verify', '--db', 'x.duckdb'], /^\[store-duckdb\] '.*x\.duckdb' does not exist\. /)
})

test('a truncated capture is told with the place of the break', () => {
  const folder = projectFolder({ 'c.yaml': sound })
  captureFile(folder, 'binance-spot_btcusdt_1.txt.gz', 0.7)
  expectRefused(folder, ['feed', 'check', 'binance-spot_btcusdt_1.txt.gz'], /^\[feed '.*binance-spot_btcusdt_1\.txt\.gz'\] .*\d/)
  expectRefused(folder, ['replay', 'c.yaml', '--from', 'binance-spot_btcusdt_1.txt.gz', '--db', 'x.duckdb'], /^\[feed '.*binance-spot_btcusdt_1\.txt\.gz'\] .*\d/)
})

test('a candle that cannot have been is told with file, row and values, before anything starts', async () => {
  const folder = projectFolder({ 'c.yaml': sound })
  const bad = {
    'x_BTCUSDT_1m_low.parquet': ["select * replace (if(ts = 180000000, 9.0, high) as high) from t", /row 4: high is below low \(openTime 180000000, open 1\d\d, high 9, low/],
    'x_BTCUSDT_1m_nan.parquet': ["select * replace (if(ts = 60000000, 'nan'::double, close) as close) from t", /row 2: close is no positive number \(openTime 60000000, .*close NaN/],
    'x_BTCUSDT_1m_null.parquet': ['select * replace (if(ts = 60000000, null, open) as open) from t', /row 2: open is no positive number \(openTime 60000000, open NaN/],
    'x_BTCUSDT_1m_volume.parquet': ['select * replace (if(ts = 0, -1.0, volume) as volume) from t', /row 1: volume is no number from 0 \(openTime 0, .*volume -1\)/],
    'x_BTCUSDT_1m_out.parquet': ['select * replace (if(ts = 0, high + 5, close) as close) from t', /row 1: open or close is outside of low to high/],
  } as const
  for (const [name, [change, said]] of Object.entries(bad)) {
    await candleFile(folder, name, 10, change)
    expectRefused(folder, ['replay', 'c.yaml', '--from', name, '--db', 'y.duckdb', '--json'], new RegExp(`^\\[source ${name}\\] ${said.source}`))
  }
})

test('a database of a newer version, of another program, or in use by another process is told', async () => {
  const folder = projectFolder({ 'c.yaml': sound, 'text.duckdb': 'no database' })
  await candleFile(folder, 'x_BTCUSDT_1m_a_b.parquet', 10)
  const replay = (db: string) => ['replay', 'c.yaml', '--from', 'x_BTCUSDT_1m_a_b.parquet', '--db', db]
  const store = await openDuckDB(join(folder, 'new.duckdb'))
  expectRefused(folder, replay('new.duckdb'), new RegExp(`new\\.duckdb' is in use by process ${process.pid}`))
  await store.close()
  const instance = await DuckDBInstance.create(join(folder, 'new.duckdb'))
  const connection = await instance.connect()
  await connection.run("insert into schema_migrations values (99, 'from the future')")
  connection.closeSync()
  instance.closeSync()
  expectRefused(folder, replay('new.duckdb'), /new\.duckdb' has schema version 99, this release knows \d+\. Install a newer/)
  expectRefused(folder, replay('text.duckdb'), /text\.duckdb' is not a DuckDB database/)
})

test('recordings of no known kind or name are told', async () => {
  const folder = projectFolder({ 'c.yaml': sound, 'notes.md': '' })
  writeFileSync(join(folder, 'x_BTCUSDT_1m_a_b.parquet'), 'no parquet')
  await candleFile(folder, 'nameless.parquet', 3)
  const replay = (...from: readonly string[]) => ['replay', 'c.yaml', '--from', ...from]
  expectRefused(folder, ['replay', 'c.yaml'], '[tapeloom] --from is missing. Give it, or see tapeloom --help.\n')
  expectRefused(folder, replay('notes.md'), '[source notes.md] is no kind of recording that is known. Give .parquet, .csv, .txt.gz, .jsonl.gz, .log.gz or .json.gz files.\n')
  expectRefused(folder, replay('node_modules'), '[source node_modules] this folder holds no recording. Give one with <venue>_<BASEQUOTE>_… .parquet, .csv or .txt.gz, or <venue>_….jsonl.gz files.\n')
  expectRefused(folder, replay('nameless.parquet'), /^\[source nameless\.parquet\] its name does not tell the symbol\./)
  expectRefused(folder, replay('x_BTCUSDT_1m_a_b.parquet'), /^\[source x_BTCUSDT_1m_a_b\.parquet\] is not a readable Parquet file/)
  expectRefused(folder, replay('nameless.parquet', '--symbol', 'BTCUSDT'), /^\[symbol 'BTCUSDT'\] is not a unified symbol\./)
})
