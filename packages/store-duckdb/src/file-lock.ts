import { randomUUID } from 'node:crypto'
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { TapeloomError } from '@tapeloom/core'
import { processIdentity, stillRuns } from './process-identity.ts'

/** Who writes a database: content of its lock file. */
export interface LockHolder {
  readonly pid: number
  readonly token: string
  /** Tells it from a later process of the same number; absent where the system has no such thing. */
  readonly identity?: string
}

const lockPath = (path: string) => `${path}.lock`

/** The error of a database that someone else holds. */
export const inUse = (path: string, holder: string): TapeloomError =>
  new TapeloomError('store.in-use', `[store-duckdb] '${path}' is in use by ${holder}. Stop it, or let it export Parquet.`)

/** Who holds the write lock of a database, if its process still runs. */
export function lockHolder(path: string): LockHolder | undefined {
  const holder = readLock(lockPath(path))
  return holder && stillRuns(holder.pid, holder.identity) ? holder : undefined
}

/**
 * Takes the write lock of a database by a file beside it; that of a process which is gone is taken over. DuckDB's own
 * lock is per process and lets a second instance of the same process in, which loses rows.
 * @returns gives the lock back
 * @throws TapeloomError `store.in-use`, `store.disk`
 */
export function takeLock(path: string): () => void {
  const token = randomUUID()
  const identity = processIdentity(process.pid)
  const own: LockHolder = { pid: process.pid, token, ...(identity !== undefined && { identity }) }
  const lock = lockPath(path)
  const draft = `${lock}.${token}`
  try {
    writeFileSync(draft, JSON.stringify(own))
    while (!tryLink(draft, lock)) evictStale(path, lock, token)
  } catch (cause) {
    if (cause instanceof TapeloomError) throw cause
    throw new TapeloomError('store.disk', `[store-duckdb] cannot write '${lock}': ${String(cause)}. Check space and permissions there.`, { cause })
  } finally {
    rmSync(draft, { force: true })
  }
  return () => {
    if (readLock(lock)?.token === token) rmSync(lock, { force: true })
  }
}

/** Puts the draft in place, whole, unless there is one. */
function tryLink(draft: string, lock: string): boolean {
  try {
    linkSync(draft, lock)
    return true
  } catch (error) {
    if ((error as { code?: string }).code === 'EEXIST') return false
    throw error
  }
}

/** Moves a stale lock away; by renaming, so that of two who try one finds what it judged and the other steps back. */
function evictStale(path: string, lock: string, token: string): void {
  const holder = lockHolder(path)
  if (holder) throw inUse(path, `process ${holder.pid}, which writes to it`)
  const judged = readLock(lock)
  const aside = `${lock}.stale-${token}`
  try {
    renameSync(lock, aside)
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return
    throw error
  }
  if (readLock(aside)?.token !== judged?.token) tryLink(aside, lock)
  rmSync(aside, { force: true })
}

/** What a lock file says; undefined when there is none or it is torn. */
function readLock(lock: string): LockHolder | undefined {
  try {
    const value = JSON.parse(readFileSync(lock, 'utf8')) as Partial<LockHolder> | null
    const { pid, token, identity } = value ?? {}
    if (typeof pid !== 'number' || typeof token !== 'string') return undefined
    return { pid, token, ...(typeof identity === 'string' && { identity }) }
  } catch {
    return undefined
  }
}
