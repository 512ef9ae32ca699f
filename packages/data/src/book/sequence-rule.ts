/** The venue's ids of one update: its first and last, and the last of the update before it (NaN where not sent). */
export interface UpdateIds {
  readonly first: number
  readonly last: number
  readonly previous: number
}

/** What to do with an update: use it, forget it (older than the book), or start again (something is missing). */
export type SequenceVerdict = 'apply' | 'drop' | 'gap'

/**
 * How a venue numbers its updates; one instance a book, because it remembers the last one.
 * `reset` is called with the id of a snapshot; `apply` then judges each update in order.
 */
export interface SequenceRule {
  reset(snapshotId: number): void
  apply(ids: UpdateIds): SequenceVerdict
}

/** For sources that number nothing, or have already checked: what comes after a snapshot fits. */
export const arrivalOrder = (): SequenceRule => ({ reset() {}, apply: () => 'apply' })
