import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import type { StoreRows } from '@tapeloom/core'
import { storeTable } from '@tapeloom/data'
import { openDuckDB, type DuckDBStore } from '../src/index.ts'

// Prints, as JSON, rows per second of `write` (candle rows, 22 columns, 20,000 a batch, two under way) beside a raw chunk
// append of the same columns in the same run, and a read of five windows of 600 rows, idle and during ingest, beside one
// UNION ALL of the five. Medians of 9 rounds.
const ROUNDS = 9
const BATCH = 20_000
const BATCHES = 10
const WINDOW = 600
const SYMBOLS = ['BTC/USDT', 'ETH/USDT', 'SOL/USDT', 'BTC/USDT:USDT', 'ETH/USDT:USDT']
const TIMEFRAMES = ['1s', '1m', '5m', '1h', '1d'] as const
const PRICES = ['open', 'high', 'low', 'close', 'volume']

const { columns: declared } = storeTable('ohlcv_1m')
const median = (values: readonly number[], share = 0.5) => values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? NaN
const folder = mkdtempSync(join(tmpdir(), 'tapeloom-bench-'))
const seconds = async (work: () => Promise<unknown>) => {
  const start = process.hrtime.bigint()
  const usage = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(usage)
  return { wall: Number(process.hrtime.bigint() - start) / 1e9, cpu: (user + system) / 1e6 }
}

/** Candles of all symbols in turn, as they come. */
function candleRows(timeframe: string, batch: number): StoreRows {
  const columns: Record<string, Float64Array | (string | null)[]> = {}
  for (const [name, type] of Object.entries(declared)) {
    columns[name] = type === 'text'
      ? Array.from({ length: BATCH }, (_, row) => (name === 'symbol' ? SYMBOLS[row % SYMBOLS.length]! : name === 'venue' ? 'binance' : null))
      : Float64Array.from({ length: BATCH }, (_, row) => (type === 'integer' ? row : 60_000 + ((row * 7919) % 1000) / 100))
  }
  columns.open_time = Float64Array.from({ length: BATCH }, (_, row) => 6e7 * (batch * (BATCH / SYMBOLS.length) + Math.floor(row / SYMBOLS.length)))
  return { table: `ohlcv_${timeframe}`, length: BATCH, columns }
}

/** The floor: chunks filled by whole columns, in this thread, one commit a batch. */
async function rawAppend(connection: DuckDBConnection, rows: StoreRows): Promise<void> {
  const { DuckDBDataChunk, BIGINT, DOUBLE, VARCHAR } = await import('@duckdb/node-api')
  const columns = Object.entries(declared)
  const appender = await connection.createAppender('raw')
  const chunk = DuckDBDataChunk.create(columns.map(([, type]) => (type === 'text' ? VARCHAR : type === 'integer' ? BIGINT : DOUBLE)))
  for (let batch = 0; batch < BATCHES; batch++) {
    await connection.run('begin')
    for (let start = 0; start < BATCH; start += 2048) {
      chunk.reset()
      chunk.rowCount = Math.min(2048, BATCH - start)
      for (const [at, [name, type]] of columns.entries()) {
        const source = rows.columns[name]!
        const vector = chunk.getColumnVector(at) as unknown as { items: Float64Array | BigInt64Array; setItem(row: number, value: unknown): void; flush(): void }
        if (type === 'number') (vector.items as Float64Array).set((source as Float64Array).subarray(start, start + chunk.rowCount))
        else if (type === 'integer') for (let row = 0; row < chunk.rowCount; row++) vector.items[row] = BigInt(source[start + row] as number)
        else for (let row = 0; row < chunk.rowCount; row++) vector.setItem(row, source[start + row])
        vector.flush()
      }
      appender.appendDataChunk(chunk)
    }
    appender.flushSync()
    await connection.run('commit')
  }
  appender.closeSync()
}

async function writeBatches(store: DuckDBStore, rows: readonly StoreRows[], through: number): Promise<void> {
  let before = Promise.resolve()
  for (const [at, one] of rows.entries()) {
    const next = store.write({ through: through + at + 1, rows: [one] })
    await before
    before = next
  }
  await before
}

async function ingest() {
  const rows = Array.from({ length: BATCHES }, (_, batch) => candleRows('1m', batch))
  const results: { raw: { wall: number; cpu: number }; write: { wall: number; cpu: number } }[] = []
  for (let round = 0; round < ROUNDS + 2; round++) {
    const raw = join(folder, `raw-${round}.duckdb`)
    const instance = await DuckDBInstance.create(raw, { memory_limit: '1GB', threads: '1' })
    const connection = await instance.connect()
    const types = { number: 'double', integer: 'bigint', text: 'varchar' }
    await connection.run(`create table raw (${Object.entries(declared).map(([name, type]) => `"${name}" ${types[type]}`).join(', ')})`)
    const rawTime = await seconds(() => rawAppend(connection, rows[0]!))
    connection.disconnectSync()
    instance.closeSync()
    const path = join(folder, `store-${round}.duckdb`)
    const store = await openDuckDB(path)
    const writeTime = await seconds(() => writeBatches(store, rows, 0))
    await store.close()
    rmSync(raw)
    rmSync(path)
    if (round >= 2) results.push({ raw: rawTime, write: writeTime })
  }
  const perSecond = (pick: (one: (typeof results)[number]) => number) => Math.round((BATCH * BATCHES) / median(results.map(pick)))
  return {
    rawRowsPerSecond: perSecond(({ raw }) => raw.wall),
    writeRowsPerSecond: perSecond(({ write }) => write.wall),
    ratioWall: median(results.map(({ raw, write }) => raw.wall / write.wall)),
    ratioCpu: median(results.map(({ raw, write }) => raw.cpu / write.cpu)),
  }
}

