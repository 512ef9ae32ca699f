import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { lockHolder, takeLock } from './file-lock.ts'
import { openDuckDB } from './index.ts'
import { processIdentity, stillRuns } from './process-identity.ts'

const folder = mkdtempSync(join(tmpdir(), 'tapeloom-lock-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let files = 0
const fresh = () => join(folder, `lock-${files++}.duckdb`)
/** The number of a process that has ended. */
const ended = () => spawnSync(process.execPath, ['-e', '']).pid

test('a lock names its process until it is given back', () => {
  const path = fresh()
  const release = takeLock(path)
  expect(lockHolder(path)).toMatchObject({ pid: process.pid, identity: processIdentity(process.pid) })
  expect(() => takeLock(path)).toThrow(expect.objectContaining({ code: 'store.in-use' }) as Error)
  release()
  expect(lockHolder(path)).toBeUndefined()
  takeLock(path)()
  expect(readdirSync(folder).filter((name) => name.startsWith(`${basename(path)}.`))).toEqual([])
})

test.each([
  ['of a process that has ended', () => ({ pid: ended(), token: 'old' })],
  ['of an earlier process with our number', () => ({ pid: process.pid, token: 'old', identity: 'an earlier boot/1' })],
  ['that is torn', () => 'torn'],
  ['that is empty', () => null],
])('a lock %s is taken over', (_, content) => {
  const path = fresh()
  writeFileSync(`${path}.lock`, JSON.stringify(content()).slice(0, 200))
  expect(lockHolder(path)).toBeUndefined()
  const release = takeLock(path)
  expect(lockHolder(path)?.pid).toBe(process.pid)
  release()
  expect(existsSync(`${path}.lock`)).toBe(false)
})

test('a lock that another has taken over is not given back by its former holder', () => {
  const path = fresh()
  const release = takeLock(path)
  const other = { pid: process.pid, token: 'other', identity: processIdentity(process.pid) }
  writeFileSync(`${path}.lock`, JSON.stringify(other))
  release()
  expect(JSON.parse(readFileSync(`${path}.lock`, 'utf8'))).toEqual(other)
})

test('a lock that cannot be written is an error of the disk', () => {
  expect(() => takeLock(join(folder, 'nowhere', 'a.duckdb'))).toThrow(expect.objectContaining({ code: 'store.disk' }) as Error)
})

test('a process runs or does not, whatever the system tells about it', () => {
  expect(stillRuns(process.pid, undefined)).toBe(true)
  expect(stillRuns(1, undefined)).toBe(true)
  expect(stillRuns(ended(), undefined)).toBe(false)
  expect(processIdentity(ended())).toBeUndefined()
})

test('one file is one database, also by another name', async () => {
  const path = fresh()
  const store = await openDuckDB(path)
  const link = fresh()
  symlinkSync(path, link)
  await expect(openDuckDB(link)).rejects.toMatchObject({ code: 'store.in-use', message: expect.stringContaining(`this process (${process.pid}), which writes`) })
  const closing = store.close()
  await expect(openDuckDB(link)).rejects.toMatchObject({ code: 'store.in-use', message: expect.stringContaining('which closes it') })
  await closing
  await (await openDuckDB(link)).close()
})

test('another thread of the process is kept out by the lock file', async () => {
  const path = fresh()
  const release = takeLock(path) // as another thread would hold it: not in this thread's registry
  await expect(openDuckDB(path)).rejects.toMatchObject({ code: 'store.in-use' })
  await expect(openDuckDB(path).catch((error: Error) => error.message)).resolves.toContain(`process ${process.pid}`)
  release()
})
