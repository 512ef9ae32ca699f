import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { openDuckDB } from '@tapeloom/store-duckdb'

const root = resolve(import.meta.dirname, '../../..')

/** Folder of recorded market data, named by TAPELOOM_DATA. */
export const recorded = resolve(root, process.env['TAPELOOM_DATA'] ?? '../shared/data')
/** Whether there is none, which is then said. */
export const absent = !existsSync(join(recorded, 'candles'))
if (absent) console.warn(`Skipped: ${recorded} is absent. Set TAPELOOM_DATA to the folder of recorded data.`)

/** The pairs of which there are recordings. */
export const pairs = ['BTCUSDT', 'ETHUSDT'] as const

/** A recording of candles from 2025-05-20 on. */
export const recordedCandles = (pair: (typeof pairs)[number], timeframe: '1m' | '5m' | '15m'): string =>
  join(recorded, 'candles', `binance-spot_${pair}_${timeframe}_2025-05-20_2025-07-31.parquet`)

/** Cuts the first minutes of both recordings out, as files that the same command replays. */
export async function candleSlices(folder: string, minutes: number): Promise<readonly string[]> {
  const store = await openDuckDB(join(folder, 'slices.duckdb'))
  const files: string[] = []
  for (const pair of pairs) {
    const file = join(folder, `binance-spot_${pair}_1m_2025-05-20_first${minutes}.parquet`)
    await store.exportQuery(`select * from read_parquet('${recordedCandles(pair, '1m')}') order by ts limit ${minutes}`, file)
    files.push(file)
  }
  await store.close()
  return files
}
