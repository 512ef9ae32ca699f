import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, expect, test } from 'vitest'
import { openDuckDB, type DuckDBStore } from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'tapeloom-kill-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const packageFolder = join(import.meta.dirname, '..')

/** Rows that batch `through` has in its two tables. */
const candlesOf = (through: number) => 1 + ((through * 997) % 6000)
const gapsOf = (through: number) => 1 + (through % 5)

/** Goes on writing batches from where the store stands, two at a time, and says each one that is acknowledged. */
const writer = `
import { openDuckDB } from '@tapeloom/store-duckdb'
const store = await openDuckDB(process.argv[1])
const { appliedThrough } = await store.open()
console.log('opened ' + appliedThrough)
const candlesOf = ${candlesOf}
const gapsOf = ${gapsOf}
const write = async (through) => {
  const [candles, gaps] = [candlesOf(through), gapsOf(through)]
  const texts = (count, text) => new Array(count).fill(text)
  const rows = (count) => Float64Array.from({ length: count }, (_, row) => row)
  const known = (count) => new Float64Array(count).fill(through)
  await store.write({ through, rows: [
    { table: 'ohlcv_1m', length: candles, columns: { symbol: texts(candles, 'BTC/USDT:USDT'), venue: texts(candles, 'binance'), open_time: rows(candles), close: rows(candles), known: known(candles) } },
    { table: 'gaps', length: gaps, columns: { series: texts(gaps, 's' + through), reason: texts(gaps, 'gap'), start: rows(gaps), known: known(gaps) } },
  ] })
  console.log('acknowledged ' + through)
}
let last = Promise.resolve()
for (let through = appliedThrough + 1; ; through++) {
  const next = write(through)
  await last
  last = next
}
`

/** Runs the writer and kills it `delayMs` after it has acknowledged `batches`; what it acknowledged last. */
function runAndKill(path: string, batches: number, delayMs: number): Promise<number> {
  const child = spawn(process.execPath, ['--conditions=@tapeloom/source', '--input-type=module', '-e', writer, path], {
    cwd: packageFolder, stdio: ['ignore', 'pipe', 'inherit'],
  })
  let acknowledged = 0
  let seen = -1
  createInterface({ input: child.stdout }).on('line', (line) => {
    acknowledged = Number(line.split(' ')[1])
    if (++seen === batches) setTimeout(() => child.kill('SIGKILL'), delayMs)
  })
  return new Promise((resolve, reject) => {
    child.on('close', (code, signal) => (signal === 'SIGKILL' ? resolve(acknowledged) : reject(new Error(`the writer ended with ${code}`))))
  })
}

async function expectWholeBatches(store: DuckDBStore, appliedThrough: number): Promise<void> {
  const expected = (count: (through: number) => number) => Float64Array.from({ length: appliedThrough }, (_, at) => count(at + 1))
  for (const [table, count, column] of [['ohlcv_1m', candlesOf, 'open_time'], ['gaps', gapsOf, 'start']] as const) {
    const found = await store.query(
      `select known, count(*) as n, count(distinct ${column}) as rows from ${table} group by known order by known`,
      { columns: { known: 'number', n: 'number', rows: 'number' } },
    )
    expect(found.known).toEqual(expected((through) => through))
    expect(found.n).toEqual(expected(count))
    expect(found.rows).toEqual(expected(count))
  }
}

test('a writer killed at any moment loses nothing it acknowledged and leaves no part of a batch', async () => {
  const path = join(folder, 'killed.duckdb')
  let state = 20_251
  const random = (below: number) => (state = (state * 48_271) % 2_147_483_647) % below
  for (let round = 0; round < 12; round++) {
    const acknowledged = await runAndKill(path, random(9), random(40))
    // Every third time the first to open it reads only, with the log of the killed writer still beside the file.
    const store = await openDuckDB(path, { readOnly: round % 3 === 2 })
    const { appliedThrough } = await store.open()
    expect(appliedThrough).toBeGreaterThanOrEqual(acknowledged)
    if (appliedThrough > 0) await expectWholeBatches(store, appliedThrough)
    await store.close()
  }
  const last = await openDuckDB(path)
  expect((await last.open()).appliedThrough).toBeGreaterThan(12)
  await last.close()
}, 180_000)

test('a process that writes keeps every other process out, and says who it is', async () => {
  const path = join(folder, 'held.duckdb')
  const child = spawn(process.execPath, ['--conditions=@tapeloom/source', '--input-type=module', '-e', writer, path], { cwd: packageFolder, stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise((resolve) => child.stdout.once('data', resolve))
  const named = { code: 'store.in-use', message: expect.stringContaining(`process ${child.pid}`) }
  await expect(openDuckDB(path)).rejects.toMatchObject(named)
  await expect(openDuckDB(path, { readOnly: true })).rejects.toMatchObject(named)
  child.kill('SIGKILL')
  await new Promise((resolve) => child.once('close', resolve))
  await (await openDuckDB(path)).close()
}, 60_000)

test('a process that reads keeps writers out, not readers', async () => {
  const path = join(folder, 'read.duckdb')
  await (await openDuckDB(path)).close()
  const reader = `
    import { openDuckDB } from '@tapeloom/store-duckdb'
    await openDuckDB(process.argv[1], { readOnly: true })
    console.log('open')
    process.stdin.resume()
  `
  const child = spawn(process.execPath, ['--conditions=@tapeloom/source', '--input-type=module', '-e', reader, path], { cwd: packageFolder, stdio: ['pipe', 'pipe', 'inherit'] })
  await new Promise((resolve) => child.stdout.once('data', resolve))
  await expect(openDuckDB(path)).rejects.toMatchObject({ code: 'store.in-use', message: expect.stringContaining(`process ${child.pid}`) })
  await (await openDuckDB(path, { readOnly: true })).close()
  child.stdin.end()
  expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0)
  await (await openDuckDB(path)).close()
}, 60_000)
