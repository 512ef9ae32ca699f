import type { InferenceFrameReference } from '../reference/inference-frame-reference.ts'
import type { PlainTargets } from '../step/queued-sample.ts'

interface Label {
  readonly reference: InferenceFrameReference
  readonly targets: PlainTargets
  /** When what the label says was known, µs: nothing may learn it earlier. */
  readonly knownAt: number
  /** Its data or its outcome is doubtful: it is not trained. */
  readonly isTainted: boolean
}

/** A label that speaks of what could have been traded: it begins at the inference, or after it. */
export interface TradableLabel extends Label {
  readonly kind: 'tradable'
}

/**
 * A label that speaks of what only hindsight shows, as a turning point that was not confirmed yet: it may teach, and is
 * never scored, for on a random walk buying at the pivot is right three times out of four.
 */
export interface HindsightLabel extends Label {
  readonly kind: 'hindsight'
}

/** A label of a reference made before its pivot was confirmed. */
export type AnticipationLabel = HindsightLabel
