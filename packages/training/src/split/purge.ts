import { spansOf, type LabelInterval } from './label-interval.ts'

/**
 * Which samples may train beside a test set: those whose label shares no time with a test label, and which were not made
 * within `embargoUs` after one. Returns positions in `samples`, in their order. O((n + m) log m).
 * @source López de Prado (2018), 7.4: purging and embargo
 */
export function purge(samples: readonly LabelInterval[], tests: readonly LabelInterval[], embargoUs = 0): readonly number[] {
  const spans = spansOf(tests)
  /** The last stretch that begins before `time`. */
  const before = (time: number): number => {
    let [low, high] = [0, spans.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (spans[middle]!.from < time) low = middle + 1
      else high = middle
    }
    return low - 1
  }
  return samples.flatMap(({ asOf, knownAt }, i) => {
    // A label of no length is a point, which a stretch holds when it begins at or before it.
    const last = spans[before(Math.max(knownAt, asOf + 1))]
    return last && asOf < last.to + embargoUs ? [] : [i]
  })
}

/**
 * How long after a test nothing may train: the longest of 1 % of the whole span, the horizon and the span of the finest
 * lane, µs. Coarse lanes are not purged: 600 days would purge everything.
 */
export const embargoOf = ({ spanUs, horizonUs = 0, finestLaneUs = 0 }: {
  readonly spanUs: number; readonly horizonUs?: number; readonly finestLaneUs?: number
}): number => Math.ceil(Math.max(0.01 * spanUs, horizonUs, finestLaneUs))
