import { timeframeUs, type Timeframe } from '@tapeloom/core'

/** Closed candles by timeframe, shortest first: as a database has them, else as they were counted in this run. */
export async function candleCounts(
  store: string, counted: ReadonlyMap<string, number>,
): Promise<Readonly<Record<string, number>>> {
  const counts = store === 'memory' ? counted : await storedCounts(store)
  const length = ([timeframe]: readonly [string, number]) => timeframeUs(timeframe as Timeframe)
  return Object.fromEntries([...counts].sort((a, b) => length(a) - length(b)))
}

async function storedCounts(path: string): Promise<ReadonlyMap<string, number>> {
  const { openDuckDB } = await import('@tapeloom/store-duckdb')
  const store = await openDuckDB(path, { readOnly: true })
  try {
    const { name } = await store.query(
      "select table_name as name from duckdb_tables() where schema_name = 'main' and starts_with(table_name, 'ohlcv_')",
      { columns: { name: 'text' } },
    )
    const counts = new Map<string, number>()
    for (const table of name) {
      // a backfill adds a version of a candle, not a candle
      const distinct = `select distinct symbol, venue, open_time from "${table}"`
      const { n } = await store.query(`select count(*) as n from (${distinct})`, { columns: { n: 'number' } })
      counts.set((table ?? '').replace('ohlcv_', ''), n[0] ?? 0)
    }
    return counts
  } finally {
    await store.close()
  }
}
