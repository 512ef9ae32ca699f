import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { absent, candleSlices } from './recorded-candles.fixture.ts'
import { tapeloom, told, type Ending } from './tapeloom-process.fixture.ts'

const MINUTES = 2 * 1440
const KILLS = 20
const SNAPSHOT_EVERY = 5000
const demo = resolve(import.meta.dirname, '..')

/** Bytes in a database's journal. */
function journalBytes(db: string): number {
  const journal = `${db}.journal/local`
  try {
    return readdirSync(journal).filter((name) => name.endsWith('.tlj')).reduce((sum, name) => sum + statSync(join(journal, name)).size, 0)
  } catch {
    return 0
  }
}

/** The demo's configuration with so many inputs between snapshots, and training steps so long that one is always under way. */
function configuration(folder: string, snapshotEvery: number): string {
  const text = readFileSync(join(demo, 'tapeloom.yaml'), 'utf8')
    .replace(/^orchestrator:$/m, `$&\n  snapshotEvery: ${snapshotEvery}`)
    .replace(/- training_module$/m, '- { use: training_module, options: { trainLatency: 20m } }')
  expect(text).toMatch(/snapshotEvery[^]*trainLatency/)
  const file = join(folder, `every${snapshotEvery}.yaml`)
  writeFileSync(file, text)
  return file
}

/** Whole numbers below a bound, always the same ones. */
function seeded(seed: number): (below: number) => number {
  let state = seed
  return (below) => (state = (state * 48_271) % 2_147_483_647) % Math.max(1, Math.floor(below))
}

/** The rows of one statement over two databases, `a` and `b`, that are only read. */
async function compared(a: string, b: string, statement: string): Promise<readonly (readonly unknown[])[]> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(`attach '${a}' as a (read_only)`)
  await connection.run(`attach '${b}' as b (read_only)`)
  const rows = (await connection.runAndReadAll(statement)).getRows()
  connection.closeSync()
  instance.closeSync()
  return rows
}

describe.skipIf(absent)('a replay that is killed', () => {
  let folder: string
  let from: readonly string[]
  const db = (name: string): string => join(folder, `${name}.duckdb`)
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tapeloom-kill-'))
    mkdirSync(join(folder, 'slices'))
    const files = await candleSlices(join(folder, 'slices'), MINUTES)
    from = files.flatMap((file) => ['--from', file])
    for (const name of ['src', 'node_modules']) symlinkSync(join(demo, name), join(folder, name), 'junction') // modules are found from here
  }, 60_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const replay = (name: string, snapshotEvery: number): readonly string[] =>
    ['replay', configuration(folder, snapshotEvery), ...from, '--db', db(name), '--json']

  /** Runs on and kills: when the journal has grown by so many bytes and so many ms have gone by since, if it comes to that. */
  function runAndKill(name: string, snapshotEvery: number, growth: number, delayMs: number): Promise<Ending> {
    const aim = journalBytes(db(name)) + growth
    let poll: NodeJS.Timeout | undefined
    const ending = tapeloom(replay(name, snapshotEvery), (child) => {
      const kill = (): void => void setTimeout(() => child.kill('SIGKILL'), delayMs)
      if (growth === 0) return kill()
      poll = setInterval(() => {
        if (journalBytes(db(name)) < aim) return
        clearInterval(poll)
        kill()
      }, 5)
    })
    return ending.finally(() => clearInterval(poll))
  }

  test('at 20 moments goes on each time, and ends as one that is never killed, nothing lost or doubled', async () => {
    const started = performance.now()
    const straight = await told<Record<string, unknown>>(replay('straight', SNAPSHOT_EVERY))
    const startMs = (performance.now() - started) / 4
    const [random, bytes] = [seeded(20_251), journalBytes(db('straight'))]
    const whole = (report: Record<string, unknown>) => ({ ...report, eventsPerSecond: 0, peakRssMB: 0 })
    const sizes: number[] = []
    let [kills, round] = [0, 0]
    for (let name = 'killed0'; ; ) {
      // each fourth while it starts; each tenth when it has cut a snapshot as soon as it had recovered
      const cut = kills % 10 === 8
      const growth = kills === KILLS ? Infinity : kills % 4 === 3 ? 0 : 1 + (cut ? 0 : random(bytes / 8))
      const every = cut ? SNAPSHOT_EVERY / 10 : SNAPSHOT_EVERY
      const { code, out, err } = await runAndKill(name, every, growth, growth === 0 ? random(startMs) : random(40))
      expect({ code: code ?? 0, err }).toEqual({ code: 0, err: '' })
      sizes.push(journalBytes(db(name)))
      if (code === null) {
        kills++
        continue
      }
      expect(whole(JSON.parse(out) as Record<string, unknown>)).toEqual(whole(straight))
      await expectSameRows(db('straight'), db(name))
      if (kills === KILLS) break
      name = `killed${++round}`
    }
    expect(new Set(sizes).size).toBeGreaterThan(KILLS / 2) // it was killed at as many places, and went on in between
    for (const name of ['straight', 'killed0']) {
      const [older = '', newer] = readdirSync(`${db(name)}.journal/local/snapshots`).toSorted()
      expect(newer).toBeDefined()
      expect(Math.floor(Number.parseInt(older, 10) / SNAPSHOT_EVERY)).toBeGreaterThanOrEqual(1) // results are inputs too
    }
    const { verified, mismatched } = await told<{ verified: number; mismatched: number }>(['verify', '--db', db(`killed${round}`)])
    expect({ verified, mismatched }).toEqual({ verified: (straight['references'] as { registered: number }).registered, mismatched: 0 })
  }, 900_000)
})

/** Two databases hold the same rows as often, and of those that must not stand twice none does. */
async function expectSameRows(a: string, b: string): Promise<void> {
  const tables = await compared(a, b, "select table_name from duckdb_tables() where database_name = 'a' order by 1")
  expect(tables.length).toBeGreaterThan(8)
  for (const [table] of tables) {
    const [left, right] = [`select * from a."${String(table)}"`, `select * from b."${String(table)}"`]
    const found = await compared(a, b, `select (select count(*) from (${left} except all ${right}))::int, (select count(*) from (${right} except all ${left}))::int`)
    expect({ table, lostAndDoubled: found }).toEqual({ table, lostAndDoubled: [[0, 0]] })
  }
  const twice = (table: string, keys: string, where = 'true') =>
    `(select count(*) from (select 1 from b.${table} where ${where} group by ${keys} having count(*) > 1))::int`
  const [doubles] = await compared(a, b, `select
    ${twice('training_outcomes', 'ref_id, event_id, subscriber')}, ${twice('reference_states', 'ref_id', "state = 'trained'")},
    ${twice('inference_frames', 'id')}, ${twice('decisions', 'id')}, ${twice('ohlcv_1m', 'symbol, venue, open_time, known')},
    ${twice('ohlcv_5m', 'symbol, venue, open_time, known')}, (select count(*) from b.training_outcomes)::int > 1000`)
  expect(doubles).toEqual([0, 0, 0, 0, 0, 0, true])
}
