import { definitionOf, type Module } from '../module/define.ts'
import type { OptionInput } from '../module/option.ts'
import type { MarketInput } from '../ports/source.ts'
import { inventsNoZeros, leavesEvents, leavesNothing, standsFaults, staysBounded, staysInRange } from './hygiene.ts'
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

/**
 * Registers one test an invariant of a well-behaved module: deterministic, without look-ahead, warm after its declared
 * warm-up, equal to its batch calculation, resumable from a snapshot, symbols kept apart, features finite or missing and
 * in range, zeros not invented, events untouched, faulty tapes survived, state bounded, nothing left behind, and
 * quarantined when it throws.
 *
 * `needs` are fixed values of the columns that the module requires. `batch` calculates its features from the whole tape
 * at once; with it the streaming values are compared after prefixes, also of a tape with a bad tick.
 */
export function testModule<M extends Module>(
  module: M,
  setup: {
    readonly test: Test
    readonly events: Iterable<MarketInput>
    readonly options?: OptionInput<M['options']>
    readonly batch?: Batch
  } & HasNeeds<M>,
): void {
  const { test, events, options = {}, needs, batch } = setup
  const trial: Trial = { module, options, needs: (needs ?? {}) as NeedValues, events: inOrder(events) }
  for (const [fact, check] of invariants(trial, batch)) test(`${module.name}: ${fact}`, check)
}

function invariants(
  trial: Trial,
  batch: Batch | undefined,
): readonly (readonly [fact: string, check: () => Promise<void>])[] {
  const isGlobal = definitionOf(trial.module).scope === 'global'
  const warmup = warmupOf(trial)
  const badTick = { ...trial, events: withBadTick(trial.events) }
  return [
    ['the same events give the same outputs', () => isDeterministic(trial)],
    ['outputs do not depend on what follows', () => looksNotAhead(trial)],
    ...(warmup
      ? [['after its warm-up, outputs are those of the whole history', () => warmsUp(trial, warmup)] as const]
      : []),
    ...(batch
      ? [
          ['streaming equals batch', () => equalsBatch(trial, batch)] as const,
          ['streaming equals batch after a bad tick', () => equalsBatch(badTick, batch)] as const,
        ]
      : []),
    ['a snapshot resumes as if nothing had happened', () => survivesSnapshots(trial)],
    ...(isGlobal
      ? []
      : [['two symbols interleaved give what each gives alone', () => keepsSymbolsApart(trial)] as const]),
    ['features are finite or missing, and in range', () => staysInRange(trial)],
    ['what is unknown is missing, not 0', () => inventsNoZeros(trial)],
    ['events are left as they are, and no view is kept', () => leavesEvents(trial)],
    ['a faulty tape is no fault of the module', () => standsFaults(trial)],
    ['the state is bounded over 100,000 events', () => staysBounded(trial)],
    ['nothing is left after stop', () => leavesNothing(trial)],
    ['a throw is quarantined', () => isQuarantined(trial)],
  ]
}
