import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

// Kills (SIGKILL) a run that trains, at random moments, starts it again where it was killed, and compares what it ends with
// to a run that was never killed. Prints JSON. Arguments: kills (default 200), seconds after which no more are made.
const [KILLS, SECONDS] = [Number(process.argv[2] ?? 200), Number(process.argv[3] ?? 3600)]
const program = join(import.meta.dirname, 'killed-training.ts')
const folder = mkdtempSync(join(tmpdir(), 'kill-training-'))
const db = (round: number | string): string => join(folder, `${round}.duckdb`)

/** Bytes in a database's journal. */
function journalBytes(file: string): number {
  const journal = `${file}.journal/local`
  try {
    return readdirSync(journal).filter((name) => name.endsWith('.tlj')).reduce((sum, name) => sum + statSync(join(journal, name)).size, 0)
  } catch {
    return 0
  }
}

/** When to kill: once the journal has grown by so many bytes, and so many ms later. */
interface Aim {
  readonly growth: number
  readonly delayMs: number
}

/** Runs the program, killed at its aim if it comes to that; `end` null: it was. */
function run(file: string, { growth, delayMs }: Aim): Promise<{ readonly steps: ReadonlyMap<number, string>; readonly end: string | null }> {
  const aim = journalBytes(file) + growth
  const child = spawn(process.execPath, ['--conditions=@tapeloom/source', program, file], { stdio: ['ignore', 'pipe', 'pipe'] })
  let [out, err] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (err += text))
  let timer: NodeJS.Timeout | undefined
  const poll = growth === Infinity ? undefined : setInterval(() => {
    if (journalBytes(file) < aim) return
    clearInterval(poll)
    timer = setTimeout(() => child.kill('SIGKILL'), delayMs)
  }, 2)
  return new Promise((done, failed) => child.on('error', failed).on('close', (code) => {
    clearInterval(poll)
    clearTimeout(timer)
    if (code !== null && code !== 0) return failed(new Error(`the run ended with ${code}: ${err}`))
    const lines = out.split('\n').slice(0, -1).map((line) => line.split(' '))
    const steps = new Map(lines.filter(([kind]) => kind === 'step').map(([, step, loss]) => [Number(step), loss ?? '']))
    done({ steps, end: code === null ? null : (lines.find(([kind]) => kind === 'end')?.slice(1).join(' ') ?? '') })
  }))
}

/** Numbers in [0, 1), always the same ones. */
let state = 20_251
const uniform = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647

const started = performance.now()
const straight = await run(db('straight'), { growth: Infinity, delayMs: 0 })
const startMs = (performance.now() - started) / 3
const bytes = journalBytes(db('straight'))
const expected = JSON.parse(straight.end ?? '{}') as Record<string, unknown>
const places = new Set<string>()
const wrong: string[] = []
let [kills, round, finished, early, repeated] = [0, 0, 0, 0, 0]
/** The last step that a round has said, over all its lives. */
let said = 0
while (true) {
  const isLast = kills >= KILLS || performance.now() - started > 1e3 * SECONDS
  const starts = kills % 4 === 3 // each fourth while it starts and recovers
  const growth = isLast ? Infinity : starts ? 0 : 1 + Math.floor((uniform() * bytes) / 8)
  const { steps, end } = await run(db(round), { growth, delayMs: uniform() * (starts ? startMs : 40) })
  for (const [step, loss] of steps) {
    if (straight.steps.get(step) !== loss) wrong.push(`round ${round}: step ${step} had loss ${loss}, not ${straight.steps.get(step)}`)
    if (step <= said) repeated++
    said = Math.max(said, step)
  }
  if (end === null) {
    kills++
    const left = journalBytes(db(round))
    if (left === 0) early++
    places.add(`${round} ${left}`)
    continue
  }
  finished++
  if (end !== straight.end) wrong.push(`round ${round} ended with ${end}`)
  for (const name of readdirSync(folder).filter((name) => name.startsWith(`${round}.duckdb`))) rmSync(join(folder, name), { recursive: true })
  round++
  said = 0
  if (isLast) break
}
rmSync(folder, { recursive: true })

const figures = [
  { what: 'kills -9 of a training run', measured: kills, unit: '', target: 200 },
  { what: 'different places of the journal they left', measured: places.size, unit: '' },
  { what: 'kills before anything was journalled', measured: early, unit: '' },
  { what: 'runs that came to their end in spite of them', measured: finished, unit: '' },
  { what: 'steps computed again on the way, with equal loss', measured: repeated, unit: '' },
  { what: 'steps, weights, rows or references unlike those of a run never killed', measured: wrong.length, unit: '', target: 0 },
  { what: 'samples trained twice', measured: Number(expected['twice']), unit: '', target: 0 },
]
console.log(JSON.stringify({ figures, expected, wrong: wrong.slice(0, 5), seconds: Math.round((performance.now() - started) / 1e3) }, null, 2))
process.exitCode = wrong.length > 0 ? 1 : 0
