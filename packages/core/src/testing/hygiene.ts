import { definitionOf } from '../module/define.ts'
import type { MarketInput } from '../ports/source.ts'
import type { ModuleFault } from '../vocabulary/events.ts'
import { fail } from './compare.ts'
import { firstRun, record, TestRun, type Recording, type Row, type Trial } from './test-run.ts'
import { faultyTape, longTape, receivedAt } from './tapes.ts'
import { bytesOf, type WatchedContext } from './watched-module.ts'

/** A throw of this kind comes from writing to an event, or from reading a view that is over. */
const VIEW_FAULT = /read only|revoked|not extensible|object is not writable/i

const inWords = ({ code, message }: ModuleFault) => `${code}: ${message}`

/** Invariant 6: features are finite or missing, and in their declared range, after every event. */
export async function staysInRange(trial: Trial): Promise<void> {
  const { complaints, faults } = await firstRun(trial)
  const [first] = [...complaints, ...faults.filter(({ code }) => code === 'module.range').map(inWords)]
  if (first !== undefined) fail('a feature is neither missing nor in range', first)
}

/** Nothing throws, neither on the tape nor on a faulty one, and features stay in range there too. */
export async function standsFaults(trial: Trial): Promise<void> {
  const tapes = [
    ['the tape', await firstRun(trial)],
    ['a faulty tape', await record({ ...trial, events: faultyTape(trial.events) })],
  ] as const
  for (const [name, { faults, complaints }] of tapes) {
    const [first] = [...faults.map(inWords), ...complaints]
    if (first !== undefined) fail(`on ${name} the module faults`, first)
  }
}

/** Invariant 6: events are left as they are, and no view is used after its handler. */
export async function leavesEvents(trial: Trial): Promise<void> {
  const fault = (await firstRun(trial)).faults.find(({ message }) => VIEW_FAULT.test(message))
  if (fault) fail('an event was changed, or a view was kept', inWords(fault))
}

/** Invariant 6: what is unknown is missing. Zeros that stand for "nothing yet" or for an unknown need are found out. */
export async function inventsNoZeros(trial: Trial): Promise<void> {
  const whole = await firstRun(trial)
  const later = await record({ ...trial, events: trial.events.slice(Math.floor(trial.events.length / 4)) })
  for (const [at, name] of whole.columns.entries()) {
    if (isColdZero(whole, at) && isColdZero(later, at))
      fail(name, 'starts at exactly 0 and is never 0 again: write NaN while it is unknown')
  }
  const needs = Object.entries(trial.needs).map(
    ([key, values]) => [key, Object.fromEntries(Object.keys(values).map((name) => [name, NaN]))] as const,
  )
  if (needs.length === 0) return
  const blind = await record({ ...trial, needs: Object.fromEntries(needs) })
  for (const [at, name] of whole.columns.entries()) {
    const isZero = ({ values }: Row) => values[at] === 0
    const present = blind.rows.filter(({ values }) => !Number.isNaN(values[at]))
    if (present.length > 0 && present.every(isZero) && !whole.rows.every(isZero))
      fail(name, 'is 0 when the columns it needs are missing: write NaN')
  }
}

/** Whether a column is exactly 0 at first, and never 0 among the many rows of the second half. */
function isColdZero({ firsts, rows }: Recording, at: number): boolean {
  const mature = rows.slice(Math.floor(rows.length / 2)).filter(({ values }) => !Number.isNaN(values[at]))
  return firsts[at] === 0 && mature.length >= 100 && mature.every(({ values }) => values[at] !== 0)
}

