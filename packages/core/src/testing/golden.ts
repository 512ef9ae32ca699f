import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { columnsOf } from '../module/feature.ts'
import { fail, isNear } from './compare.ts'
import { firstRun, textOf, type Trial } from './test-run.ts'

/** What one column was, at the `rev` of its feature: how often it was known, its mean and mean size, and samples. */
export interface GoldenColumn {
  readonly rev: number
  readonly known: number
  readonly mean: number
  readonly meanSize: number
  /** Of rows at equal distances, the last one among them; null: missing. */
  readonly samples: readonly (number | null)[]
}
/** What the features of a module were over one tape. */
export interface Golden {
  /** Of the events, the options and the needs. */
  readonly tape: string
  readonly columns: Readonly<Record<string, GoldenColumn>>
}

const SAMPLES = 6
/** Functions such as Math.exp differ in the last bits between versions of Node. */
const TOLERANCE = 1e-9
const RECORD = 'Run the test once with TAPELOOM_GOLDEN=record, look at what is written, and commit it.'

/**
 * The values of a feature change only with its `rev`. With TAPELOOM_GOLDEN=record the file gets what it does not have yet
 * (features that are new or whose `rev` was raised); a value that it has is never written over.
 */
export async function keepsGolden(trial: Trial, golden: string | URL | Golden): Promise<void> {
  const path = typeof golden === 'string' || golden instanceof URL ? golden : undefined
  const known = path === undefined ? (golden as Golden) : read(path)
  const now = await goldenOf(trial)
  const isRecording = process.env['TAPELOOM_GOLDEN'] === 'record'
  if (!known && !isRecording) fail(`there is no golden at ${String(path)}`, RECORD)
  if (known && known.tape !== now.tape)
    fail('the golden is of other events, options or needs', 'give those that it is of, or delete it and record it again')
  const open = differences(known?.columns ?? {}, now.columns)
  if (open.length === 0) return
  if (!isRecording) fail('the golden does not have it all', `${open.join(', ')}. ${RECORD}`)
  if (path === undefined) fail('a golden that is an object cannot be recorded', 'give the path of a file')
  writeFileSync(path, textOfGolden(now))
}

/** What is to be recorded, in words. Fails where a value changed and its `rev` did not. */
function differences(known: Golden['columns'], now: Golden['columns']): string[] {
  const open = Object.keys(known).filter((name) => !now[name]).map((name) => `${name} is no column any more`)
  for (const [name, column] of Object.entries(now)) {
    const old = known[name]
    if (!old) open.push(`${name} is new`)
    else if (old.rev < column.rev) open.push(`${name} has rev ${column.rev}, the golden ${old.rev}`)
    else if (old.rev > column.rev) fail(name, `has rev ${column.rev}, but the golden is of ${old.rev}: a rev never falls`)
    else {
      const change = changeOf(old, column)
      if (change !== undefined)
        fail(`${name} changed, but its rev is still ${old.rev}`, `${change}. Undo the change, or raise rev to ${old.rev + 1} and record`)
    }
  }
  return open
}

function changeOf(old: GoldenColumn, now: GoldenColumn): string | undefined {
  const at = now.samples.findIndex((value, i) => !isNear(value ?? NaN, old.samples[i] ?? NaN, TOLERANCE))
  if (at >= 0) return `sample ${at} is ${now.samples[at]}, the golden has ${old.samples[at]}`
  for (const key of ['known', 'mean', 'meanSize'] as const)
    if (!isNear(now[key], old[key], TOLERANCE)) return `${key} is ${now[key]}, the golden has ${old[key]}`
  return undefined
}

/** What a module's features are over the tape of a trial. */
export async function goldenOf(trial: Trial): Promise<Golden> {
  const { rows } = await firstRun(trial)
  const { module, events, options, needs } = trial
  const columns = columnsOf(module.features).map(({ name, spec }, at) => {
    const values = rows.map((row) => row.values[at] ?? NaN)
    const present = values.filter((value) => !Number.isNaN(value))
    const samples = Array.from({ length: Math.min(SAMPLES, values.length) }, (_, i) => {
      const value = values[Math.floor(((i + 1) * values.length) / Math.min(SAMPLES, values.length)) - 1] ?? NaN
      return Number.isNaN(value) ? null : value
    })
    const meanOf = (of: (value: number) => number) => present.reduce((sum, value) => sum + of(value), 0) / Math.max(1, present.length)
    const column: GoldenColumn = { rev: spec.rev, known: present.length, mean: meanOf(Number), meanSize: meanOf(Math.abs), samples }
    return [name, column] as const
  })
  const tape = createHash('sha256')
  for (const part of [options, needs, ...events]) tape.update(textOf(part))
  return { tape: tape.digest('hex').slice(0, 16), columns: Object.fromEntries(columns) }
}

const read = (path: string | URL): Golden | undefined =>
  existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Golden) : undefined

/** One line a column, so that a difference shows which. */
const textOfGolden = ({ tape, columns }: Golden): string =>
  `{\n  "tape": "${tape}",\n  "columns": {\n${Object.entries(columns)
    .map(([name, column]) => `    "${name}": ${JSON.stringify(column)}`)
    .join(',\n')}\n  }\n}\n`
