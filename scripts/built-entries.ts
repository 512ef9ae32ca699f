import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { workspacePackages } from './workspace.ts'

/** Built entries that do not load, by their public name and without the source condition, as a user's Node loads them. */
export function builtEntries(root: string): string[] {
  return workspacePackages(root)
    .filter(({ manifest }) => manifest['publishConfig'] !== undefined)
    .flatMap(({ folder, name, manifest }) =>
      Object.keys(manifest.exports ?? {})
        .filter((entry) => !entry.endsWith('.json'))
        .map((entry) => ({ folder, specifier: name + entry.slice(1) })),
    )
    .flatMap(({ folder, specifier }) => {
      const program = `await import(${JSON.stringify(specifier)})`
      const { NODE_OPTIONS: _, ...env } = process.env
      const run = spawnSync(process.execPath, ['--input-type=module', '-e', program], { cwd: join(root, folder), encoding: 'utf8', env })
      return run.status === 0 ? [] : [`${specifier} does not load from dist: ${/^\w*Error.*$/m.exec(run.stderr)?.[0] ?? run.stderr.trim()}`]
    })
}
