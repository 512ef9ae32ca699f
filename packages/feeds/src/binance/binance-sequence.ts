import type { SequenceRule, UpdateIds } from '@tapeloom/data/book'

/** Whether an update does not continue the book: `last` is the id applied last, `joined` whether an update was it. */
type Breaks = (ids: UpdateIds, last: number, joined: boolean) => boolean

/** Updates up to the snapshot's id are dropped; the others must continue what was applied last. */
function sequence(breaks: Breaks): SequenceRule {
  let last = NaN
  let joined = false
  return {
    reset(snapshotId) {
      last = snapshotId
      joined = false
    },
    apply(ids) {
      if (ids.last <= last) return 'drop'
      if (breaks(ids, last, joined)) return 'gap'
      last = ids.last
      joined = true
      return 'apply'
    },
  }
}

/**
 * Binance spot: the first used update covers the id after the snapshot's, and from then on each begins where the one
 * before ended (`U` = previous `u` + 1).
 * @source Binance spot API, "How to manage a local order book correctly"
 */
export const binanceSpot = (): SequenceRule =>
  sequence((ids, last, joined) => (joined ? ids.first !== last + 1 : ids.first > last + 1))

/**
 * Binance futures: the first used update spans the snapshot's id or names it as the one before, and from then on each
 * names the one before (`pu` = previous `u`). One that ends at the snapshot's id says nothing new: the next then names
 * it. An update right after the snapshot also continues it, though the venue's text speaks of those that span it.
 * @source Binance USD-M futures API, "How to manage a local order book correctly"
 */
export const binanceFutures = (): SequenceRule =>
  sequence((ids, last, joined) => (joined ? ids.previous !== last : ids.first > last && ids.previous !== last))
