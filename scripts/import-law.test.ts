import { expect, test } from 'vitest'
import { importLaw } from './import-law.ts'
import { planted } from './planted.ts'

/** Findings in a workspace of core, data, two modules and an app where one file of one package is replaced. */
function findings(folder: string, text: string, manifest: object = {}) {
  const peers = { '@tapeloom/core': 'workspace:^', '@tapeloom/data': 'workspace:^' }
  using repository = planted({
    'packages/core/package.json': { name: '@tapeloom/core' },
    'packages/data/package.json': { name: '@tapeloom/data', peerDependencies: { '@tapeloom/core': 'workspace:^' } },
    'packages/module-a/package.json': { name: '@tapeloom/module-a', peerDependencies: peers },
    'packages/module-b/package.json': { name: '@tapeloom/module-b', peerDependencies: { ...peers, '@tapeloom/module-a': 'workspace:^' } },
    'packages/store-duckdb/package.json': { name: '@tapeloom/store-duckdb', peerDependencies: peers },
    'apps/demo/package.json': { name: '@tapeloom/app-demo' },
    ...(Object.keys(manifest).length > 0 ? { [`${folder}/package.json`]: manifest } : {}),
    [`${folder}/src/index.ts`]: text,
  })
  return importLaw(repository.root)
}

test.each([
  ['packages/core', "import { DataProvider } from '@tapeloom/data'", 'not among the dependencies'],
  ['packages/data', "import type { A } from '@tapeloom/module-a'", 'not among the dependencies'],
  ['packages/module-b', "import { a } from '@tapeloom/module-a'", 'against the import law'],
  ['packages/module-b', "export { a } from '@tapeloom/module-a'", 'against the import law'],
  ['packages/module-b', "const a = await import('@tapeloom/module-a')", 'against the import law'],
  ['packages/module-b', "import { DataProvider } from '@tapeloom/data'", 'against the import law'],
  ['packages/module-b', "import { x } from '../../module-a/src/index.ts'", 'leaves its package'],
  ['packages/module-b', "import { x } from './x'", 'has no ending'],
  ['packages/module-b', "import { x } from '@tapeloom/app-demo'", 'nothing imports an app'],
  ['packages/module-b', "import { testModule } from '@tapeloom/core/testing'", 'test kit'],
  ['packages/module-b', "import { join } from 'path'", 'write "node:path"'],
  ['packages/store-duckdb', "import { DuckDBInstance } from '@duckdb/node-api'", 'native library'],
])('%s: %s is %s', (folder, text, message) => {
  const found = findings(folder, `\n${text}\n`)
  expect(found).toHaveLength(1)
  expect(found[0]).toContain(message)
  expect(found[0]).toMatch(/^packages\/[^/]+\/src\/index\.ts:2 /)
})

test.each([
  ['packages/data', "import { TapeloomError } from '@tapeloom/core'"],
  ['packages/module-b', "import type {} from '@tapeloom/module-a'"],
  ['packages/module-b', "import { type A, type B } from '@tapeloom/module-a'"],
  ['packages/module-b', "import { LadderBook } from '@tapeloom/data/book'"],
  ['packages/module-b', "import pkg from '@tapeloom/module-b/package.json' with { type: 'json' }"],
  ['packages/module-b', "// import { x } from '@tapeloom/app-demo'"],
  ['packages/store-duckdb', "import type { DuckDBConnection } from '@duckdb/node-api'\nconst api = await import('@duckdb/node-api')"],
  ['apps/demo', "import { a } from '@tapeloom/module-a'"],
])('%s: %s is lawful', (folder, text) => {
  const isApp = folder === 'apps/demo'
  expect(findings(folder, text, isApp ? { name: '@tapeloom/app-demo', dependencies: { '@tapeloom/module-a': 'workspace:^' } } : {})).toEqual([])
})

test('an unlawful dependency is found in the manifest alone', () => {
  const manifest = { name: '@tapeloom/data', dependencies: { '@tapeloom/module-a': 'workspace:^' } }
  expect(findings('packages/data', 'export {}', manifest)).toEqual([
    'packages/data/package.json: "@tapeloom/data" may not depend on "@tapeloom/module-a"',
  ])
  const onApp = { name: '@tapeloom/data', devDependencies: { '@tapeloom/app-demo': 'workspace:^' } }
  expect(findings('packages/data', 'export {}', onApp)).toEqual([
    'packages/data/package.json: nothing depends on an app, but it names "@tapeloom/app-demo"',
  ])
})

test('a native library loaded in two files of a package is found', () => {
  using repository = planted({
    'packages/store-duckdb/package.json': { name: '@tapeloom/store-duckdb' },
    'packages/store-duckdb/src/a.ts': "await import('@duckdb/node-api')",
    'packages/store-duckdb/src/b.ts': "await import('@duckdb/node-api')",
  })
  expect(importLaw(repository.root).join()).toContain('one place is enough')
})

test('a package without a law is found', () => {
  using repository = planted({ 'packages/extra/package.json': { name: '@tapeloom/extra' } })
  expect(importLaw(repository.root).join()).toContain('no import law is written for "@tapeloom/extra"')
})