/** Invariant 6: after stop, no timer, no process listener and no global is left, and the module is disposed. */
export async function leavesNothing(trial: Trial): Promise<void> {
  const [globals, listeners] = [new Set(Object.keys(globalThis)), processListeners()]
  const timers = watchTimers()
  const run = new TestRun(trial)
  try {
    await run.orchestrator.run()
    const { modules } = run.orchestrator.status()
    if (!modules.some(({ name }) => name === trial.module.name)) fail(trial.module.name, 'is not in the status')
    await run.orchestrator.stop()
    if (timers.left() > 0) fail('after stop', `${timers.left()} timers are left. Clear them in dispose.`)
  } finally {
    timers.restore()
  }
  if (processListeners() > listeners) fail('after stop', 'process listeners are left. Remove them in dispose.')
  const added = Object.keys(globalThis).filter((key) => !globals.has(key))
  if (added.length > 0) fail('after stop', `globals are left: ${added.join(', ')}. Delete them in dispose.`)
}

const processListeners = () => process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0)

/** Counts the timers that are set from here on and neither cleared nor, when they fire once, fired. */
function watchTimers(): { left(): number; restore(): void } {
  const { setTimeout, setInterval, clearTimeout, clearInterval } = globalThis
  const open = new Set<unknown>()
  const clear = (original: typeof clearTimeout) => (timer: NodeJS.Timeout | undefined) => {
    open.delete(timer)
    original(timer)
  }
  const once = (call: (...given: unknown[]) => void, ms?: number, ...given: unknown[]) => {
    const timer = setTimeout(() => {
      open.delete(timer)
      call(...given)
    }, ms)
    open.add(timer)
    return timer
  }
  const repeated = (call: (...given: unknown[]) => void, ms?: number, ...given: unknown[]) => {
    const timer = setInterval(call, ms, ...given)
    open.add(timer)
    return timer
  }
  Object.assign(globalThis, {
    setTimeout: once,
    setInterval: repeated,
    clearTimeout: clear(clearTimeout),
    clearInterval: clear(clearInterval),
  })
  return {
    left: () => open.size,
    restore() {
      Object.assign(globalThis, { setTimeout, setInterval, clearTimeout, clearInterval })
      for (const timer of open) clearInterval(timer as NodeJS.Timeout)
    },
  }
}

/** What a long run costs, in words. */
export type Print = (line: string) => void

/** Invariant 7: over so many events the state stops growing, and nothing throws late. Prints what an event costs. */
export async function staysBounded(trial: Trial, count: number, print: Print): Promise<void> {
  const contexts = new Set<WatchedContext>()
  const size = () => [...contexts].reduce((sum, { state }) => sum + bytesOf(state), 0)
  const tape = longTape(trial.events, Math.max(count, 2 * trial.events.length))
  const timer = new HandlerTimer()
  const handled = (context: WatchedContext) => {
    timer.end()
    contexts.add(context)
  }
  const run = new TestRun(trial, { tape, rows: false, handled, calling: () => timer.begin() })
  const middle = tape.at(Math.floor(tape.length / 2)) as MarketInput
  await run.orchestrator.run({ until: receivedAt(middle) })
  const half = size()
  await run.orchestrator.run()
  const end = size()
  await run.orchestrator.stop()
  const [fault] = run.recording.faults
  if (fault) fail(`within ${tape.length} events the module faults`, inWords(fault))
  if (end > 1.01 * half + 256)
    fail('the state grows', `${half} bytes after half of ${tape.length} events, ${end} at the end`)
  const bytes = Math.round(end / Math.max(1, contexts.size))
  print(`${trial.module.name}: ${timer.median()} ns/event, ${bytes} state bytes a ${isGlobal(trial) ? 'run' : 'symbol'}`)
}

/** Nanoseconds of the last calls of handlers, one after another; their median is what others on the machine leave alone. */
class HandlerTimer {
  readonly #last = new Float64Array(4096).fill(NaN)
  #calls = 0
  #began = 0
  begin(): void {
    this.#began = performance.now()
  }
  end(): void {
    this.#last[this.#calls++ % this.#last.length] = 1e6 * (performance.now() - this.#began)
  }
  median(): number {
    const known = this.#last.slice(0, this.#calls).toSorted()
    return Math.round(known[known.length >> 1] ?? NaN)
  }
}

const isGlobal = ({ module }: Trial) => definitionOf(module).scope === 'global'
