// What importing core, and the whole minimal app, cost to start against bare Node: built packages, a process each, in turns.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { quantile, ratioOf, report } from '../measure.ts'

const ROUNDS = 21

const root = fileURLToPath(new URL('../../../', import.meta.url))
const built = spawnSync('npx', ['-y', 'pnpm@12.21.0', 'exec', 'turbo', 'run', 'build', '--filter=@tapeloom/module-pivot', '--filter=@tapeloom/data'], { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' })
if (built.status !== 0) throw new Error(`the packages do not build: ${built.stdout}${built.stderr}`)

// Inside the app's own node_modules, so that imports resolve as the app's do.
const folder = join(root, 'apps/minimal/node_modules/.bench')
mkdirSync(folder, { recursive: true })
const programs = {
  bare: '',
  core: "import { Orchestrator } from '@tapeloom/core'\nimport { DataProvider } from '@tapeloom/data'\nnew Orchestrator({ data: new DataProvider(), modules: [] })\n",
  minimal: stripTypeScriptTypes(readFileSync(join(root, 'apps/minimal/src/main.ts'), 'utf8')),
}
const timer = join(folder, 'timer.cjs')
writeFileSync(timer, "process.on('exit', () => { const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage(); require('node:fs').writeSync(2, `${userCPUTime + systemCPUTime} ${maxRSS}\\n`) })\n")
for (const [name, text] of Object.entries(programs)) writeFileSync(join(folder, `${name}.mjs`), text)

/** CPU time (µs) and peak memory (kB) of a fresh process. */
function start(name: string): readonly [cpu: number, memory: number] {
  const { status, stderr } = spawnSync(process.execPath, ['--require', timer, join(folder, `${name}.mjs`)], { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } })
  const [cpu, memory] = (stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number)
  if (status !== 0 || cpu === undefined || memory === undefined) throw new Error(`${name} ended with ${status}: ${stderr}`)
  return [cpu, memory]
}

const names = Object.keys(programs)
const taken = Object.fromEntries(names.map((name) => [name, { cpu: [] as number[], memory: [] as number[] }]))
for (let round = 0; round < ROUNDS; round++) {
  for (const name of names) {
    const [cpu, memory] = start(name)
    taken[name]?.cpu.push(cpu)
    taken[name]?.memory.push(memory)
  }
}
rmSync(folder, { recursive: true })
const of = (name: string, what: 'cpu' | 'memory') => taken[name]?.[what] ?? []
const ms = (name: string) => `${(quantile(of(name, 'cpu')) / 1000).toFixed(0)} ms`
report([
  { what: 'minimal app / bare Node, CPU', measured: ratioOf(of('minimal', 'cpu'), of('bare', 'cpu')), unit: '×', target: 1.15, note: `${ms('minimal')}, bare ${ms('bare')}` },
  { what: 'core and data imported and constructed / bare Node, CPU', measured: ratioOf(of('core', 'cpu'), of('bare', 'cpu')), unit: '×', target: 1.15, note: ms('core') },
  { what: 'core and data imported and constructed / bare Node, peak memory', measured: ratioOf(of('core', 'memory'), of('bare', 'memory')), unit: '×', target: 1.05 },
  { what: 'minimal app / bare Node, peak memory', measured: ratioOf(of('minimal', 'memory'), of('bare', 'memory')), unit: '×' },
])
