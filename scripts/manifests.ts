import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { satisfies, subset, validRange } from 'semver'
import { moduleFacts } from './needs.ts'
import { isTest, sourceFiles, workspacePackages, type Manifest, type WorkspacePackage } from './workspace.ts'

const natives = ['@duckdb/node-api', 'onnxruntime-node']
const scripts = { build: 'tsup', test: 'vitest run', typecheck: 'tsc --noEmit', 'lint:pkg': 'publint --strict && attw --pack . --profile esm-only' }
const sections = ['Install', 'Use', 'Limits', 'Licence']
const moduleSections = ['Install', 'Use', 'Features', 'Events', 'Options', 'Cost', 'Limits', 'Licence']
const isModule = ({ name }: WorkspacePackage) => /^(@tapeloom\/|tapeloom-)module-/.test(name)
/** What is published, and the example of a module outside the scope, follows the template; other apps only run. */
const isLibrary = (one: WorkspacePackage) => one.folder.startsWith('packages/') || isModule(one)

/** Findings over every manifest, README and `need` of the workspace at `root`. */
export function manifests(root: string): string[] {
  const packages = workspacePackages(root)
  return packages.flatMap((one) => {
    const found = isLibrary(one)
      ? [...templateFindings(root, one), ...dependencyFindings(one, packages), ...readmeFindings(root, one)]
      : appFindings(root, one)
    return [...found.map((what) => `${one.folder}: ${what}`), ...needFindings(root, one, packages)]
  })
}

function templateFindings(root: string, { folder, name, manifest }: WorkspacePackage): string[] {
  const findings: string[] = []
  const expect = (field: string, found: unknown, wanted: unknown) => {
    if (JSON.stringify(found) !== JSON.stringify(wanted))
      findings.push(`package.json: ${field} is ${JSON.stringify(found)}, the template says ${JSON.stringify(wanted)}`)
  }
  if (folder.startsWith('packages/')) expect('name', name, `@tapeloom/${folder.slice('packages/'.length)}`)
  if (folder.startsWith('packages/')) expect('private', manifest.private, undefined)
  if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(manifest.version ?? '')) findings.push(`package.json: version is "${manifest.version}"`)
  const description = manifest['description']
  if (typeof description !== 'string' || !/^[A-Z].*\.$/.test(description)) findings.push('package.json: description is one sentence')
  expect('type', manifest['type'], 'module')
  expect('sideEffects', manifest['sideEffects'], false)
  expect('files', manifest['files'], ['dist'])
  expect('engines', manifest['engines'], { node: '>=22' })
  expect('license', manifest['license'], 'MIT')
  expect('scripts', manifest['scripts'], scripts)
  expect('repository.directory', (manifest['repository'] as { directory?: string } | undefined)?.directory, folder)
  const keywords = (manifest['keywords'] ?? []) as readonly string[]
  if (isModule({ folder, name, manifest }) && !keywords.includes('tapeloom-module')) findings.push('package.json: a module has the keyword tapeloom-module')
  const publish = (manifest['publishConfig'] ?? {}) as Record<string, unknown>
  expect('publishConfig.access', publish['access'], 'public')
  expect('publishConfig.provenance', publish['provenance'], true)
  const entries = Object.keys(manifest.exports ?? {}).filter((entry) => entry !== './package.json')
  if (!entries.includes('.')) findings.push('package.json: exports has no "."')
  expect('exports', manifest.exports, exportsOf(entries, true))
  expect('publishConfig.exports', publish['exports'], exportsOf(entries, false))
  return [...findings, ...entryFindings(root, folder, entries), ...programFindings(root, folder, manifest['bin'])]
}

const fileOf = (entry: string) => (entry === '.' ? 'index' : `${entry.slice(2)}/index`)

function exportsOf(entries: readonly string[], withSource: boolean) {
  const conditions = (entry: string) => ({
    ...(withSource ? { '@tapeloom/source': `./src/${fileOf(entry)}.ts` } : {}),
    types: `./dist/${fileOf(entry)}.d.ts`,
    default: `./dist/${fileOf(entry)}.js`,
  })
  return { ...Object.fromEntries(entries.map((entry) => [entry, conditions(entry)])), './package.json': './package.json' }
}

/** Every entry has a source, is built, and the package has the files of the template. */
function entryFindings(root: string, folder: string, entries: readonly string[]): string[] {
  const read = (file: string) => (existsSync(join(root, folder, file)) ? readFileSync(join(root, folder, file), 'utf8') : undefined)
  const tsup = read('tsup.config.ts')
  return [
    ...(tsup === undefined ? ['tsup.config.ts is missing'] : []),
    ...(read('tsconfig.json') === undefined ? ['tsconfig.json is missing'] : []),
    ...entries.flatMap((entry) => {
      const file = fileOf(entry)
      return [
        ...(read(`src/${file}.ts`) === undefined ? [`exports names src/${file}.ts, which does not exist`] : []),
        ...(tsup !== undefined && !tsup.includes(`'${file}'`) ? [`tsup.config.ts does not build '${file}'`] : []),
      ]
    }),
  ]
}

