import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, sep } from 'node:path'
import { coverageFindings } from './coverage.ts'
import { programPath, run } from './tool.ts'
import { workspacePackages } from './workspace.ts'

/** Result of one run of all tests and type tests. */
export interface VitestReport {
  readonly passed: number
  /** Failed tests, and files that could not be loaded. */
  readonly failed: number
  readonly skipped: number
  readonly findings: readonly string[]
  /** Test files that ran at least one test and failed none, from the root, with forward slashes. */
  readonly good: ReadonlySet<string>
}

interface TestFile {
  readonly name: string
  readonly status: string
  readonly message?: string
  readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
}

/** Runs vitest with coverage and type tests, its progress on our output. */
export async function runVitest(root: string): Promise<VitestReport> {
  rmSync(join(root, 'coverage'), { recursive: true, force: true })
  const { code, files } = await vitest(root, ['--coverage', '--typecheck.enabled'])
  const lost = lostFiles(files ?? [])
  if (lost.length === 0) return summarise(root, files, code, coverageFindings(root).length > 0)
  // V8 can lose track of WebAssembly code that several threads share, and ends the process (nodejs/node#64500). What ran
  // in it is run once more, by itself; a test that failed is not, and a second end is a failure.
  console.log(`    note: a process ended in the middle of ${lost.map(({ name }) => relative(root, name)).join(', ')}: run once more`)
  const again = await vitest(root, lost.map(({ name }) => name))
  return summarise(root, [...(files ?? []).filter((file) => !lost.includes(file)), ...(again.files ?? [])], again.code, coverageFindings(root).length > 0)
}

async function vitest(root: string, parameters: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'tapeloom-vitest-'))
  const file = join(folder, 'report.json')
  const all = ['run', ...parameters, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  const { code } = await run(process.execPath, [programPath(root, 'vitest', 'vitest'), ...all], root, 'inherit')
  const files = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { testResults: readonly TestFile[] }).testResults : undefined
  rmSync(folder, { recursive: true, force: true })
  return { code, files }
}

/** Files that were begun and never ended: none of their tests failed, and some have no result. */
export const lostFiles = (files: readonly TestFile[]): readonly TestFile[] =>
  files.filter(({ status, assertionResults }) => status !== 'failed' && assertionResults.some((each) => each.status === 'pending'))

/** Counts a report; a run that ended badly without a failed test is one failure, unless the coverage floor explains it. */
export function summarise(root: string, files: readonly TestFile[] | undefined, code: number, isBelowFloor: boolean): VitestReport {
  if (!files) return { passed: 0, failed: 1, skipped: 0, good: new Set(), findings: [`vitest ended with code ${code} and wrote no report`] }
  const path = (file: TestFile) => relative(root, file.name).split(sep).join('/')
  const count = (status: RegExp) => files.flatMap((file) => file.assertionResults).filter((each) => status.test(each.status)).length
  const findings = files.flatMap((file) => {
    const failures = file.assertionResults.filter(({ status }) => status === 'failed')
    if (failures.length > 0) return failures.map(({ fullName }) => `${path(file)}: ${fullName}`)
    return file.status === 'failed' ? [`${path(file)} could not be run: ${file.message?.split('\n')[0] ?? ''}`] : []
  })
  if (code !== 0 && findings.length === 0 && !isBelowFloor) findings.push(`vitest ended with code ${code}: an error outside of a test`)
  const good = files.filter(({ status, assertionResults }) => status === 'passed' && assertionResults.some((each) => each.status === 'passed'))
  return { passed: count(/^passed$/), failed: findings.length, skipped: count(/^(pending|skipped|todo)$/), findings, good: new Set(good.map(path)) }
}

/** Apps whose tests did not run well. */
export function appFindings(root: string, report: VitestReport | undefined): string[] {
  return workspacePackages(root)
    .filter(({ folder }) => folder.startsWith('apps/'))
    .filter(({ folder }) => ![...(report?.good ?? [])].some((path) => path.startsWith(`${folder}/`)))
    .map(({ folder }) => `${folder}: no test of this app passed`)
}
