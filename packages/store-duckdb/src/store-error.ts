import { TapeloomError } from '@tapeloom/core'

interface Meaning {
  readonly pattern: RegExp
  readonly code: string
  readonly what: (match: RegExpExecArray, path: string) => string
}

/** What DuckDB's messages mean to a user; the first that fits decides. */
const meanings: readonly Meaning[] = [
  {
    pattern: /not a valid DuckDB database file/i, code: 'store.file',
    what: (_, path) => `'${path}' is not a DuckDB database. Choose another path, or move that file away.`,
  },
  {
    pattern: /could not set lock|conflicting lock/i, code: 'store.in-use',
    what: ({ input }, path) => {
      const pid = /PID (\d+)/.exec(input)?.[1]
      return `'${path}' is in use by ${pid ? `process ${pid}` : 'another process'}. Stop that process, or let it export Parquet.`
    },
  },
  {
    pattern: /version number (\d+), but we can only read versions? (.+?)\./i, code: 'store.newer',
    what: ([, found, known], path) =>
      `'${path}' has storage version ${found}, this DuckDB reads ${known}. Install a newer @duckdb/node-api.`,
  },
  {
    pattern: /no space left|disk is full|failed to write|could not write|could not (?:open|read|sync|truncate|move)|cannot open file|permission denied/i,
    code: 'store.disk',
    what: ({ input }, path) => `cannot read or write '${path}': ${input.trim()}. Check space and permissions there.`,
  },
  {
    pattern: /out of memory/i, code: 'store.memory',
    what: ({ input }, path) => `'${path}': ${input.trim().split('\n')[0]}. Open it with a larger memoryLimit.`,
  },
]

/** Turns what DuckDB threw into a TapeloomError; one that already is stays as it is. */
export function storeError(cause: unknown, path: string, doing: string): TapeloomError {
  if (cause instanceof TapeloomError) return cause
  const text = cause instanceof Error ? cause.message : String(cause)
  for (const { pattern, code, what } of meanings) {
    const match = pattern.exec(text)
    if (match) return new TapeloomError(code, `[store-duckdb] ${what(match, path)}`, { cause })
  }
  return new TapeloomError('store.sql', `[store-duckdb] ${doing} failed: ${text.trim()}`, { cause })
}
