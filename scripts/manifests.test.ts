import { expect, test } from 'vitest'
import { manifests } from './manifests.ts'
import { planted } from './planted.ts'

const entry = (source: boolean) => ({
  '.': { ...(source ? { '@tapeloom/source': './src/index.ts' } : {}), types: './dist/index.d.ts', default: './dist/index.js' },
  './package.json': './package.json',
})
const template = (folder: string, name: string) => ({
  name,
  version: '1.0.0',
  description: 'Measures one thing.',
  type: 'module',
  sideEffects: false,
  files: ['dist'],
  engines: { node: '>=22' },
  exports: entry(true),
  publishConfig: { access: 'public', provenance: true, exports: entry(false) },
  keywords: ['tapeloom-module'],
  license: 'MIT',
  repository: { type: 'git', url: 'git+https://example.org/x.git', directory: folder },
  scripts: { build: 'tsup', test: 'vitest run', typecheck: 'tsc --noEmit', 'lint:pkg': 'publint --strict && attw --pack . --profile esm-only' },
})
const readme = (name: string) =>
  `# ${name}\n${['Install', 'Use', 'Features', 'Events', 'Options', 'Cost', 'Limits', 'Licence'].map((heading) => `## ${heading}\n`).join('')}`
const files = (folder: string, name: string, module: string) => ({
  [`${folder}/package.json`]: template(folder, name),
  [`${folder}/README.md`]: readme(name),
  [`${folder}/tsup.config.ts`]: "export default library('index')",
  [`${folder}/tsconfig.json`]: '{}',
  [`${folder}/src/index.ts`]: `export const m = defineModule({ name: '${module}' })`,
})
const folder = 'packages/module-a'

/** Findings in a workspace of the modules a and b where some files of a differ. */
function findings(changed: Readonly<Record<string, string>>, manifest: object = {}) {
  using repository = planted({
    ...files('packages/module-b', '@tapeloom/module-b', 'b'),
    ...files(folder, '@tapeloom/module-a', 'a'),
    [`${folder}/package.json`]: { ...template(folder, '@tapeloom/module-a'), ...manifest },
    ...Object.fromEntries(Object.entries(changed).map(([path, text]) => [`${folder}/${path}`, text])),
  })
  return manifests(repository.root)
}
const needing = (call: string) => ({ 'src/index.ts': `export const m = defineModule({ name: 'a', requires: { b: ${call} } })` })
const peer = (range: string, isOptional = false) => ({
  peerDependencies: { '@tapeloom/module-b': range },
  devDependencies: { '@tapeloom/module-b': range },
  ...(isOptional ? { peerDependenciesMeta: { '@tapeloom/module-b': { optional: true } } } : {}),
})

test('a package that follows the template has no finding', () => {
  expect(findings({})).toEqual([])
  expect(findings(needing("need('b', '^1')"), peer('workspace:^'))).toEqual([])
  expect(findings(needing("need('b', '^1', { optional: true })"))).toEqual([])
  expect(findings(needing("need('b', '^1', { optional: true })"), peer('workspace:^', true))).toEqual([])
  expect(findings(needing("need('elsewhere', '^7')"))).toEqual([])
})

test.each([
  [{ name: '@tapeloom/a' }, 'name is'],
  [{ version: 'one' }, 'version is'],
  [{ private: true }, 'private is'],
  [{ description: 'no sentence' }, 'description is'],
  [{ type: 'commonjs' }, 'type is'],
  [{ sideEffects: true }, 'sideEffects is'],
  [{ engines: { node: '>=18' } }, 'engines is'],
  [{ license: 'Apache-2.0' }, 'license is'],
  [{ scripts: { build: 'tsup' } }, 'scripts is'],
  [{ keywords: [] }, 'keyword tapeloom-module'],
  [{ exports: entry(false) }, 'exports is'],
  [{ publishConfig: { access: 'public', provenance: true, exports: entry(true) } }, 'publishConfig.exports is'],
  [{ publishConfig: { access: 'public', exports: entry(false) } }, 'publishConfig.provenance is'],
  [{ repository: { directory: 'packages/module-b' } }, 'repository.directory is'],
  [{ dependencies: { '@tapeloom/module-b': '^1.0.0' } }, 'the template says "workspace:^"'],
  [{ dependencies: { left: 'git+ssh://example.org/left.git' } }, 'not from the registry'],
  [{ dependencies: { 'onnxruntime-node': '~1.30.0' } }, 'is a peer'],
  [{ peerDependencies: { zod: '^4.0.0' } }, 'is no development dependency'],
])('the manifest %j is found', (manifest, message) => {
  expect(findings({}, manifest).join('\n')).toContain(message)
})

test.each([
  [{ 'README.md': '# @tapeloom/module-a\n## Install\n' }, 'no section "## Limits"'],
  [{ 'README.md': readme('@tapeloom/module-b') }, 'does not start with'],
  [{ 'README.md': '# @tapeloom/module-a\n```\n## Install\n```\n' }, 'no section "## Install"'],
  [{ 'tsup.config.ts': "library('main')" }, "does not build 'index'"],
  [{ 'src/index.ts': "export const m = defineModule({ name: 'other' })" }, "no defineModule({ name: 'a'"],
  [{ 'src/index.ts': "import p from '../package.json'\ndefineModule({ name: 'a' })" }, 'tsup inlines the workspace ranges'],
  [needing("need('b', '^2')"), '@tapeloom/module-b is at 1.0.0'],
  [needing("need('b', 'one')"), 'is not a version range'],
  [needing("need('b', '^1')"), 'is no peer in package.json'],
])('the files %j are found', (changed, message) => {
  expect(findings(changed).join('\n')).toContain(message)
})

test('a program that has no source, is not built or no shell can start is found', () => {
  const bin = { bin: { make: './dist/main.js' } }
  expect(findings({}, bin)).toEqual([`${folder}: bin names src/main.ts, which does not exist`])
  expect(findings({}, { bin: { make: './main.js' } }).join()).toContain('a program is ./dist/<name>.js')
  expect(findings({ 'src/main.ts': 'run()' }, bin)).toEqual([
    `${folder}: src/main.ts does not begin with "#!/usr/bin/env node"`, `${folder}: tsup.config.ts does not build 'main'`,
  ])
  expect(findings({ 'src/main.ts': '#!/usr/bin/env node\nrun()', 'tsup.config.ts': "library('index', 'main')" }, bin)).toEqual([])
})

test('a peer range that permits what the module cannot use is found', () => {
  expect(findings(needing("need('b', '~1.0.0')"), peer('workspace:^')).join()).toContain('package.json permits @tapeloom/module-b ^1.0.0')
  expect(findings(needing("need('b', '^1', { optional: true })"), peer('workspace:^')).join()).toContain('peerDependenciesMeta')
})

test('an app is private and has a test', () => {
  using repository = planted({ 'apps/demo/package.json': { name: 'demo' }, 'apps/demo/src/main.ts': '' })
  expect(manifests(repository.root)).toEqual(['apps/demo: package.json: an app is private', 'apps/demo: has no test'])
})
