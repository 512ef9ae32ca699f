// Every gate of the repository, one after another; the last line is `N passed, N failed`.
// `npm test` runs all of them, `npm test -- types lint` those named.
import { resolve } from 'node:path'
import { builtEntries } from './built-entries.ts'
import { changesets } from './changesets.ts'
import { coverageFindings, packageCoverage } from './coverage.ts'
import { determinism } from './determinism.ts'
import { fileLength } from './file-length.ts'
import { importLaw } from './import-law.ts'
import { manifests } from './manifests.ts'
import { packageSize } from './package-size.ts'
import { readmeBlocks } from './readme-blocks.ts'
import { readmeFeatures } from './readme-features.ts'
import { pnpm, tool } from './tool.ts'
import { appFindings, runVitest, type VitestReport } from './vitest-report.ts'

/** What a gate found: it passed when there is no finding. */
interface Outcome {
  readonly findings: readonly string[]
  /** Shown beside the verdict. */
  readonly note?: string
  /** Tests a gate ran; a gate without them counts as one. */
  readonly tests?: { readonly passed: number; readonly failed: number }
}
type Gate = (root: string) => Outcome | Promise<Outcome>

const root = resolve(import.meta.dirname, '..')
let report: VitestReport | undefined

const gates: Readonly<Record<string, Gate>> = {
  types: () => tool(root, 'typescript', 'tsc', ['-p', 'tsconfig.json', '--pretty', 'false']),
  lint: () => tool(root, 'oxlint', 'oxlint', ['--deny-warnings', '--report-unused-disable-directives', '--format=unix']),
  determinism: () => ({ findings: determinism(root) }),
  'import-law': () => ({ findings: importLaw(root) }),
  manifests: () => ({ findings: manifests(root) }),
  lengths: () => {
    const { findings, warnings } = fileLength(root)
    for (const warning of warnings) console.log(`    note: ${warning}`)
    return { findings }
  },
  changesets: () => ({ findings: changesets(root) }),
  tests: async () => {
    report = await runVitest(root)
    const { passed, failed, skipped, findings } = report
    return { findings, tests: { passed, failed }, note: `${passed} tests${skipped > 0 ? `, ${skipped} skipped` : ''}` }
  },
  coverage: () => {
    const packages = packageCoverage(root) ?? []
    const note = packages.map(({ folder, percent }) => `${folder.replace('packages/', '')} ${percent.toFixed(1)} %`).join(', ')
    return { findings: coverageFindings(root), note }
  },
  apps: () => ({ findings: appFindings(root, report) }),
  readme: async () => {
    const { findings: ofBlocks, checked, ran } = readmeBlocks(root)
    return { findings: [...(await readmeFeatures(root)), ...ofBlocks], note: `${checked} blocks type-checked, ${ran} run` }
  },
  knip: () => tool(root, 'knip', 'knip', ['--no-progress', '--no-config-hints']),
  packages: () => pnpm(root, ['exec', 'turbo', 'run', 'lint:pkg', '--continue=dependencies-successful', '--concurrency=2', '--output-logs=errors-only']),
  built: () => ({ findings: builtEntries(root) }),
  size: () => ({ findings: packageSize(root) }),
}
/** Gates that read what another has written. */
const needs: Readonly<Record<string, string>> = { coverage: 'tests', apps: 'tests', built: 'packages', size: 'packages' }

function selected(names: readonly string[]): string[] {
  const unknown = names.filter((name) => !(name in gates))
  if (unknown.length > 0) {
    console.error(`[check] no gate is named "${unknown.join('", "')}". There are: ${Object.keys(gates).join(', ')}.`)
    process.exit(2)
  }
  const wanted = new Set(names.flatMap((name) => [name, needs[name] ?? name]))
  return Object.keys(gates).filter((name) => names.length === 0 || wanted.has(name))
}

async function main(): Promise<void> {
  const names = selected(process.argv.slice(2))
  const summary: string[] = []
  let [passed, failed] = [0, 0]
  for (const [index, name] of names.entries()) {
    console.log(`[${String(index + 1).padStart(2)}/${names.length}] ${name} …`)
    const started = performance.now()
    const { findings, note, tests } = await attempt(name)
    for (const finding of findings) console.log(`    ${finding.replaceAll('\n', '\n    ')}`)
    const isGood = findings.length === 0
    passed += tests?.passed ?? (isGood ? 1 : 0)
    failed += tests ? Math.max(tests.failed, isGood ? 0 : 1) : isGood ? 0 : 1
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    const verdict = isGood ? 'ok    ' : 'FAILED'
    summary.push(`${verdict} ${name.padEnd(12)} ${seconds.padStart(6)} s${note ? `  ${note}` : ''}`)
    console.log(`    ${isGood ? 'ok' : 'FAILED'} after ${seconds} s`)
  }
  console.log(`\n${summary.join('\n')}\n`)
  console.log(`${passed} passed, ${failed} failed`)
  process.exitCode = failed > 0 ? 1 : 0
}

async function attempt(name: string): Promise<Outcome> {
  try {
    return (await gates[name]?.(root)) ?? { findings: [] }
  } catch (error) {
    return { findings: [error instanceof Error ? (error.stack ?? error.message) : String(error)] }
  }
}

await main()
