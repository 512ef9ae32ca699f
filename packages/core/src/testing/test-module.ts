import { TapeloomError } from '../error.ts'
import { definitionOf, type Module } from '../module/define.ts'
import type { OptionInput } from '../module/option.ts'
import type { MarketInput } from '../ports/source.ts'
import { keepsGolden, type Golden } from './golden.ts'
import { inventsNoZeros, leavesEvents, leavesNothing, standsFaults, staysBounded, staysInRange, type Print } from './hygiene.ts'
import type { HasNeeds, NeedValues } from './need-fixture.ts'
import { isQuarantined } from './quarantine.ts'
import {
  equalsBatch,
  isDeterministic,
  keepsSymbolsApart,
  looksNotAhead,
  survivesSnapshots,
  type Batch,
} from './repeatability.ts'
import { withBadTick } from './tapes.ts'
import { inOrder } from './test-feed.ts'
import type { Trial } from './test-run.ts'
import { warmsUp, warmupOf } from './warm-up.ts'

/** A test runner's way to register a test: `test` of vitest, jest, node:test. */
export type Test = (name: string, run: () => void | Promise<void>) => unknown

interface Checks {
  readonly batch?: Batch
  readonly golden?: string | URL | Golden
  readonly stateEvents?: number
  readonly print?: Print
}
interface Invariant {
  readonly fact: string
  readonly check: () => Promise<void>
  /** What the author changes when it does not hold. */
  readonly advice: string
}

/**
 * Registers one test an invariant of a well-behaved module: deterministic, without look-ahead or repainting, warm after
 * its declared warm-up, equal to its batch calculation, resumable from a snapshot, symbols kept apart, features finite or
 * missing and in range, zeros not invented, events untouched, faulty tapes survived, state bounded, nothing left behind,
 * quarantined when it throws, and with values that change only with the `rev` of their feature.
 *
 * `needs` are fixed values of the columns that the module requires. `batch` calculates its features from the whole tape
 * at once; with it the streaming values are compared after prefixes, also of a tape with a bad tick. `golden` is a file
 * (or its contents) of earlier values: with TAPELOOM_GOLDEN=record in the environment it gets what it does not have yet.
 * `stateEvents` (default 100,000) is the length of the run that must leave the state bounded; `print` is told what an
 * event costs (default: the console). A failed test throws a TapeloomError `testing.untrue` that says what to change.
 */
export function testModule<M extends Module>(
  module: M,
  setup: {
    readonly test: Test
    readonly events: Iterable<MarketInput>
    readonly options?: OptionInput<M['options']>
    readonly batch?: Batch
    readonly golden?: string | URL | Golden
    readonly stateEvents?: number
    readonly print?: Print
  } & HasNeeds<M>,
): void {
  const { test, events, options = {}, needs } = setup
  const trial: Trial = { module, options, needs: (needs ?? {}) as NeedValues, events: inOrder(events) }
  for (const { fact, check, advice } of invariants(trial, setup)) {
    test(`${module.name}: ${fact}`, async () => {
      try {
        await check()
      } catch (cause) {
        const { message } = cause as Error // one that ends a sentence says itself what to do
        const what = message.endsWith('.') ? message : `${message}. ${advice}`
        throw new TapeloomError('testing.untrue', `[module ${module.name}] ${what}`, { cause })
      }
    })
  }
}

function invariants(trial: Trial, { batch, golden, stateEvents = 100_000, print = log }: Checks): Invariant[] {
  const isGlobal = definitionOf(trial.module).scope === 'global'
  const warmup = warmupOf(trial)
  const badTick = { ...trial, events: withBadTick(trial.events) }
  const all: readonly (readonly [fact: string, check: (() => unknown) | false | undefined, advice: string])[] = [
    ['the same events give the same outputs', () => isDeterministic(trial),
      'Take time from events and randomness from ctx.random, and keep all that is remembered in ctx.state.'],
    ['outputs do not depend on what follows', () => looksNotAhead(trial),
      'Use what has happened only, emit a fresh object at the time it becomes known, and tell it once.'],
    ['after its warm-up, outputs are those of the whole history', warmup && (() => warmsUp(trial, warmup)),
      'Declare a longer warmup, or a tolerance for a memory that fades; sum in an order that does not depend on who came first.'],
    ['streaming equals batch', batch && (() => equalsBatch(trial, batch)),
      'Compare the length of windows, what is missing before they are full, and the first values of recursions.'],
    ['streaming equals batch after a bad tick', batch && (() => equalsBatch(badTick, batch)),
      'Never subtract from a running sum what leaves a window: use the moving statistics of @tapeloom/indicators.'],
    ['a snapshot resumes as if nothing had happened', () => survivesSnapshots(trial),
      'Keep all that is remembered in ctx.state, as plain data: numbers, strings, booleans, arrays, plain objects, typed arrays.'],
    ['two symbols interleaved give what each gives alone', !isGlobal && (() => keepsSymbolsApart(trial)),
      'Keep what is remembered in ctx.state, which each symbol has its own of, not in variables of the file.'],
    ['features are finite or missing, and in range', () => staysInRange(trial),
      'Write NaN for what is unknown, and declare the range that the formula has.'],
    ['what is unknown is missing, not 0', () => inventsNoZeros(trial),
      'Leave the feature alone, or write NaN, until there is a value.'],
    ['events are left as they are, and no view is kept', () => leavesEvents(trial),
      'Copy the numbers that you need: a trade or book is valid during its handler only.'],
    ['a faulty tape is no fault of the module', () => standsFaults(trial),
      'Expect books with one side, repeated times, clocks that step back, gaps and prices that are wrong once.'],
    [`the state is bounded over ${inThousands(stateEvents)} events`, () => staysBounded(trial, stateEvents, print),
      'Keep a ring of fixed size in place of a list that grows, and drop what is not needed any more.'],
    ['nothing is left after stop', () => leavesNothing(trial),
      'What init and start begin, stop and dispose end.'],
    ['a throw is quarantined', () => isQuarantined(trial),
      'A restart begins with a fresh ctx.state: nothing outside of it may be needed to go on.'],
    ['values change only with the rev of their feature', golden !== undefined && (() => keepsGolden(trial, golden)),
      'A model that was trained on a column relies on its rev.'],
  ]
  return all.flatMap(([fact, check, advice]) => (check ? [{ fact, check: async () => void (await check()), advice }] : []))
}

const inThousands = (count: number) => String(count).replaceAll(/\B(?=(\d{3})+$)/g, ',')
const log: Print = (line) => console.log(line) // oxlint-disable-line no-console -- a report of tests
