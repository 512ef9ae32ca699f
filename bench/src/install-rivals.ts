import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Installs what benchmarks compare with (`bench/rivals`, a tree of its own) where it is missing or older than its lockfile.
 * @returns undefined, or why there are no rivals: what is ours is measured all the same
 */
export function installRivals(root: string): string | undefined {
  const folder = join(root, 'bench', 'rivals')
  const read = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined)
  if (read(join(folder, 'node_modules', '.pnpm', 'lock.yaml')) === read(join(folder, 'pnpm-lock.yaml'))) return undefined
  console.error('installing the rivals that benchmarks compare with …')
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly packageManager: string }
  const { status, error, stdout, stderr } = spawnSync('npx', ['-y', packageManager, 'install', '--frozen-lockfile', '--reporter=append-only'], {
    cwd: folder, env: { ...process.env, CI: 'true' }, encoding: 'utf8', shell: process.platform === 'win32',
  })
  return status === 0 ? undefined : `[bench] the rivals could not be installed: ${error?.message ?? `${stdout}${stderr}`.trim()}. Install them by hand in bench/rivals.`
}