/** Every program has a source that a shell can start, and is built. */
function programFindings(root: string, folder: string, bin: unknown): string[] {
  const read = (file: string) => (existsSync(join(root, folder, file)) ? readFileSync(join(root, folder, file), 'utf8') : undefined)
  return Object.entries((bin ?? {}) as Readonly<Record<string, string>>).flatMap(([program, path]) => {
    const file = /^\.\/dist\/(.+)\.js$/.exec(path)?.[1]
    if (file === undefined) return [`package.json: bin.${program} is "${path}", a program is ./dist/<name>.js`]
    const source = read(`src/${file}.ts`)
    if (source === undefined) return [`bin names src/${file}.ts, which does not exist`]
    return [
      ...(source.startsWith('#!/usr/bin/env node\n') ? [] : [`src/${file}.ts does not begin with "#!/usr/bin/env node"`]),
      ...(read('tsup.config.ts')?.includes(`'${file}'`) ? [] : [`tsup.config.ts does not build '${file}'`]),
    ]
  })
}

function dependencyFindings(one: WorkspacePackage, packages: readonly WorkspacePackage[]): string[] {
  const { dependencies = {}, peerDependencies = {}, devDependencies = {} } = one.manifest
  const ours = new Set(packages.map(({ name }) => name))
  const isProgram = one.name === '@tapeloom/cli'
  const findings: string[] = []
  for (const [name, range] of Object.entries({ ...devDependencies, ...peerDependencies, ...dependencies })) {
    if (ours.has(name) && range !== 'workspace:^') findings.push(`package.json: "${name}" is "${range}", the template says "workspace:^"`)
    if (/[/@]|https?:|git|file:/.test(range)) findings.push(`package.json: "${name}" comes from "${range}", not from the registry`)
  }
  for (const name of Object.keys(peerDependencies))
    if (!devDependencies[name]) findings.push(`package.json: the peer "${name}" is no development dependency, so tests cannot load it`)
  for (const name of Object.keys(dependencies)) {
    if (isProgram) continue
    if (natives.includes(name) || name === '@tapeloom/core' || name === '@tapeloom/data')
      findings.push(`package.json: "${name}" is a peer, so that an application has it once`)
  }
  if (one.name === '@tapeloom/core')
    for (const name of Object.keys({ ...dependencies, ...peerDependencies }))
      if (!['eventemitter3', 'semver'].includes(name)) findings.push(`package.json: core depends on eventemitter3 and semver only, not "${name}"`)
  return findings
}

function readmeFindings(root: string, one: WorkspacePackage): string[] {
  const path = join(root, one.folder, 'README.md')
  if (!existsSync(path)) return ['README.md is missing']
  const text = readFileSync(path, 'utf8').replace(/^```[^]*?^```/gm, '')
  const headings = new Set([...text.matchAll(/^## +(.+?) *$/gm)].map(([, heading]) => heading))
  const wanted = isModule(one) ? moduleSections : sections
  return [
    ...(text.startsWith(`# ${one.name}\n`) ? [] : [`README.md does not start with "# ${one.name}"`]),
    ...wanted.filter((heading) => !headings.has(heading)).map((heading) => `README.md has no section "## ${heading}"`),
  ]
}

function appFindings(root: string, { folder, manifest }: WorkspacePackage): string[] {
  const hasTest = sourceFiles(root, `${folder}/src`).some(({ path }) => path.endsWith('.test.ts'))
  return [
    ...(manifest.private === true ? [] : ['package.json: an app is private']),
    ...(hasTest || !folder.startsWith('apps/') ? [] : ['has no test']),
  ]
}

/** `need` ranges against the package they mean, and the module's name and manifest import against its package. */
function needFindings(root: string, one: WorkspacePackage, packages: readonly WorkspacePackage[]): string[] {
  const sources = sourceFiles(root, `${one.folder}/src`).filter(({ path }) => !isTest(path) && !path.includes('/testing/'))
  const facts = sources.map(({ path, text }) => ({ path, ...moduleFacts(path, text) }))
  const findings = isLibrary(one)
    ? facts.flatMap(({ path, manifests: imported }) =>
        imported
          .filter((specifier) => specifier !== `${one.name}/package.json`)
          .map((specifier) => `${path}: imports "${specifier}"; name it "${one.name}/package.json", or tsup inlines the workspace ranges`))
    : []
  const own = one.name.replace(/^(@tapeloom\/|tapeloom-)module-/, '')
  if (isModule(one) && !facts.some(({ defined }) => defined.includes(own)))
    findings.push(`${one.folder}: no defineModule({ name: '${own}' … }), the name that its package promises`)
  for (const { path, needs } of facts)
    for (const { module, range, isOptional, line } of needs) {
      const what = needFinding(one.manifest, module, range, isOptional, isModule(one), packages)
      if (what) findings.push(`${path}:${line} need('${module}', '${range}'): ${what}`)
    }
  return findings
}

function needFinding(manifest: Manifest, module: string, range: string, isOptional: boolean, isPublished: boolean, packages: readonly WorkspacePackage[]) {
  if (validRange(range) === null) return 'is not a version range'
  const needed = packages.find(({ name }) => new RegExp(`^(@tapeloom/|tapeloom-)module-${module}$`).test(name))
  if (!needed) return undefined // a module outside of this repository
  const version = needed.manifest.version ?? '0.0.0'
  if (!satisfies(version, range)) return `${needed.name} is at ${version}`
  const peer = manifest.peerDependencies?.[needed.name]
  if (peer === undefined) return isOptional || !isPublished ? undefined : `${needed.name} is no peer in package.json`
  const meta = manifest['peerDependenciesMeta'] as Record<string, { optional?: boolean }> | undefined
  if (isOptional && !meta?.[needed.name]?.optional) return `is optional, but the peer ${needed.name} is not (peerDependenciesMeta)`
  const published = peer.startsWith('workspace:') ? peer.replace(/^workspace:([\^~]?).*/, `$1${version}`) : peer
  return subset(published, range) ? undefined : `package.json permits ${needed.name} ${published}`
}
