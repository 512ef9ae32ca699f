import { existsSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { TapeloomError } from '@tapeloom/core'
import { inUse, lockHolder, takeLock } from './file-lock.ts'
import { OwnerClient, type OwnerThread } from './owner-client.ts'

/** One database that this process has open: one owner thread, one DuckDB instance. */
export interface OpenFile {
  readonly owner: OwnerClient
  readonly readOnly: boolean
  /** Stores that use it; more than one only when all of them read. */
  users: number
  /** Gives the write lock back. */
  readonly release: () => void
  /** Settles when the file is open. */
  opened: Promise<{ readonly appliedThrough: number }>
}

// Kept where every copy of this package in the thread finds it.
const registry = Symbol.for('@tapeloom/store-duckdb/open-files')
const openFiles = (): Map<string, OpenFile> => {
  const globals = globalThis as { [registry]?: Map<string, OpenFile> }
  return (globals[registry] ??= new Map())
}

/**
 * The one path of a database file, however it was written.
 * @throws TapeloomError `store.path`, `store.directory`, `store.missing` (nothing to read), `store.file` (a directory)
 */
export function realDatabasePath(path: string, readOnly: boolean): string {
  if (path === '' || path.startsWith(':')) {
    throw new TapeloomError('store.path', `[store-duckdb] '${path}' is no file name. Use memoryStore() for a store in memory.`)
  }
  const full = resolve(path)
  if (!existsSync(dirname(full))) {
    throw new TapeloomError('store.directory', `[store-duckdb] directory '${dirname(full)}' does not exist. Make it, or choose another path.`)
  }
  if (!existsSync(full)) {
    if (readOnly) throw new TapeloomError('store.missing', `[store-duckdb] '${full}' does not exist. Check the path; only a writer makes it.`)
    return join(realpathSync(dirname(full)), basename(full))
  }
  if (statSync(full).isDirectory()) throw new TapeloomError('store.file', `[store-duckdb] '${full}' is a directory. Give the path of a file.`)
  return realpathSync(full)
}

/**
 * Claims a database for a store of this process, and starts its owner thread. One writer at a time anywhere; readers of
 * one process share their owner: a second DuckDB instance of one file in one process loses rows.
 * @throws TapeloomError `store.in-use`
 */
export function claimFile(
  path: string, readOnly: boolean, start: () => OwnerThread, open: (owner: OwnerClient) => OpenFile['opened'],
): OpenFile {
  const present = openFiles().get(path)
  if (present) {
    const doing = present.users === 0 ? 'closes' : present.readOnly ? 'reads' : 'writes to'
    if (!readOnly || !present.readOnly || present.users === 0) throw inUse(path, `this process (${process.pid}), which ${doing} it`)
    present.users++
    return present
  }
  const writer = readOnly ? lockHolder(path) : undefined
  if (writer) throw inUse(path, `process ${writer.pid}, which writes to it`)
  const release = readOnly ? () => undefined : takeLock(path)
  const owner = new OwnerClient(start())
  const file: OpenFile = { owner, readOnly, users: 1, release, opened: open(owner) }
  openFiles().set(path, file)
  return file
}

/** Lets a claim go; the last one closes the file and ends the thread. @throws TapeloomError when closing fails on disk */
export async function releaseFile(path: string, file: OpenFile): Promise<void> {
  if (--file.users > 0) return
  try {
    const isOpen = await file.opened.then(() => true, () => false)
    if (isOpen) await file.owner.call('close', undefined)
  } catch (error) {
    if ((error as TapeloomError).code !== 'store.thread') throw error // with its thread gone, there is nothing to close
  } finally {
    await file.owner.stop()
    file.release()
    openFiles().delete(path)
  }
}
