import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Orchestrator, TapeloomError } from '@tapeloom/core'
import { DataProvider, parquetSource } from '@tapeloom/data'
import type { DuckDBStore } from '@tapeloom/store-duckdb'
import { checkCandles } from '../candle-check.ts'
import { defineCommand, required } from '../command.ts'
import { consoleLogger } from '../console-logger.ts'
import { whole } from '../progress-bar.ts'
import { bySource, recordedFiles } from '../recorded-files.ts'
import type { Terminal } from '../terminal.ts'

/** Brings history into a database: recorded Parquet files, or the folder of a snapshot. */
export const importHistory = defineCommand({
  options: { db: { type: 'string' } },
  positionals: [1, Infinity],
  async run({ values, positionals, terminal }) {
    const db = required(values.db, 'db')
    const [first = ''] = positionals
    const { duckdbStore, openDuckDB } = await import('@tapeloom/store-duckdb')
    if (positionals.length === 1 && existsSync(join(first, 'snapshot.json'))) {
      return filled(await openDuckDB(db), first, terminal)
    }
    const { parquet, captures } = recordedFiles(positionals)
    if (captures.length > 0) {
      throw new TapeloomError('source.kind', `[source ${captures[0]}] is no Parquet file. Give it to replay, or import Parquet.`)
    }
    for (const file of parquet) await checkCandles(file, {})
    const sources = bySource(parquet).map((files) => parquetSource(...files))
    const logger = consoleLogger(terminal)
    const data = new DataProvider({ sources, store: duckdbStore(db), behind: ({ message }) => logger.error(message) })
    const orchestrator = new Orchestrator({ data, modules: [], logger })
    try {
      const { events } = await orchestrator.run()
      await orchestrator.stop() // all is written, or told
      terminal.print(`${whole(events.candle)} candles and ${whole(events.trade)} trades in ${db}`)
      terminal.json({ rows: events.candle + events.trade, events })
      return data.storeFailure ? 1 : 0
    } finally {
      await orchestrator.stop()
    }
  },
})

async function filled(store: DuckDBStore, folder: string, terminal: Terminal): Promise<number> {
  try {
    const { appliedThrough, rows } = await store.fill(folder)
    const sum = Object.values(rows).reduce((total, count) => total + count, 0)
    terminal.print(`${whole(sum)} rows in ${store.path}, written through input ${whole(appliedThrough)}`)
    terminal.json({ rows: sum, appliedThrough })
    return 0
  } finally {
    await store.close()
  }
}
