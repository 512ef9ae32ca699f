import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { TapeloomError } from '@tapeloom/core'
import { FileStore } from './file-store.ts'
import { loadNative, nativeVersion } from './native.ts'
import { OwnerClient, startOwnerThread, type OwnerThread } from './owner-client.ts'
import { sameThread } from './same-thread.ts'
import { storeError } from './store-error.ts'

const folder = mkdtempSync(join(tmpdir(), 'tapeloom-owner-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('calls under way and later ones fail when the thread ends', async () => {
  const client = new OwnerClient(startOwnerThread())
  const before = client.call('copy', 'select 1')
  await client.stop()
  await expect(before).rejects.toMatchObject({ code: expect.stringMatching(/^store\.(thread|closed)$/) })
  await expect(client.call('copy', 'select 1')).rejects.toMatchObject({ code: 'store.thread' })
})

test('a question that cannot be posted fails, and does not keep the program alive', async () => {
  const thread = startOwnerThread()
  const refs: string[] = []
  const [ref, unref] = [thread.ref.bind(thread), thread.unref.bind(thread)]
  thread.ref = () => (refs.push('ref'), ref())
  thread.unref = () => (refs.push('unref'), unref())
  const client = new OwnerClient(thread)
  const params = { a: (() => 1) as unknown as number }
  await expect(client.call('query', { sql: 'select $a', params, columns: {} })).rejects.toThrow(/could not be cloned/)
  expect(refs.at(-1)).toBe('unref')
  await client.stop()
})

test('nothing but open is answered before the database is open', async () => {
  const client = new OwnerClient(sameThread())
  await expect(client.call('copy', 'select 1')).rejects.toMatchObject({ code: 'store.closed' })
})

test('a store whose thread has died says so, closes, and opens again', async () => {
  let thread: OwnerThread | undefined
  const store = new FileStore(join(folder, 'store.duckdb'), {}, () => (thread = startOwnerThread()))
  await store.open()
  await store.write({ through: 3, rows: [] })
  await thread?.terminate()
  await expect(store.read({ table: 'gaps', columns: ['start'] })).rejects.toMatchObject({ code: 'store.thread' })
  await store.close()
  expect(await store.open()).toEqual({ appliedThrough: 3 })
  await store.close()
})

test('without DuckDB, or without a build of it, the error names the command that installs it', async () => {
  const absent = '@duckdb/no-such-package'
  const command = `npm i @duckdb/node-api@${nativeVersion}`
  await expect(loadNative(() => import(absent))).rejects.toMatchObject({ code: 'store.native', message: expect.stringContaining(command) })
  await expect(loadNative(() => Promise.reject(new Error('GLIBC_2.99 not found')))).rejects.toMatchObject({ code: 'store.native', message: expect.stringMatching(/GLIBC_2\.99.*npm i/s) })
  const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')) as { peerDependencies: Record<string, string> }
  expect(manifest.peerDependencies['@duckdb/node-api']).toBe(nativeVersion)
})

test.each([
  ['store.file', 'IO Error: The file "/x" exists, but it is not a valid DuckDB database file!', /not a DuckDB database/],
  ['store.in-use', 'IO Error: Could not set lock on file "/x": Conflicting lock is held in /usr/bin/node (PID 4711). See also https://', /process 4711/],
  ['store.in-use', 'IO Error: Could not set lock on file "/x": Resource temporarily unavailable', /another process/],
  ['store.newer', 'IO Error: Trying to read a database file with version number 99, but we can only read versions between 64 and 67.', /version 99.*between 64 and 67/],
  ['store.disk', 'IO Error: Could not write file "/x": No space left on device', /space/],
  ['store.memory', 'Out of Memory Error: could not allocate block of size 256.0 KiB (99 MiB/100 MiB used)', /memoryLimit/],
  ['store.sql', 'Parser Error: syntax error at or near "selct"', /query failed: Parser Error/],
])('%s is what "%s" means', (code, text, message) => {
  const cause = new Error(text)
  expect(storeError(cause, '/x', 'query')).toMatchObject({ code, message: expect.stringMatching(message), cause })
  const known = new TapeloomError('a.b', 'c')
  expect(storeError(known, '/x', 'query')).toBe(known)
  expect(storeError('a text', '/x', 'query').message).toContain('a text')
})