const fiveWindows = (store: DuckDBStore, from: number) => Promise.all(TIMEFRAMES.map((timeframe) => store.read({
  table: `ohlcv_${timeframe}`, columns: ['open_time', ...PRICES], equals: { symbol: 'SOL/USDT', venue: 'binance' },
  key: 'open_time', from, to: from + WINDOW * 6e7, knownBy: 1e12,
})))

async function reads() {
  const path = join(folder, 'reads.duckdb')
  const store = await openDuckDB(path)
  const batches = 50
  let through = 0
  for (let batch = 0; batch < batches; batch++) {
    await store.write({ through: ++through, rows: TIMEFRAMES.map((timeframe) => candleRows(timeframe, batch)) })
  }
  const last = batches * (BATCH / SYMBOLS.length) - WINDOW
  let at = 0
  const from = () => 6e7 * ((at = (at + 7919 * 13) % last))
  let isWriting = true
  const rows = Array.from({ length: 20 }, (_, batch) => candleRows('1m', batches + batch))
  const writing = writeBatches(store, rows, through).finally(() => (isWriting = false))
  const during: number[] = []
  while (isWriting) during.push((await seconds(() => fiveWindows(store, from()))).wall * 1e3)
  await writing
  await store.close()
  // Reading only, two instances of one file are harmless: the contestants take turns.
  const reader = await openDuckDB(path, { readOnly: true })
  const floor = await openFloor(path)
  const rounds: { five: { wall: number; cpu: number }; floor: { wall: number; cpu: number } }[] = []
  for (let round = 0; round < 200; round++) {
    const start = from()
    const result = { five: await seconds(() => fiveWindows(reader, start)), floor: await seconds(() => floor.read(start)) }
    if (round >= 40) rounds.push(result)
  }
  floor.close()
  await reader.close()
  const of = (pick: (one: (typeof rounds)[number]) => number) => ({ p50: 1e3 * median(rounds.map(pick)), p95: 1e3 * median(rounds.map(pick), 0.95) })
  const [fiveMs, floorMs] = [of(({ five }) => five.wall), of((one) => one.floor.wall)]
  return {
    rowsPerTable: batches * BATCH,
    unionAllMs: floorMs,
    fiveReadsMs: fiveMs,
    duringIngestMs: { p50: median(during), p95: median(during, 0.95), reads: during.length },
    ratioWall: fiveMs.p50 / floorMs.p50,
    ratioCpu: of(({ five }) => five.cpu).p50 / of((one) => one.floor.cpu).p50,
    ratioDuringIngest: median(during) / fiveMs.p50,
  }
}

/** The floor: one prepared UNION ALL of the five windows in this thread, its vectors copied out. */
async function openFloor(path: string) {
  const instance = await DuckDBInstance.create(path, { memory_limit: '1GB', threads: '1', access_mode: 'READ_ONLY' })
  const connection = await instance.connect()
  const one = (timeframe: string, at: number) =>
    `select ${at} as t, open_time::double as open_time, ${PRICES.map((name) => `coalesce(${name}, 'nan'::double) as ${name}`).join(', ')} from ohlcv_${timeframe}
     where symbol = 'SOL/USDT' and venue = 'binance' and open_time >= $from and open_time < $to and known <= 1000000000000`
  const statement = await connection.prepare(TIMEFRAMES.map(one).join(' union all '))
  return {
    async read(start: number): Promise<void> {
      statement.bind({ from: BigInt(start), to: BigInt(start + WINDOW * 6e7) })
      const columns = ['open_time', ...PRICES].map(() => new Float64Array(WINDOW * TIMEFRAMES.length))
      let row = 0
      for (const chunk of await (await statement.run()).fetchAllChunks()) {
        for (const [index, column] of columns.entries()) column.set((chunk.getColumnVector(index + 1) as unknown as { items: Float64Array }).items, row)
        row += chunk.rowCount
      }
      if (row !== WINDOW * TIMEFRAMES.length) throw new Error(`the floor read ${row} rows`)
    },
    close() {
      connection.disconnectSync()
      instance.closeSync()
    },
  }
}

const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version, load: loadavg()[0] }
console.log(JSON.stringify({ machine, ingest: await ingest(), reads: await reads() }, undefined, 2))
rmSync(folder, { recursive: true })
