import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { absent, candleSlices, pairs, recordedCandles } from './recorded-candles.fixture.ts'
import { tapeloom, told } from './tapeloom-process.fixture.ts'

/** What is read here of the JSON of `replay` and of `verify`. */
interface Replay {
  readonly candles: Readonly<Record<string, number>>
  readonly journalHash: string
  readonly references: Readonly<Record<'registered' | 'matched' | 'trained' | 'expired' | 'failed' | 'open', number>>
  readonly training: readonly { readonly steps: number }[]
}
interface Verification {
  readonly references: number
  readonly verified: number
  readonly mismatched: number
  readonly mismatches: readonly { readonly id: string; readonly series: string; readonly openTime: number }[]
}

const MINUTES = 2 * 1440
const WARM = 120
const symbols = { BTCUSDT: 'BTC/USDT', ETHUSDT: 'ETH/USDT' } as const

/** Runs statements on a database of its own, behind the back of everyone; the rows of the last. */
async function sql(path: string, ...statements: readonly string[]): Promise<readonly (readonly unknown[])[]> {
  const instance = await DuckDBInstance.create(path)
  const connection = await instance.connect()
  let rows: readonly (readonly unknown[])[] = []
  for (const statement of statements) rows = (await connection.runAndReadAll(statement)).getRows()
  connection.closeSync()
  instance.closeSync()
  return rows
}

describe.skipIf(absent)('the main job replayed over recorded candles', () => {
  let folder: string
  let from: readonly string[]
  let first: Replay
  const db = (name: string): string => join(folder, `${name}.duckdb`)
  const replay = (name: string, ...more: readonly string[]): Promise<Replay> =>
    told(['replay', 'apps/demo/tapeloom.yaml', ...from.flatMap((file) => ['--from', file]), '--db', db(name), ...more])

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tapeloom-replay-'))
    from = await candleSlices(folder, MINUTES)
    first = await replay('first')
  }, 300_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('each candle is there, each inference has a reference, and each reference whose candle came is matched and trained', async () => {
    const { candles, references, training } = first
    expect(candles).toEqual({ '1m': 2 * MINUTES, '5m': (2 * MINUTES) / 5, '15m': (2 * MINUTES) / 15, '1h': (2 * MINUTES) / 60, '4h': (2 * MINUTES) / 240, '1d': (2 * MINUTES) / 1440 })
    const [[predictions, frames, states] = []] = await sql(db('first'), `select
      (select count(distinct id) from predictions where module = 'direction')::int,
      (select count(*) from inference_frames)::int,
      (select count(distinct ref_id) from reference_states where state = 'matched')::int`)
    expect(references).toMatchObject({ registered: predictions, expired: 0, failed: 0, open: 2 })
    expect(references.registered).toBeGreaterThan(2 * (MINUTES - WARM))
    expect({ frames, states }).toEqual({ frames: references.registered, states: references.registered - 2 })
    expect(references.matched).toBe(references.registered - 2)
    expect(references.trained).toBe(16 * (training[0]?.steps ?? 0))
    expect(references.matched - references.trained).toBeLessThan(32)
  })

  test('it is the same again, and another with another seed', async () => {
    expect((await replay('again')).journalHash).toBe(first.journalHash)
    expect((await replay('other', '--seed', '2')).journalHash).not.toBe(first.journalHash)
  }, 300_000)

  test.each(['5m', '15m'] as const)('%s candles made of its minutes are those that the venue recorded', async (timeframe) => {
    const count = MINUTES / Number.parseInt(timeframe, 10)
    for (const pair of pairs) {
      const out = join(folder, `${pair}_${timeframe}.parquet`)
      expect(await told(['export', '--db', db('first'), '--symbol', symbols[pair], '--timeframe', timeframe, '--out', out])).toEqual({ rows: count })
      const rows = await sql(':memory:', `
        with made as (from read_parquet('${out}')),
             venue as (select epoch_us(ts) as open_time, * from read_parquet('${recordedCandles(pair, timeframe)}') order by ts limit ${count})
        select count(*)::int, count(*) filter (
          made.open = venue.open and made.high = venue.high and made.low = venue.low and made.close = venue.close
          and abs(made.volume - venue.volume) < 0.000005)::int
        from made full join venue using (open_time)`)
      expect({ pair, rows }).toEqual({ pair, rows: [[count, count]] })
    }
  })

  test('every stored reference resolves, and one changed price is found and named', async () => {
    const { registered } = first.references
    const verify = ['verify', '--db', db('first')]
    expect(await told(verify)).toMatchObject({ references: registered, verified: registered, mismatched: 0, mismatches: [] })
    const [[openTime] = []] = await sql(db('first'), `select open_time::double from ohlcv_1m where symbol = 'BTC/USDT' order by open_time offset ${MINUTES / 2} limit 1`)
    await sql(db('first'), `update ohlcv_1m set close = close + 0.01 where symbol = 'BTC/USDT' and open_time = ${String(openTime)}`)
    const { code, out } = await tapeloom([...verify, '--json'])
    const { references, verified, mismatched, mismatches } = JSON.parse(out) as Verification
    expect({ code, references, all: verified + mismatched }).toEqual({ code: 1, references: registered, all: registered })
    expect(mismatched).toBeGreaterThan(0)
    expect(mismatched).toBeLessThan(60) // only references whose lanes hold it
    expect(mismatches).toHaveLength(mismatched)
    for (const mismatch of mismatches) expect(mismatch).toMatchObject({ series: 'binance-spot:BTC/USDT:candle:1m', openTime })
  })
})
