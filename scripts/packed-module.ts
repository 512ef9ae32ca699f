// What a stranger does, before anything is published: packs core and create-module as they would be published, installs
// them with npm in an empty folder, makes a module there and runs its test, its type check and its build.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { run } from './tool.ts'

const root = resolve(import.meta.dirname, '..')
const packages = ['core', 'create-module']
const name = 'demo-imbalance'

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tapeloom-packed-'))
  try {
    const tarballs = await packed(join(folder, 'tarballs'))
    const [core = '', createModule = ''] = packages.map((one) => join(folder, 'tarballs', tarballs.find((file) => file.includes(`${one}-`)) ?? one))
    const empty = join(folder, 'empty')
    mkdirSync(empty)
    writeFileSync(join(empty, 'package.json'), '{ "private": true }\n')
    const began = performance.now()
    await step('npm', ['install', '--no-audit', '--no-fund', createModule], empty)
    await step('npx', ['--no-install', 'create-module', name], empty)
    const made = join(empty, name)
    await step('npm', ['install', '--no-audit', '--no-fund', '--save-dev', core], made)
    await step('npm', ['test'], made)
    const seconds = ((performance.now() - began) / 1000).toFixed(1)
    await step('npm', ['run', 'typecheck'], made)
    await step('npm', ['run', 'build'], made)
    const load = `const { demoImbalance } = await import('tapeloom-module-${name}'); if (demoImbalance.core !== '^1.0.0') process.exit(1)`
    await step(process.execPath, ['--input-type=module', '-e', load], made)
    console.log(`\n${name}: from the tarballs to a green test in ${seconds} s; its types hold, and what it builds loads`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Builds and packs; the names of the tarballs. */
async function packed(destination: string): Promise<readonly string[]> {
  mkdirSync(destination)
  for (const one of packages) {
    const at = join(root, 'packages', one)
    await step(process.execPath, [join(root, 'node_modules/tsup/dist/cli-default.js')], at)
    await step('npx', ['-y', 'pnpm@12.21.0', 'pack', '--pack-destination', destination], at)
  }
  return readdirSync(destination).toSorted()
}

/** Runs a program; what it says is shown when it fails. */
async function step(command: string, parameters: readonly string[], cwd: string): Promise<void> {
  console.log(`$ ${[command, ...parameters].join(' ')}`)
  const { code, output } = await run(command, parameters, cwd)
  if (code === 0) return
  console.log(output)
  throw new Error(`[packed-module] '${command} ${parameters[0]}' ended with code ${code}. What it said is above.`)
}

await main()
