import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, expect, test } from 'vitest'
import { storeTables } from '@tapeloom/data'
import { DatabaseOwner } from './database-owner.ts'
import { migrations, type Migration } from './migrations.ts'

const folder = mkdtempSync(join(tmpdir(), 'tapeloom-migrations-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let files = 0
const fresh = () => join(folder, `schema-${files++}.duckdb`)
const { gaps } = storeTables
const open = (path: string, steps = migrations, readOnly = false) =>
  DatabaseOwner.open({ path, readOnly, memoryLimit: '100MB', tables: { gaps: gaps! } }, steps)

const next: readonly Migration[] = [
  ...migrations,
  { version: 2, name: 'rename', run: (connection) => connection.run('alter table gaps rename column detail to note') },
  { version: 3, name: 'clean', run: (connection) => connection.run("delete from gaps where reason = 'none'") },
]
const rows = (sql: string, owner: DatabaseOwner) =>
  owner.query({ sql, params: {}, columns: { name: 'text', n: 'number' } }).then(({ columns: [name, n] }) => ({ name, n }))
const versions = (owner: DatabaseOwner) => rows('select name, version as n from schema_migrations order by version', owner)

test('a new database has the newest schema, and no copy is made', async () => {
  const path = fresh()
  const owner = await open(path)
  expect(await versions(owner)).toEqual({ name: ['state of the projection'], n: Float64Array.of(1) })
  await owner.close()
  await (await open(path)).close()
  expect(existsSync(`${path}.v1.bak`)).toBe(false)
})

test('an older database is copied, then brought forward step by step', async () => {
  const path = fresh()
  const older = await open(path)
  await older.write({ through: 5, rows: [{
    table: 'gaps', declared: gaps!, length: 2,
    columns: [
      { name: 'series', type: 'text', data: { codes: Int32Array.of(0, 0), words: ['s'] } },
      { name: 'reason', type: 'text', data: { codes: Int32Array.of(0, 1), words: ['none', 'late'] } },
      { name: 'detail', type: 'text', data: { codes: Int32Array.of(-1, 0), words: ['kept'] } },
    ],
  }] })
  await older.close()
  await expect(open(path, next, true)).rejects.toMatchObject({ code: 'store.older', message: expect.stringMatching(/version 1.*reads 3/) })
  const owner = await open(path, next)
  expect(owner.appliedThrough).toBe(5)
  expect((await versions(owner)).n).toEqual(Float64Array.of(1, 2, 3))
  expect(await rows('select note as name, count(*) as n from gaps group by 1', owner)).toEqual({ name: ['kept'], n: Float64Array.of(1) })
  await owner.close()
  const copy = await DuckDBInstance.create(`${path}.v1.bak`, { access_mode: 'READ_ONLY' })
  const connection = await copy.connect()
  expect((await connection.runAndReadAll('select count(*) from gaps where detail is null')).getRows()).toEqual([[1n]])
  connection.disconnectSync()
  copy.closeSync()
  await expect(open(path)).rejects.toMatchObject({ code: 'store.newer', message: expect.stringMatching(/version 3.*knows 1/) })
})

test('a step that fails is undone, the steps before it stay', async () => {
  const path = fresh()
  await (await open(path)).close()
  const broken: readonly Migration[] = [...next.slice(0, 2), {
    version: 3, name: 'broken', run: async (connection) => {
      await connection.run('drop table gaps cascade')
      await connection.run('select no_such_column from store_state')
    },
  }]
  await expect(open(path, broken)).rejects.toMatchObject({ code: 'store.sql' })
  const owner = await open(path, next)
  expect((await versions(owner)).n).toEqual(Float64Array.of(1, 2, 3))
  await owner.close()
  expect(existsSync(`${path}.v2.bak`)).toBe(true)
})

test('a database of another program is left alone', async () => {
  const path = fresh()
  const instance = await DuckDBInstance.create(path)
  const connection = await instance.connect()
  await connection.run('create table orders (id integer)')
  connection.disconnectSync()
  instance.closeSync()
  await expect(open(path)).rejects.toMatchObject({ code: 'store.file', message: expect.stringContaining('another program') })
})
