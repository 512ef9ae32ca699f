/**
 * The time a sample's label speaks of: from the inference to the moment its outcome was known, µs, `[asOf, knownAt)`.
 * Two samples whose intervals meet share a part of the future.
 */
export interface LabelInterval {
  readonly asOf: number
  readonly knownAt: number
}

/** A stretch of time, µs: `[from, to)`. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** The stretches that intervals cover, in order of time, those that meet made one. O(n log n). */
export function spansOf(intervals: readonly LabelInterval[]): readonly Span[] {
  const spans: { from: number; to: number }[] = []
  for (const { asOf, knownAt } of intervals.toSorted((a, b) => a.asOf - b.asOf)) {
    const last = spans.at(-1)
    if (last && asOf <= last.to) last.to = Math.max(last.to, knownAt)
    else spans.push({ from: asOf, to: knownAt })
  }
  return spans
}
