import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Orchestrator, TapeloomError, type Store } from '@tapeloom/core'
import { DataProvider } from '@tapeloom/data'
import type { DuckDBStore } from '@tapeloom/store-duckdb'
import { defineCommand, required } from '../command.ts'
import { consoleLogger } from '../console-logger.ts'
import { onInterrupt } from '../interruption.ts'
import { whole } from '../progress-bar.ts'
import { recordedFiles } from '../recorded-files.ts'
import type { Terminal } from '../terminal.ts'
import { saying, sourcesOf } from './replay.ts'

/** Brings history into a database: files of Parquet or CSV, or the folder of a snapshot. */
export const importHistory = defineCommand({
  options: { db: { type: 'string' }, symbol: { type: 'string' }, venue: { type: 'string' }, timeframe: { type: 'string' } },
  positionals: [1, Infinity],
  async run({ values, positionals, terminal }) {
    const db = required(values.db, 'db')
    const [first = ''] = positionals
    const { duckdbStore, openDuckDB } = await import('@tapeloom/store-duckdb')
    if (positionals.length === 1 && existsSync(join(first, 'snapshot.json'))) {
      return filled(await openDuckDB(db), first, terminal)
    }
    const files = recordedFiles(positionals)
    for (const file of files.skipped) terminal.note(`passed over: ${file}`)
    if (files.captures.length > 0) {
      throw new TapeloomError('source.kind', `[source ${files.captures[0]}] is no file of Parquet or CSV. Give it to replay, or import such files.`)
    }
    const sources = await sourcesOf(files, saying(values))
    const logger = consoleLogger(terminal)
    const data = new DataProvider({ sources, store: withoutDecisions(duckdbStore(db)), behind: ({ message }) => logger.error(message) })
    const orchestrator = new Orchestrator({ data, modules: [], logger })
    const interruption = onInterrupt(() => terminal.note('stopping: what was done is being written …'))
    try {
      const { events } = await orchestrator.run({ signal: interruption.signal })
      await orchestrator.stop() // all is written, or told
      terminal.print(`${whole(events.candle)} candles and ${whole(events.trade)} trades in ${db}`)
      terminal.json({ rows: events.candle + events.trade, events })
      if (interruption.signal.aborted) terminal.note('Run the same command again to go on.')
      return data.storeFailure || interruption.signal.aborted ? 1 : 0
    } catch (error) {
      throw ofOtherFiles(error, db)
    } finally {
      interruption.stop()
      await orchestrator.stop()
    }
  },
})

/** Nobody predicts while history is brought in: a row for each boundary would only say so. */
const withoutDecisions = (store: Store): Store => ({
  path: store.path,
  open: () => store.open(),
  read: (range) => store.read(range),
  write: ({ through, rows }) => store.write({ through, rows: rows.filter(({ table }) => table !== 'decisions') }),
  close: () => store.close(),
})

/** A database follows one list of files: what its journal says of another one is not what the user can do about it. */
function ofOtherFiles(error: unknown, db: string): unknown {
  if (!(error instanceof TapeloomError) || !['journal.manifest', 'journal.behind'].includes(error.code)) return error
  const what = `'${db}' was made of other files or a snapshot, and does not go on with these`
  return new TapeloomError(error.code, `[import] ${what}. Import all files at once into a new database.`, { cause: error })
}

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
