import type { MarketSymbol, Timeframe } from '@tapeloom/core'
import { storeTable } from '@tapeloom/data'
import { newestKnown } from './helper-views.ts'
import { identifier, literal } from './sql-text.ts'

/** Which candles are written out. */
export interface CandleExport {
  readonly symbol: MarketSymbol
  readonly timeframe: Timeframe
  /** May be left out when the store has candles of one venue only. */
  readonly venue?: string
  /** Path of the Parquet file; one that is there is replaced when the new one is whole. */
  readonly out: string
}

/** The table of a timeframe's candles. */
export const candleTable = (timeframe: Timeframe): string => `ohlcv_${timeframe}`

/** Writes a statement's rows to a Parquet file. */
export const copySql = (sql: string, out: string): string =>
  `copy (${sql.trim().replace(/;$/, '')}\n) to ${literal(out)} (format parquet, compression zstd)`

/** A series' newest known candles in order; all columns but those that name the series. */
export function candlesSql({ symbol, timeframe }: CandleExport, venue: string): string {
  const table = candleTable(timeframe)
  const columns = Object.keys(storeTable(table).columns).filter((name) => name !== 'symbol' && name !== 'venue')
  const where = `where symbol = ${literal(symbol)} and venue = ${literal(venue)}`
  const newest = `select * from ${identifier(table)} ${newestKnown(['open_time'], where)}`
  return `select ${columns.map(identifier).join(', ')} from (${newest}) order by open_time`
}
