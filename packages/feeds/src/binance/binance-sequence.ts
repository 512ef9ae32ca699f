import type { SequenceRule } from '@tapeloom/data/book'

/**
 * Binance spot: updates up to the snapshot's id are dropped, the first used one covers the id after it, and from then on
 * each begins where the one before ended (`U` = previous `u` + 1).
 * @source Binance spot API, "How to manage a local order book correctly"
 */
export function binanceSpot(): SequenceRule {
  let last = NaN
  let joined = false
  return {
    reset(snapshotId) {
      last = snapshotId
      joined = false
    },
    apply(ids) {
      if (ids.last <= last) return 'drop'
      if (joined ? ids.first !== last + 1 : ids.first > last + 1) return 'gap'
      last = ids.last
      joined = true
      return 'apply'
    },
  }
}

/**
 * Binance futures: updates up to the snapshot's id are dropped, the first used one spans that id or names it as the one
 * before, and from then on each names the one before (`pu` = previous `u`).
 * @source Binance USD-M futures API, "How to manage a local order book correctly"
 */
export function binanceFutures(): SequenceRule {
  let last = NaN
  let joined = false
  return {
    reset(snapshotId) {
      last = snapshotId
      joined = false
    },
    apply(ids) {
      // One that ends at the snapshot's id says nothing new; the next then names that id as the one before.
      if (ids.last <= last) return 'drop'
      // An update right after the snapshot also continues it, though the venue's text speaks of those that span it.
      if (joined ? ids.previous !== last : ids.first > last && ids.previous !== last) return 'gap'
      last = ids.last
      joined = true
      return 'apply'
    },
  }
}
