import { parseSymbol, timeframeUs, type Timeframe } from '@tapeloom/core'
import { defineCommand, required } from '../command.ts'
import { whole } from '../progress-bar.ts'

/** Writes a series of candles from a database to a Parquet file. */
export const exportCandles = defineCommand({
  options: {
    db: { type: 'string' },
    symbol: { type: 'string' },
    timeframe: { type: 'string' },
    venue: { type: 'string' },
    out: { type: 'string' },
  },
  positionals: [0, 0],
  async run({ values, terminal }) {
    const [db, out] = [required(values.db, 'db'), required(values.out, 'out')]
    const symbol = parseSymbol(required(values.symbol, 'symbol'))
    const timeframe = required(values.timeframe, 'timeframe') as Timeframe
    timeframeUs(timeframe)
    const { openDuckDB } = await import('@tapeloom/store-duckdb')
    const store = await openDuckDB(db, { readOnly: true })
    try {
      const venue = values.venue === undefined ? {} : { venue: values.venue }
      const { rows } = await store.exportCandles({ symbol, timeframe, out, ...venue })
      terminal.print(`${whole(rows)} candles in ${out}`)
      terminal.json({ rows })
      return 0
    } finally {
      await store.close()
    }
  },
})
