import { existsSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'

/** Least share of covered lines of each package, in percent; the aim is 95. */
export const lineFloor = 95

/** Covered lines of one package in percent. */
export interface PackageCoverage {
  readonly folder: string
  readonly percent: number
}

interface FileSummary {
  readonly lines: { readonly total: number; readonly covered: number }
}

/** Covered lines per package from vitest's `coverage/coverage-summary.json`; undefined where no report was written. */
export function packageCoverage(root: string): PackageCoverage[] | undefined {
  const path = join(root, 'coverage', 'coverage-summary.json')
  if (!existsSync(path)) return undefined
  const sums = new Map<string, { total: number; covered: number }>()
  for (const [file, { lines }] of Object.entries(JSON.parse(readFileSync(path, 'utf8')) as Record<string, FileSummary>)) {
    if (file === 'total') continue
    const folder = relative(root, file).split(sep).slice(0, 2).join('/')
    const sum = sums.get(folder) ?? { total: 0, covered: 0 }
    sums.set(folder, { total: sum.total + lines.total, covered: sum.covered + lines.covered })
  }
  return [...sums].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([folder, { total, covered }]) => ({
    folder,
    percent: total === 0 ? 100 : (100 * covered) / total,
  }))
}

/** Packages below the floor; a missing report is a finding. */
export function coverageFindings(root: string, floor = lineFloor): string[] {
  const packages = packageCoverage(root)
  if (!packages) return ['coverage/coverage-summary.json is missing: vitest wrote no coverage']
  return packages
    .filter(({ percent }) => percent < floor)
    .map(({ folder, percent }) => `${folder}: ${percent.toFixed(1)} % of lines are covered, ${floor} % is the floor`)
}
