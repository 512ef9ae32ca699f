import { mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { tapeloom } from '../cli-fixture.ts'

const before = process.cwd()
let folder: string
beforeEach(() => process.chdir((folder = realpathSync(mkdtempSync(join(tmpdir(), 'tapeloom-new-'))))))
afterEach(() => {
  process.chdir(before)
  rmSync(folder, { recursive: true })
})

test('new module makes a package and says what comes next', async () => {
  expect(await tapeloom(['new', 'module', 'demo-imbalance'])).toEqual({
    code: 0, err: '', out: 'tapeloom-module-demo-imbalance is made of 7 files. Next:\n  cd demo-imbalance\n  npm install\n  npm test\n',
  })
  expect(readdirSync(join(folder, 'demo-imbalance/src'))).toEqual(['index.test.ts', 'index.ts'])
  const { out } = await tapeloom(['new', 'module', 'other', '--json'])
  expect(JSON.parse(out)).toMatchObject({ folder: join(folder, 'other'), package: 'tapeloom-module-other', files: expect.any(Array) as [] })
})

test('a name that is none, a folder that exists and a missing name are bad input', async () => {
  expect(await tapeloom(['new', 'module', '../up'])).toMatchObject({ code: 2, out: '', err: expect.stringContaining('is a path') as string })
  await tapeloom(['new', 'module', 'twice'])
  expect(await tapeloom(['new', 'module', 'twice'])).toMatchObject({ code: 2, err: expect.stringContaining('exists already') as string })
  expect(await tapeloom(['new', 'module'])).toMatchObject({ code: 2, err: expect.stringContaining('new module <name>') as string })
  expect(await tapeloom(['new', 'modul', 'x'])).toMatchObject({ code: 2, err: expect.stringContaining("Did you mean 'new module'?") as string })
})
