import { durationUs, TapeloomError, type Duration } from '@tapeloom/core'
import type { LabelInterval, Span } from './label-interval.ts'
import { embargoOf, purge } from './purge.ts'

/** Positions of the samples that train and of those that test, without a label in common. */
export interface Split {
  readonly train: readonly number[]
  readonly test: readonly number[]
  /** The stretches that are tested, µs. */
  readonly spans: readonly Span[]
}

/** A way to divide samples by their label intervals: purge and embargo are part of it, so that nobody writes a splitter. */
export interface Folds {
  readonly kind: 'walk-forward' | 'purged-k-fold' | 'combinatorial'
  /** @param horizonUs longest time from an inference to its outcome; @param finestLaneUs span of the finest lane */
  split(samples: readonly LabelInterval[], lengths?: { readonly horizonUs?: number; readonly finestLaneUs?: number }): readonly Split[]
}

/** How to walk forward; without `embargo` it is the longest of 1 % of the span, the horizon and the finest lane. */
export interface WalkForwardSpec {
  readonly train: Duration
  readonly test: Duration
  /** From one test to the next; `test` by default, so that each sample is tested once. */
  readonly step?: Duration
  readonly embargo?: Duration
  /** Train from the beginning, not from a window that moves along. */
  readonly anchored?: boolean
}

/**
 * Trains on what came before, tests on what follows, and moves on: the only division in which no model ever saw a later
 * market than the one it is tested on.
 */
export function walkForward({ train, test, step = test, embargo, anchored = false }: WalkForwardSpec): Folds {
  const [trainUs, testUs, stepUs] = [durationUs(train), durationUs(test), durationUs(step)]
  return {
    kind: 'walk-forward',
    split(samples, lengths = {}) {
      const { from, to } = extent(samples)
      const embargoUs = embargo === undefined ? embargoOf({ spanUs: to - from, ...lengths }) : durationUs(embargo)
      const splits: Split[] = []
      for (let at = from + trainUs; at < to; at += stepUs) {
        const tested = within(samples, { from: at, to: at + testUs })
        const trained = within(samples, { from: anchored ? from : at - trainUs, to: at })
        splits.push(splitOf(samples, trained, tested, embargoUs, [{ from: at, to: at + testUs }]))
      }
      return splits.filter(({ train, test }) => train.length > 0 && test.length > 0)
    },
  }
}

/** Each of k stretches of equal length is tested once, by a model of all others. @source López de Prado (2018), 7.4.3 */
export function purgedKFold({ folds, embargo }: { readonly folds: number; readonly embargo?: Duration }): Folds {
  return grouped('purged-k-fold', folds, 1, embargo)
}

/**
 * Every choice of `testGroups` of `groups` stretches is tested: φ = C(groups, testGroups) · testGroups / groups backtest
 * paths instead of one. @source López de Prado (2018), 12.4
 */
export function combinatorialPurged({ groups, testGroups, embargo }: {
  readonly groups: number; readonly testGroups: number; readonly embargo?: Duration
}): Folds {
  return grouped('combinatorial', groups, testGroups, embargo)
}

function grouped(kind: Folds['kind'], groups: number, testGroups: number, embargo: Duration | undefined): Folds {
  const fits = Number.isInteger(groups) && Number.isInteger(testGroups) && testGroups >= 1 && groups > testGroups
  if (!fits) throw new TapeloomError('training.folds', `[${kind}] ${testGroups} of ${groups} groups cannot be tested. Give whole numbers, more groups than are tested.`)
  return {
    kind,
    split(samples, lengths = {}) {
      const { from, to } = extent(samples)
      const embargoUs = embargo === undefined ? embargoOf({ spanUs: to - from, ...lengths }) : durationUs(embargo)
      const edge = (group: number): number => from + Math.round(((to - from) * group) / groups)
      return choices(groups, testGroups).map((chosen) => {
        const spans = chosen.map((group) => ({ from: edge(group), to: group === groups - 1 ? to : edge(group + 1) }))
        const tested = spans.flatMap((span) => within(samples, span))
        const isTested = new Set(tested)
        return splitOf(samples, samples.map((_, i) => i).filter((i) => !isTested.has(i)), tested, embargoUs, spans)
      }).filter(({ train, test }) => train.length > 0 && test.length > 0)
    },
  }
}

/** All ways to choose k of 0 … n − 1, in lexical order. */
export function choices(n: number, k: number): readonly (readonly number[])[] {
  const walk = (from: number, left: number): number[][] =>
    left === 0 ? [[]] : Array.from({ length: n - from - left + 1 }, (_, i) => from + i).flatMap((first) => walk(first + 1, left - 1).map((rest) => [first, ...rest]))
  return walk(0, k)
}

function splitOf(
  samples: readonly LabelInterval[], trained: readonly number[], tested: readonly number[], embargoUs: number, spans: readonly Span[],
): Split {
  const kept = purge(trained.map((i) => samples[i]!), tested.map((i) => samples[i]!), embargoUs)
  return { train: kept.map((i) => trained[i]!), test: tested, spans }
}

const within = (samples: readonly LabelInterval[], { from, to }: Span): readonly number[] =>
  samples.flatMap(({ asOf }, i) => (asOf >= from && asOf < to ? [i] : []))

/** From the first inference to just after the last. */
function extent(samples: readonly LabelInterval[]): Span {
  let [from, to] = [Infinity, -Infinity]
  for (const { asOf } of samples) {
    from = Math.min(from, asOf)
    to = Math.max(to, asOf + 1)
  }
  return { from, to }
}
