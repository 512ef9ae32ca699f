import { statfsSync } from 'node:fs'
import { checkConfig } from '@tapeloom/config'
import { journalEnd } from '@tapeloom/data'
import { defineCommand } from '../command.ts'
import { whole } from '../progress-bar.ts'

/** One thing that must be in order. */
interface Check {
  readonly name: string
  readonly ok: boolean
  /** What was found, or what to do. */
  readonly hint: string
}

const LEAST_NODE = 22
const LEAST_FREE_GB = 2

/** Checks what a run needs of the machine. */
export const doctor = defineCommand({
  options: { environment: { type: 'string' }, db: { type: 'string' } },
  positionals: [0, 1],
  async run({ values: { environment, db }, positionals: [config], terminal }) {
    const checks = [
      node(process.versions.node),
      await native('@duckdb/node-api', () => import('@duckdb/node-api')),
      await native('onnxruntime-node', () => import('onnxruntime-node')),
      disk(process.cwd()),
      ...(db === undefined ? [] : [await database(db)]),
      ...(config === undefined ? [] : [await configuration(config, environment)]),
    ]
    for (const { name, ok, hint } of checks) {
      terminal.print(`${ok ? terminal.styled('green', 'ok  ') : terminal.styled('red', 'BAD ')} ${name.padEnd(18)} ${hint}`)
    }
    terminal.json({ checks })
    return checks.every(({ ok }) => ok) ? 0 : 1
  },
})

function node(version: string): Check {
  const ok = Number.parseInt(version, 10) >= LEAST_NODE
  return { name: 'node', ok, hint: ok ? version : `${version} is too old: install Node ${LEAST_NODE} or newer` }
}

async function native(name: string, load: () => Promise<unknown>): Promise<Check> {
  try {
    await load()
    return { name, ok: true, hint: 'loads' }
  } catch (error) {
    const [first = ''] = String(error instanceof Error ? error.message : error).split('\n')
    const todo = name === 'onnxruntime-node' ? `ONNXRUNTIME_NODE_INSTALL=skip npm i ${name}` : `npm i ${name}`
    return { name, ok: false, hint: `cannot be loaded (${first}). Run: ${todo}` }
  }
}

function disk(folder: string): Check {
  const { bavail, bsize } = statfsSync(folder)
  const free = (bavail * bsize) / 2 ** 30
  const ok = free >= LEAST_FREE_GB
  const todo = ok ? '' : `; make room for at least ${LEAST_FREE_GB} GB`
  return { name: 'disk', ok, hint: `${free.toFixed(1)} GB free in ${folder}${todo}` }
}

/** How far the rows of a database are behind its journal. */
async function database(path: string): Promise<Check> {
  const name = 'database'
  try {
    const { openDuckDB } = await import('@tapeloom/store-duckdb')
    const store = await openDuckDB(path, { readOnly: true })
    const { appliedThrough } = await store.open()
    await store.close()
    const end = journalEnd(`${path}.journal/local`) ?? appliedThrough
    const behind = Math.max(0, end - appliedThrough)
    const todo = behind === 0 ? '' : `; ${whole(behind)} are in the journal alone: make room, then run its configuration again`
    return { name, ok: behind === 0, hint: `${path} is written through input ${whole(appliedThrough)}${todo}` }
  } catch (error) {
    return { name, ok: false, hint: error instanceof Error ? error.message : String(error) }
  }
}

async function configuration(file: string, environment: string | undefined): Promise<Check> {
  const { plan, errors } = await checkConfig(file, { ...(environment !== undefined && { environment }) })
  const hint = plan ? `${file}: ${plan.modules.length} modules` : errors.map(({ message }) => message).join('\n')
  return { name: 'config', ok: errors.length === 0, hint }
}
