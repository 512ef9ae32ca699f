import { createRequire } from 'node:module'
import type { satisfies, validRange } from 'semver'

type Semver = { readonly satisfies: typeof satisfies; readonly validRange: typeof validRange }

/**
 * Whether a version is in a semver range; prereleases count, and `workspace:^` stands for this checkout, before a package
 * is packed. A caret on a release, what nearly all ranges are, is decided here: loading semver costs as much as Node.
 */
export function inRange(version: string, range: string): boolean {
  if (range.startsWith('workspace:')) return true
  const caret = /^\^([1-9]\d*)(?:\.(\d+))?(?:\.(\d+))?$/.exec(range)
  const release = /^(\d+)\.(\d+)\.(\d+)$/.exec(version)
  if (caret && release) {
    const [major, minor, patch] = [1, 2, 3].map((i) => Number(release[i]) - Number(caret[i] ?? 0)) as [number, number, number]
    return major === 0 && (minor > 0 || (minor === 0 && patch >= 0))
  }
  const require = createRequire(import.meta.url)
  const semver = require('semver') as Semver
  return semver.validRange(range) !== null && semver.satisfies(version, range, { includePrerelease: true })
}
