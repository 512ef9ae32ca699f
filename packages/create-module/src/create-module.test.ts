import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import corePackage from '@tapeloom/core/package.json' with { type: 'json' }
import { satisfies } from 'semver'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createModule } from './index.ts'
import { runCreate } from './run-create.ts'

const repository = resolve(import.meta.dirname, '../../..')
let within: string
beforeEach(() => void (within = realpathSync(mkdtempSync(join(tmpdir(), 'tapeloom-create-')))))
afterEach(() => rmSync(within, { recursive: true }))

/** Makes this checkout's core and the types of Node what packages in the folder find. */
function install(): void {
  mkdirSync(join(within, 'node_modules/@tapeloom'), { recursive: true })
  symlinkSync(join(repository, 'packages/core'), join(within, 'node_modules/@tapeloom/core'))
  symlinkSync(join(repository, 'node_modules/@types'), join(within, 'node_modules/@types'))
}

/** Runs a program on this Node; the outer test runner is not told. */
function node(folder: string, ...parameters: readonly string[]) {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const { status, stdout, stderr } = spawnSync(process.execPath, parameters, { cwd: folder, encoding: 'utf8', env })
  return { status, said: stdout + stderr }
}

test('a new module has seven files, and its conformance test passes as it is', () => {
  install()
  const { folder, files, package: named } = createModule('demo-imbalance', within)
  expect(named).toBe('tapeloom-module-demo-imbalance')
  expect(files.toSorted()).toEqual(['LICENSE', 'README.md', 'package.json', 'src/index.test.ts', 'src/index.ts', 'tsconfig.json', 'tsup.config.ts'])
  expect(readdirSync(folder, { recursive: true }).filter((path) => path !== 'src')).toHaveLength(7)
  const { status, said } = node(folder, '--conditions=@tapeloom/source', '--test')
  expect(said).toMatch(/pass 14\n/)
  expect(said).toMatch(/demo-imbalance: \d+ ns\/event, \d+ state bytes a symbol/)
  expect(status).toBe(0)
})

test('its types hold, also those of its event', () => {
  install()
  const { folder } = createModule('flow2', within)
  const path = join(folder, 'src/index.ts')
  const check = () => {
    const { said } = node(folder, join(repository, 'node_modules/typescript/bin/tsc'), '--customConditions', '@tapeloom/source', '--pretty', 'false')
    return said.split('\n').filter((line) => line.startsWith('src/')) // core is in view as source: it is not what is checked
  }
  expect(check()).toEqual([])
  writeFileSync(path, readFileSync(path, 'utf8').replace("emit('flow2:turn', { side:", "emit('flow2:turn', { sid:"))
  expect(check()).toEqual([expect.stringContaining("'sid' does not exist in type")])
})

test('a change that breaks an invariant breaks its test', () => {
  install()
  const { folder } = createModule('demo', within)
  const path = join(folder, 'src/index.ts')
  writeFileSync(path, readFileSync(path, 'utf8').replace('features.imbalance =', 'features.imbalance = 1.5 *'))
  const { status, said } = node(folder, '--conditions=@tapeloom/source', '--test')
  expect(said).toContain('Write NaN for what is unknown, and declare the range that the formula has.')
  expect(status).toBe(1)
})

test('the manifest permits the core of this repository, and the module is found by its keyword', () => {
  const { folder } = createModule('demo', within)
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly name: string
    readonly keywords: readonly string[]
    readonly peerDependencies: Readonly<Record<string, string>>
  }
  expect(manifest).toMatchObject({ name: 'tapeloom-module-demo', files: ['dist'], type: 'module' })
  expect(manifest.keywords).toContain('tapeloom-module')
  expect(satisfies(corePackage.version, manifest.peerDependencies['@tapeloom/core'] ?? '')).toBe(true)
  const readme = readFileSync(join(folder, 'README.md'), 'utf8')
  for (const heading of ['Install', 'Use', 'Features', 'Events', 'Options', 'Cost', 'Limits', 'Licence']) expect(readme).toContain(`\n## ${heading}\n`)
})

test.each([
  ['@acme/flow', 'has a scope. Give the name alone'],
  ['../flow', 'is a path. Give a name alone'],
  ['a/b', 'is a path'],
  ['a\\b', 'is a path'],
  ['..', 'is a path'],
  ['.', 'is no module name'],
  ['', 'is no module name'],
  ['Flow', 'is no module name. Use small letters'],
  ['2flow', 'is no module name'],
  ['flow--x', 'is no module name'],
  ['flow-', 'is no module name'],
  ['flow x', 'is no module name'],
  ['flow;rm', 'is no module name'],
  ["flow'", 'is no module name'],
  ['node_modules', 'is no module name'],
  ['tapeloom-module-flow', "has the prefix of a package already. Give 'flow'."],
  ['class', 'is a word of TypeScript'],
  ['test', 'or of the template'],
  ['x'.repeat(61), 'has 61 characters. Use 60 at most'],
])("the name '%s' is refused: %s", (name, message) => {
  expect(() => createModule(name, within)).toThrow(message)
  expect(readdirSync(within)).toEqual([])
})

test('what exists is refused, a file as well as an empty folder, and left alone', () => {
  mkdirSync(join(within, 'taken'))
  writeFileSync(join(within, 'file'), 'mine')
  expect(() => createModule('taken', within)).toThrow(/taken exists already\. Choose another name/)
  expect(() => createModule('file', within)).toThrow('exists already')
  expect(readFileSync(join(within, 'file'), 'utf8')).toBe('mine')
  expect(readdirSync(join(within, 'taken'))).toEqual([])
  expect(() => createModule('flow', join(within, 'absent'))).toThrow(/cannot be made \(ENOENT/)
})

test('the program makes a module in the working folder and says what comes next; bad input ends with 2', () => {
  vi.spyOn(process, 'cwd').mockReturnValue(within)
  const said = { out: '', err: '' }
  const streams = { stdout: { write: (text: string) => (said.out += text) }, stderr: { write: (text: string) => (said.err += text) } }
  expect(runCreate(['flow'], streams)).toBe(0)
  expect(said.out).toBe('tapeloom-module-flow is made of 7 files. Next:\n\n  cd flow\n  npm install\n  npm test\n')
  expect(existsSync(join(within, 'flow/src/index.ts'))).toBe(true)
  expect(runCreate(['flow'], streams)).toBe(2)
  expect(said.err).toContain('exists already')
  for (const args of [[], ['a', 'b'], ['--force']]) expect(runCreate(args, streams)).toBe(2)
  expect(said.err).toContain('Usage: npm create @tapeloom/module <name>')
  expect(runCreate(['--help'], streams)).toBe(0)
  vi.restoreAllMocks()
})
