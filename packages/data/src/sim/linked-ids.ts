import type { SequenceRule } from '../book/sequence-rule.ts'

/**
 * The numbering of simulated venues: each update names the one before it. What is older than the book is forgotten; what
 * does not follow is a gap.
 */
export function linkedIds(): SequenceRule {
  let newest = NaN
  return {
    reset(snapshotId) {
      newest = snapshotId
    },
    apply({ first, last, previous }) {
      if (last <= newest) return 'drop'
      if (previous > newest || first > newest + 1) return 'gap'
      newest = last
      return 'apply'
    },
  }
}
