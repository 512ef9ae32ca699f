// Prints, as JSON, how fast recorded trades in Parquet are replayed: the package's source alone against rows as objects, and a
// whole run of it, without modules and with module-cob and module-microstructure. The tape is simulated (seeded by its row
// numbers) and written once into the system's folder for temporary files; --full makes it 10 million trades. CPU time.
import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { Orchestrator, type MarketInput, type Module } from '@tapeloom/core'
import { DataProvider, parquetSource } from '@tapeloom/data'
import { cob } from '../../module-cob/src/index.ts'
import { microstructure } from '../../module-microstructure/src/index.ts'

const isFull = process.argv.includes('--full')
const ROWS = isFull ? 10_000_000 : 500_000
const TURNS = isFull ? 1 : 3
/** Rows as objects are slow: so many of them are read. */
const OBJECTS = Math.min(ROWS, 500_000)

interface Figure {
  readonly what: string
  readonly measured: number
  readonly unit: '×' | 'ns'
  /** At most so much. */
  readonly target?: number
}

/** A price that wanders and comes back, a trade each 20 ms or so; all from the number of the row. */
async function tape(connection: DuckDBConnection): Promise<string> {
  const folder = join(tmpdir(), 'tapeloom-bench')
  const file = join(folder, `sim_BTCUSDT_tape-${ROWS}.parquet`)
  if (existsSync(file)) return file
  mkdirSync(folder, { recursive: true })
  await connection.run(`
    copy (
      select 1700000000000 + i * 20 + hash(i) % 15 as ts_ms, (1700000000000 + i * 20 + 15) * 1000000 as recv_ns, i as trade_id,
        round(60000 + 500 * sin(i / 90000.0) + 40 * sin(i / 700.0) + (hash(i + 7) % 21) / 10.0, 1) as price,
        (1 + hash(i + 3) % 5000) / 1000.0 as qty, hash(i // 3 + 1) % 2 = 0 as buyer_is_maker
      from range(${ROWS}) t(i)
    ) to '${file}.part' (format parquet, compression zstd, row_group_size 122880)`)
  renameSync(`${file}.part`, file)
  return file
}

/** ns of CPU time that a row takes, and what was summed up. */
async function timed(rows: number, work: () => Promise<number>): Promise<{ readonly ns: number; readonly sum: number }> {
  const before = process.cpuUsage()
  const sum = await work()
  const { user, system } = process.cpuUsage(before)
  return { ns: (1000 * (user + system)) / rows, sum }
}

/** Price times quantity of the first `OBJECTS` rows, each row an object. */
async function rowObjects(connection: DuckDBConnection, file: string): Promise<number> {
  const reader = await connection.runAndReadAll(`select ts_ms, recv_ns, trade_id, price, qty, buyer_is_maker from '${file}' where trade_id < ${OBJECTS}`)
  let sum = 0
  for (const row of reader.getRowObjects()) sum += Number(row['price']) * Number(row['qty']) * (row['buyer_is_maker'] === true ? -1 : 1)
  return sum
}

async function throughSource(file: string): Promise<number> {
  const source = parquetSource(file)
  await source.prepare?.()
  let [sum, done] = [0, 0]
  for await (const some of source.events({ after: undefined, signal: new AbortController().signal })) {
    for (const input of some as readonly MarketInput[]) {
      if (input.kind !== 'trade' || ++done > OBJECTS) continue
      sum += Number(input.price) * Number(input.quantity) * (input.aggressor === 'sell' ? -1 : 1)
    }
  }
  return sum
}

async function replayed(file: string, modules: readonly Module[]): Promise<number> {
  const data = new DataProvider({ sources: [parquetSource(file)], timeframes: ['1m'] })
  const { events } = await new Orchestrator({ data, modules: [...modules] }).run()
  return events.trade
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN

const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect()
const file = await tape(connection)
const times: Record<string, number[]> = {}
for (let turn = 0; turn < TURNS; turn++) {
  const note = (name: string, ns: number) => (times[name] ??= []).push(ns)
  const objects = await timed(OBJECTS, () => rowObjects(connection, file))
  const source = await timed(ROWS, () => throughSource(file))
  if (Math.abs(objects.sum - source.sum) > 1e-6 * Math.abs(objects.sum)) throw new Error(`rows differ: ${objects.sum}, ${source.sum}`)
  note('objects', objects.ns)
  note('source', source.ns)
  for (const [name, modules] of [['replay', []], ['modules', [cob, microstructure]]] as const) {
    const run = await timed(ROWS, () => replayed(file, modules))
    if (run.sum !== ROWS) throw new Error(`${name}: ${run.sum} trades`)
    note(name, run.ns)
  }
}
const [objects = NaN, source = NaN, replay = NaN, both = NaN] = ['objects', 'source', 'replay', 'modules'].map((name) => median(times[name] ?? []))
const figures: Figure[] = [
  { what: 'a row as an object', measured: objects, unit: 'ns' },
  { what: 'a trade of the source', measured: source, unit: 'ns' },
  { what: 'a trade of the source / a row as an object', measured: source / objects, unit: '×', target: 1 / 15 },
  { what: 'a trade replayed, without modules', measured: replay, unit: 'ns' },
  { what: 'a trade replayed, both modules', measured: both, unit: 'ns', target: 1000 },
]
console.log(JSON.stringify({ rows: ROWS, machine: { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version, load: loadavg()[0] }, figures }))
