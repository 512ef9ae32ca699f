import type { Action, Prediction, Probabilities } from './prediction.ts'
import type { MarketSymbol } from './symbol.ts'

/** One check a decision had to pass. */
export interface Gate {
  readonly name: string
  readonly passed: boolean
  /** It guards what opens a position: what closes one passes where it is shut. */
  readonly opening?: boolean
}

/** What the orchestrator decided for one symbol at one boundary. */
export interface Decision {
  readonly id: string
  readonly symbol: MarketSymbol
  readonly action: Action
  /** `open-long open-short close-long close-short below-threshold no-predictions abstain stale-price cold already-long already-short gate:<n> veto:<n>`. */
  readonly reason: string
  /** p_buy − p_sell, in [−1, 1]; NaN when nothing predicted. */
  readonly margin: number
  readonly probabilities: Probabilities
  /** Mid price, or the last close where no book is live; NaN when there is none. */
  readonly price: number
  readonly asOf: number
  readonly sequence: number
  readonly predictions: readonly Prediction[]
  readonly gates: readonly Gate[]
  readonly references: readonly string[]
  /** A configured predictor was missing. */
  readonly degraded: boolean
  /** Id of the decision of the same boundary that this one replaces, after a later result. */
  readonly amends?: string
}

/** Why a decision came out as it did: `shift` = margin with all minus margin without this contributor. */
export interface Explanation {
  readonly decision: string
  readonly contributors: readonly {
    readonly module: string
    readonly weight: number
    readonly probabilities: Probabilities
    readonly shift: number
  }[]
  readonly gates: readonly Gate[]
  readonly thresholds: { readonly open: number; readonly close: number }
}

/** A closed position, after all costs. */
export interface PositionClosed {
  readonly id: string
  readonly side: 'long' | 'short'
  readonly quantity: number
  readonly entryPrice: number
  readonly exitPrice: number
  readonly openedAt: number
  readonly closedAt: number
  readonly netBps: number
}
