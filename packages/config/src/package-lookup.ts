import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'

/** A package or file that a configuration names, found but not yet imported. */
export interface Found {
  /** Of the file to import. */
  readonly url: string
  /** Of the package; undefined for a file. */
  readonly version: string | undefined
}

interface Manifest {
  readonly name?: string
  readonly version?: string
  readonly main?: string
  readonly exports?: Exports
}
type Exports = string | null | readonly Exports[] | { readonly [condition: string]: Exports }

/** Folders where packages of a configuration may be installed: beside it, beside the program, beside this package. */
export function lookupFolders(folder: string): readonly string[] {
  const program = process.argv[1] ?? ''
  return [folder, ...(existsSync(program) ? [dirname(realpathSync(program))] : []), dirname(fileURLToPath(import.meta.url))]
}

/**
 * Finds the ES module that `name` (`package` or `package/entry`) means for a program in one of the folders; undefined
 * when it is not installed there. A package with `exports` finds itself, as in Node. Runs nothing.
 */
export function findPackage(name: string, folders: readonly string[]): Found | undefined {
  const [, base = name, rest = ''] = /^((?:@[^/]+\/)?[^/]+)(?:\/(.+))?$/.exec(name) ?? []
  for (const folder of folders) {
    for (const home of homesOf(base, folder)) {
      const manifest = readManifest(home)
      const entry = manifest && entryOf(manifest, rest === '' ? '.' : `./${rest}`)
      if (entry !== undefined) return found(join(home, entry), manifest?.version)
    }
  }
  return undefined
}

/** Where a package would be for a program in `folder`, nearest first: the package that holds it, then `node_modules`. */
function* homesOf(name: string, folder: string): Iterable<string> {
  const above: string[] = []
  for (let at = resolve(folder); above.at(-1) !== at; at = dirname(at)) above.push(at)
  const own = above.find((at) => existsSync(join(at, 'package.json')))
  const manifest = own === undefined ? undefined : readManifest(own)
  if (own !== undefined && manifest?.name === name && manifest.exports !== undefined) yield own
  for (const at of above) yield join(at, 'node_modules', name)
}

/** The file at a path relative to `folder`; undefined when there is none. */
export function findFile(path: string, folder: string): Found | undefined {
  const full = resolve(folder, path)
  return existsSync(full) ? found(full, undefined) : undefined
}

const found = (path: string, version: string | undefined): Found => ({ url: pathToFileURL(realpathSync(path)).href, version })

function readManifest(home: string): Manifest | undefined {
  const path = join(home, 'package.json')
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Manifest) : undefined
}

// Node resolves by name only for the importing file; a configuration is none, so its conditions are followed here.
function entryOf({ main = './index.js', exports }: Manifest, entry: string): string | undefined {
  if (exports === undefined) return entry === '.' ? main : entry
  const isByEntry = isMap(exports) && Object.keys(exports).some((key) => key.startsWith('.'))
  const whole = entry === '.' ? exports : undefined
  const target = isByEntry ? exports[entry] : whole
  const conditions = new Set([...userConditions(), 'node', 'import', 'module-sync', 'default'])
  return target === undefined ? undefined : chosen(target, conditions)
}

const isMap = (target: Exports): target is Readonly<Record<string, Exports>> =>
  typeof target === 'object' && target !== null && !Array.isArray(target)

function chosen(target: Exports, conditions: ReadonlySet<string>): string | undefined {
  if (target === null || typeof target === 'string') return target ?? undefined
  const fitting = isMap(target) ? Object.keys(target).filter((key) => conditions.has(key)).map((key) => target[key] ?? null) : target
  for (const candidate of fitting) {
    const path = chosen(candidate, conditions)
    if (path !== undefined) return path
  }
  return undefined
}

/** Conditions that this process was started with (`--conditions=…`). */
function userConditions(): readonly string[] {
  const args = [...process.execArgv, ...(process.env['NODE_OPTIONS'] ?? '').split(/\s+/)]
  const { values } = parseArgs({ args, strict: false, options: { conditions: { type: 'string', short: 'C', multiple: true } } })
  return (values.conditions ?? []).filter((value) => typeof value === 'string')
}
