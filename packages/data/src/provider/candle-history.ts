import type { Candle, MarketSymbol, Store, StoreRows, Timeframe } from '@tapeloom/core'

/** Candles as columns of equal length, oldest first. Times µs; NaN where the source has no such number. */
export interface CandleColumns {
  readonly length: number
  readonly openTime: Float64Array
  readonly open: Float64Array
  readonly high: Float64Array
  readonly low: Float64Array
  readonly close: Float64Array
  readonly volume: Float64Array
  readonly quoteVolume: Float64Array
  readonly trades: Float64Array
  readonly takerBuyVolume: Float64Array
}

/** Which candles: open times in [start, end), the newest `limit` of them, as known by sequence `asOf`. */
export interface HistoryRange {
  readonly start?: number
  readonly end?: number
  readonly limit?: number
  readonly asOf?: number
}

const STORED = {
  openTime: 'open_time', open: 'open', high: 'high', low: 'low', close: 'close', volume: 'volume',
  quoteVolume: 'quote_volume', trades: 'trades', takerBuyVolume: 'taker_buy',
} as const
type ColumnName = keyof typeof STORED
const NAMES = Object.keys(STORED) as ColumnName[]

/** The columns of candles in memory. */
export const columnsOfCandles = (candles: readonly Candle[]): CandleColumns =>
  columns(candles.length, (name) => Float64Array.from(candles, (candle) => candle[name]))

/** Reads candles from the store. */
export async function storedCandles(
  store: Store, venue: string | undefined, symbol: MarketSymbol, timeframe: Timeframe, range: HistoryRange,
): Promise<CandleColumns> {
  const { start, end, limit, asOf } = range
  const rows: StoreRows = await store.read({
    table: `ohlcv_${timeframe}`,
    columns: Object.values(STORED),
    equals: venue === undefined ? { symbol } : { symbol, venue },
    key: 'open_time',
    ...(start !== undefined && { from: start }),
    ...(end !== undefined && { to: end }),
    ...(limit !== undefined && { limit }),
    ...(asOf !== undefined && { knownBy: asOf }),
  })
  return columns(rows.length, (name) => {
    const column = rows.columns[STORED[name]]
    return column instanceof Float64Array ? column : new Float64Array(rows.length).fill(NaN)
  })
}

function columns(length: number, column: (name: ColumnName) => Float64Array): CandleColumns {
  const entries = NAMES.map((name) => [name, column(name)] as const)
  return { length, ...(Object.fromEntries(entries) as Record<ColumnName, Float64Array>) }
}
