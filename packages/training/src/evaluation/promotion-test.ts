import { TapeloomError } from '@tapeloom/core'

/** Evidence that decides. */
const DECISIVE = Math.log(20)

/** What speaks for a candidate and against it so far: plain data, so that it can be kept and gone on from. */
export interface PromotionEvidence {
  /** ln E, and the same of the mirrored test. */
  readonly logFor: number
  readonly logAgainst: number
  /** Decisions that were weighed. */
  readonly decisions: number
  readonly verdict: 'promote' | 'demote' | 'undecided'
}

/** Where every candidate begins. */
export const NO_EVIDENCE: PromotionEvidence = Object.freeze({ logFor: 0, logAgainst: 0, decisions: 0, verdict: 'undecided' })

/**
 * Weighs one more decision: E ← E(1 + d/2). E ≥ 20 promotes, and the mirrored test, E ← E(1 − d/2), demotes. Where the
 * candidate is no better, E is a supermartingale: one in twenty is promoted at most, however often and whenever one looks.
 * A verdict stands. @source Ville (1939); Waudby-Smith, Ramdas (2024), betting with half of what one has
 * @param advantage d, the loss of the other less that of the candidate, in [−1, 1]; its decisions must not overlap
 * @throws TapeloomError `training.promotion` for another number
 */
export function addDecision(evidence: PromotionEvidence, advantage: number): PromotionEvidence {
  if (!(advantage >= -1 && advantage <= 1)) {
    throw new TapeloomError('training.promotion', `[promotion] ${advantage} is no difference of two losses in [0, 1]. Halve Brier losses.`)
  }
  if (evidence.verdict !== 'undecided') return evidence
  const logFor = evidence.logFor + Math.log1p(advantage / 2)
  const logAgainst = evidence.logAgainst + Math.log1p(-advantage / 2)
  const verdict = logFor >= DECISIVE ? 'promote' : logAgainst >= DECISIVE ? 'demote' : 'undecided'
  return { logFor, logAgainst, decisions: evidence.decisions + 1, verdict }
}

/** A decision whose outcome is known; times in µs. */
export interface ScoredDecision {
  readonly asOf: number
  readonly knownAt: number
  readonly advantage: number
}

/**
 * Decisions that may be weighed one after another, in their order: those of one moment are one, their mean, and one made
 * before the outcome of the last is known is passed over. Else one move of the market would count as often as it is seen.
 * @param after the end of what was weighed before
 */
export function separateDecisions(scored: readonly ScoredDecision[], after: number): readonly ScoredDecision[] {
  const sorted = scored.toSorted((a, b) => a.asOf - b.asOf)
  const found: ScoredDecision[] = []
  let free = after
  for (let i = 0; i < sorted.length; ) {
    const { asOf } = sorted[i]!
    const first = i
    while (sorted[i]?.asOf === asOf) i++
    if (asOf < free) continue
    const moment = sorted.slice(first, i)
    free = moment.reduce((latest, { knownAt }) => Math.max(latest, knownAt), free)
    found.push({ asOf, knownAt: free, advantage: moment.reduce((sum, { advantage }) => sum + advantage, 0) / moment.length })
  }
  return found
}
