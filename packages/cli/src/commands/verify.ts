import { defineCommand, required } from '../command.ts'
import { whole } from '../progress-bar.ts'

/** Resolves every stored reference again and compares the hash with that of what was served. */
export const verify = defineCommand({
  options: { db: { type: 'string' } },
  positionals: [0, 0],
  async run({ values, terminal }) {
    const db = required(values.db, 'db')
    const { openDuckDB } = await import('@tapeloom/store-duckdb')
    const { verifyReferences } = await import('@tapeloom/training')
    const store = await openDuckDB(db, { readOnly: true })
    try {
      const isShown = terminal.stderr.isTTY === true
      const found = await verifyReferences(store, {
        onProgress: ({ references }) => void (isShown && terminal.stderr.write(`\r\u001b[K${whole(references)} references`)),
      })
      if (isShown) terminal.stderr.write('\r\u001b[K')
      const { references, verified, mismatched, expired, foreign, mismatches } = found
      const counts = Object.entries({ verified, mismatched, expired, foreign }).map(([name, n]) => `${whole(n)} ${name}`)
      terminal.print(`${whole(references)} references: ${counts.join(', ')}`)
      for (const { id, series, openTime } of mismatches) {
        terminal.print(`${terminal.styled('red', 'mismatch')} ${id}: ${series} at ${openTime}`)
      }
      terminal.json(found)
      return mismatched > 0 ? 1 : 0
    } finally {
      await store.close()
    }
  },
})
