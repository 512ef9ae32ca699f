import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'

/** Fields of a package manifest that the gates read. */
export interface Manifest {
  readonly name?: string
  readonly version?: string
  readonly private?: boolean
  readonly exports?: Readonly<Record<string, unknown>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly [field: string]: unknown
}

/** A folder of the workspace that has a manifest: `packages/*`, `apps/*` and `bench`. */
export interface WorkspacePackage {
  /** Path from the repository root, with forward slashes. */
  readonly folder: string
  /** The package name, or the folder where the manifest has none. */
  readonly name: string
  readonly manifest: Manifest
}

/** A TypeScript file of a package; `path` is relative to the repository root, with forward slashes. */
export interface SourceFile {
  readonly path: string
  readonly text: string
}

/** Every package of the workspace at `root`, sorted by folder. */
export function workspacePackages(root: string): WorkspacePackage[] {
  const folders = ['packages', 'apps'].flatMap((parent) =>
    existsSync(join(root, parent)) ? readdirSync(join(root, parent)).map((name) => `${parent}/${name}`) : [],
  )
  return [...folders, 'bench']
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .toSorted()
    .map((folder) => {
      const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest
      return { folder, name: manifest.name ?? folder, manifest }
    })
}

/** Every TypeScript file below `folder` (from `root`), without dependencies and build output, sorted by path. */
export function sourceFiles(root: string, folder: string): SourceFile[] {
  const start = join(root, folder)
  if (!existsSync(start)) return []
  return readdirSync(start, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.m?ts$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !/(^|\/)(node_modules|dist|coverage|\.turbo)\//.test(path))
    .toSorted()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
}

/** Whether a file is a test, a type test, what tests share, or a benchmark: not part of what is published. */
export const isTest = (path: string) => /\.(test|test-d|bench|fixture)\.ts$/.test(path) || /\/bench\//.test(path)
