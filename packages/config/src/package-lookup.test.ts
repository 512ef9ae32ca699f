import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findFile, findPackage, lookupFolders } from './package-lookup.ts'
import { projectFolder } from './config-fixture.ts'

const manifest = (value: object) => JSON.stringify(value)
const files = {
  'node_modules/main-only/package.json': manifest({ version: '2.0.0', main: './lib/main.js' }), 'node_modules/main-only/lib/main.js': '', 'node_modules/main-only/other.js': '',
  'node_modules/bare/package.json': '{}', 'node_modules/bare/index.js': '',
  'node_modules/text/package.json': manifest({ exports: './x.js' }), 'node_modules/text/x.js': '',
  'node_modules/@s/both/package.json': manifest({
    version: '1.0.0',
    exports: { '.': [{ browser: './b.js' }, { require: './c.cjs', import: './m.js' }], './sub': { node: { import: './s.js' } }, './closed': null },
  }),
  'node_modules/@s/both/m.js': '', 'node_modules/@s/both/s.js': '', 'deep/er/x': '',
}

test('a package is found from folders above, by the conditions of an import', () => {
  const folder = projectFolder(files)
  const find = (name: string) => findPackage(name, [join(folder, 'deep/er')])?.url.replace(/^.*node_modules\//, '')
  expect(['main-only', 'main-only/other.js', 'bare', 'text', '@s/both', '@s/both/sub', '@s/both/closed', '@s/both/none', 'text/x.js', 'absent'].map(find)).toEqual([
    'main-only/lib/main.js', 'main-only/other.js', 'bare/index.js', 'text/x.js', '@s/both/m.js', '@s/both/s.js', undefined, undefined, undefined, undefined,
  ])
  expect(findPackage('@s/both', [folder])?.version).toBe('1.0.0')
})

test('a package with exports finds itself from its own files', () => {
  const folder = projectFolder({ 'package.json': manifest({ name: 'self', exports: { '.': './main.js' } }), 'main.js': '', 'deep/er/x': '' })
  expect(findPackage('self', [join(folder, 'deep/er')])?.url).toMatch(/main\.js$/)
  expect(findPackage('other', [folder])).toBeUndefined()
})

test('a workspace is seen as its sources under the condition that the process runs with', () => {
  const folder = projectFolder({}, ['module-pivot'])
  expect(findPackage('@tapeloom/module-pivot', [folder])?.url).toMatch(/packages\/module-pivot\/src\/index\.ts$/)
})

test('the folder of the configuration comes first, then that of the program', () => {
  const [first, ...rest] = lookupFolders('/somewhere')
  expect(first).toBe('/somewhere')
  expect(rest.length).toBeGreaterThanOrEqual(1)
  expect(findFile('absent.ts', '/somewhere')).toBeUndefined()
})

test('a package with exports finds itself from its own folders, before one of its name that is installed', () => {
  const own = { name: 'own', version: '3.0.0', exports: { '.': './src/own.js' } }
  const folder = projectFolder({
    'package.json': manifest(own), 'src/own.js': '', 'node_modules/own/package.json': manifest({ version: '1.0.0' }), 'node_modules/own/index.js': '',
    'inner/package.json': manifest({ name: 'inner', main: './index.js' }), 'inner/index.js': '',
  })
  expect(findPackage('own', [join(folder, 'src')])).toMatchObject({ version: '3.0.0', url: expect.stringMatching(/\/src\/own\.js$/) })
  expect(findPackage('own', [join(folder, 'inner')])?.version).toBe('1.0.0')
  expect(findPackage('inner', [join(folder, 'inner')])).toBeUndefined()
})
