import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { absent, recorded } from './recorded-candles.fixture.ts'
import { told } from './tapeloom-process.fixture.ts'

/** The first whole minute of the captures, and how many there are. */
const [FIRST, MINUTES] = [Date.parse('2024-08-08T23:55:00Z') * 1000, 5]
const WHOLE = `open_time >= ${FIRST} and open_time < ${FIRST + MINUTES * 60e6}`

describe.skipIf(absent)('a recorded capture of Binance', () => {
  let folder: string
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'tapeloom-feed-'))))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test.each([
    ['BTC/USDT', 'BTCUSDT', { messages: 41_249, bookMessages: 3452, trades: 9757, top: { ok: 3448, total: 3448 } }],
    ['ETH/USDT', 'ETHUSDT', { messages: 33_618, bookMessages: 3435, trades: 6106, top: { ok: 3432, total: 3432 } }],
  ] as const)('%s has no gap, and the demo makes of its trades the candles that the venue published', async (symbol, pair, counts) => {
    const capture = join(recorded, `l2/binance-spot_${pair.toLowerCase()}_20240808.txt.gz`)
    expect(await told(['feed', 'check', capture])).toMatchObject([{ venue: 'binance-spot', gaps: 0, crossed: 0, faults: 0, ...counts }])

    const [db, out] = [join(folder, `${pair}.duckdb`), join(folder, `${pair}.parquet`)]
    const report = await told(['replay', 'apps/demo/tapeloom.yaml', '--from', capture, '--db', db])
    expect(report).toMatchObject({ events: { trade: counts.trades, candle: 0 } })
    await told(['export', '--db', db, '--symbol', symbol, '--timeframe', '1m', '--out', out])
    const published = join(recorded, `candles/binance-spot_${pair}_1m_2024-07-26_2024-08-08.parquet`)
    const instance = await DuckDBInstance.create(':memory:')
    const rows = await (await instance.connect()).runAndReadAll(`
      with made as (from read_parquet('${out}') where ${WHOLE}),
           venue as (select epoch_us(ts) as open_time, * from read_parquet('${published}') where ${WHOLE})
      select count(*)::int, count(*) filter (made.open = venue.open and made.high = venue.high and made.low = venue.low
        and made.close = venue.close and made.volume = venue.volume)::int
      from made full join venue using (open_time)`)
    expect(rows.getRows()).toEqual([[MINUTES, MINUTES]])
    instance.closeSync()
  }, 120_000)
})
