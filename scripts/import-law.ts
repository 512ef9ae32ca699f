import { builtinModules } from 'node:module'
import { posix } from 'node:path'
import { importsOf, packageOf, type Import } from './imports.ts'
import { isTest, sourceFiles, workspacePackages, type WorkspacePackage } from './workspace.ts'

/** What one kind of package may import of ours; patterns match specifiers such as `core`, `core/testing`, `data/book`. */
interface Law {
  readonly who: RegExp
  readonly values: RegExp
  /** More that only types may name; they leave no trace at run time. */
  readonly types?: RegExp
  /** More that `await import()` may load, by a name that a user wrote. */
  readonly dynamic?: RegExp
}

const nothing = /^$/
const anything = /./
/** The import law, first match decides. Names are without `@tapeloom/`. */
const laws: readonly Law[] = [
  { who: /^(core|indicators)$/, values: nothing },
  { who: /^data$/, values: /^(core|indicators)$/ },
  { who: /^(store-duckdb|feeds)$/, values: /^(core|data(\/.+)?)$/ },
  { who: /^(training|execution)$/, values: /^(core|indicators|data(\/.+)?)$/ },
  { who: /^models$/, values: /^core$/ },
  { who: /^module-(cnn|dqn|transformer|fusion)$/, values: /^(core|indicators|data\/book|models)$/, types: /^(data|module-.+)$/ },
  { who: /^(module-.+|burst)$/, values: /^(core|indicators|data\/book)$/, types: /^(data|module-.+)$/ },
  { who: /^config$/, values: /^(core|indicators|data(\/.+)?)$/, dynamic: anything, types: anything },
  { who: /^compat$/, values: /^(core|config)$/, dynamic: anything },
  { who: /^dashboard$/, values: /^(core|training|execution)$/ },
  { who: /^(cli|create-module|apps\/.+|bench)$/, values: anything },
]
const natives = ['@duckdb/node-api', 'onnxruntime-node']
const isApp = (one: WorkspacePackage) => /^(apps\/|bench$)/.test(one.folder)
/** The name a law knows a package by. */
const shortName = ({ name, folder }: WorkspacePackage) =>
  name.startsWith('tapeloom-module-') ? 'burst' : isApp({ name, folder, manifest: {} }) ? folder : name.replace('@tapeloom/', '')

/** Findings of the import law over sources and manifests of the workspace at `root`. */
export function importLaw(root: string): string[] {
  const packages = workspacePackages(root)
  return packages.flatMap((one) => {
    const law = laws.find(({ who }) => who.test(shortName(one)))
    if (!law) return [`${one.folder}: no import law is written for "${one.name}", add one to scripts/import-law.ts`]
    return [...manifestFindings(one, law, packages), ...sourceFindings(root, one, law, packages)]
  })
}

function manifestFindings(one: WorkspacePackage, law: Law, packages: readonly WorkspacePackage[]): string[] {
  const { dependencies, peerDependencies, devDependencies } = one.manifest
  const declared = Object.keys({ ...dependencies, ...peerDependencies })
  const findings = declared
    .filter((name) => packages.some((other) => other.name === name))
    .filter((name) => !isApp(one) && !permits(law, name.replace('@tapeloom/', '')))
    .map((name) => `${one.folder}/package.json: "${one.name}" may not depend on "${name}"`)
  const apps = Object.keys({ ...dependencies, ...peerDependencies, ...devDependencies })
    .filter((name) => packages.some((other) => other.name === name && isApp(other)))
    .filter((name) => !isApp(one) && !(one.folder === 'packages/cli' && name.startsWith('tapeloom-module-')))
    .map((name) => `${one.folder}/package.json: nothing depends on an app, but it names "${name}"`)
  return [...new Set([...findings, ...apps])]
}

/** Whether a package as a whole, in one of its entries and ways to import it, is within the law. */
const permits = ({ values, types, dynamic }: Law, name: string) =>
  [name, `${name}/book`].some((entry) => values.test(entry) || types?.test(entry) || dynamic?.test(entry))

function sourceFindings(root: string, one: WorkspacePackage, law: Law, packages: readonly WorkspacePackage[]): string[] {
  const findings: string[] = []
  const nativeFiles = new Map<string, Set<string>>()
  for (const { path, text } of sourceFiles(root, `${one.folder}/src`)) {
    for (const imported of importsOf(path, text)) {
      const say = (what: string) => findings.push(`${path}:${imported.line} "${imported.specifier}" ${what}`)
      const isRelative = imported.specifier.startsWith('.')
      const problem = isRelative ? relativeProblem(one, path, imported) : bareProblem(one, path, imported, law, packages)
      if (problem) say(problem)
      if (isTest(path) || isApp(one) || imported.kind === 'type' || !natives.includes(imported.specifier)) continue
      if (imported.kind === 'value') say('is a native library: load it by await import() where it is needed')
      nativeFiles.set(imported.specifier, (nativeFiles.get(imported.specifier) ?? new Set()).add(path))
    }
  }
  for (const [native, files] of nativeFiles)
    if (files.size > 1) findings.push(`${one.folder}: "${native}" is loaded in ${[...files].join(' and ')}: one place is enough`)
  return findings
}

function relativeProblem(one: WorkspacePackage, path: string, { specifier }: Import): string | undefined {
  const target = posix.join(posix.dirname(path), specifier)
  if (!target.startsWith(`${one.folder}/`)) return 'leaves its package: import the other package by its name'
  return /\.(ts|json)$/.test(specifier) ? undefined : 'has no ending: relative imports end in .ts'
}

function bareProblem(one: WorkspacePackage, path: string, imported: Import, law: Law, packages: readonly WorkspacePackage[]) {
  const { specifier, kind } = imported
  const name = packageOf(specifier)
  if (!name) return undefined
  if (builtinModules.includes(name)) return `is Node's own: write "node:${specifier}"`
  const other = packages.find((each) => each.name === name)
  if (!other || other === one) return undefined
  if (isApp(other) && !isApp(one) && !isTest(path)) return 'is an app: nothing imports an app'
  if (isTest(path)) return undefined
  if (specifier.endsWith('/testing') && !isApp(one)) return 'is a test kit: only tests import it'
  const { dependencies, peerDependencies } = one.manifest
  if (!({ ...dependencies, ...peerDependencies })[name] && !(law.dynamic && kind !== 'value'))
    return 'is not among the dependencies of its package.json'
  const entry = specifier.replace('@tapeloom/', '')
  const isLawful =
    isApp(one) || law.values.test(entry) || (kind === 'type' && law.types?.test(entry)) || (kind === 'dynamic' && law.dynamic?.test(entry))
  return isLawful ? undefined : `is against the import law: "${one.name}" may not take ${kind === 'type' ? 'types' : 'values'} from it`
}
