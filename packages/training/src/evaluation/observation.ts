import type { Action, MarketSymbol, Probabilities } from '@tapeloom/core'

/** What came of a forecast at its horizon: the sign of the move and its size. */
export interface ObservedOutcome {
  readonly realised: Action
  readonly bps: number
}

/** At what an order could be filled: the first prices at or after it arrived. Equal where there is no book. */
export interface ObservedFill {
  readonly buyPrice: number
  readonly sellPrice: number
  /** Time of the price, µs. */
  readonly at: number
  /** How long after the order's arrival the price came, µs; negative: the price is older than the order. */
  readonly waitUs: number
}

/** One boundary at which something was forecast: who said what, what was decided, and what came of it. */
export interface Observation {
  readonly symbol: MarketSymbol
  readonly asOf: number
  /** When the decision was out, µs. */
  readonly decidedAt: number
  readonly horizonUs: number
  readonly price: number
  /** −1 short, 0 flat, 1 long: what the orchestrator holds from here on. */
  readonly side: number
  /** Pooled as the orchestrator pools; NaN where it refused. */
  readonly probabilities: Probabilities
  /** By predictor: what it said at this boundary. */
  readonly predictions: Readonly<Record<string, Probabilities>>
  readonly isTainted: boolean
  /** Undefined where the market ended before. */
  readonly fill: ObservedFill | undefined
  readonly outcome: ObservedOutcome | undefined
}
