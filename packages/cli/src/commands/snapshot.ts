import { defineCommand, required } from '../command.ts'
import { whole } from '../progress-bar.ts'

/** Copies a database into a new folder of Parquet files. */
export const snapshot = defineCommand({
  options: { db: { type: 'string' }, out: { type: 'string' } },
  positionals: [0, 0],
  async run({ values, terminal }) {
    const [db, out] = [required(values.db, 'db'), required(values.out, 'out')]
    const { openDuckDB } = await import('@tapeloom/store-duckdb')
    const store = await openDuckDB(db, { readOnly: true })
    try {
      const { appliedThrough, rows } = await store.snapshot(out)
      const counts = Object.values(rows)
      const sum = counts.reduce((total, count) => total + count, 0)
      terminal.print(`${whole(sum)} rows of ${counts.length} tables in ${out}, written through input ${whole(appliedThrough)}`)
      terminal.json({ appliedThrough, rows })
      return 0
    } finally {
      await store.close()
    }
  },
})
