import type { Duration } from './duration.ts'
import type { MarketSymbol } from './symbol.ts'

export type Action = 'buy' | 'hold' | 'sell'
/** Probabilities of the three actions; they sum to 1 ± 1e-6. */
export interface Probabilities {
  readonly buy: number
  readonly hold: number
  readonly sell: number
}

/** What a predictor answers; `confidence` defaults to the largest probability. */
export interface PredictionDraft {
  readonly probabilities: Probabilities
  readonly confidence?: number
  readonly expectedBps?: number
}
/** A reasoned refusal to answer. */
export interface Abstention {
  readonly abstain: string
}

/** A predictor's answer in its place in the order. */
export interface Prediction {
  readonly id: string
  readonly symbol: MarketSymbol
  readonly module: string
  readonly horizon: Duration
  readonly probabilities: Probabilities
  /** In [0, 1]. */
  readonly confidence: number
  /** Time of the boundary whose data it saw, µs. */
  readonly asOf: number
  /** Expected move over the horizon in bps, where the predictor gives one. */
  readonly expectedBps?: number
  /** Model version, for predictions of a network. */
  readonly version?: string
  /** Id of the reference to the data it saw, where one is kept. */
  readonly reference?: string
}

/** What came of a prediction at its horizon: `realised` is the sign of the move, `bps` its size. */
export interface PredictionResolved {
  readonly prediction: string
  readonly module: string
  readonly horizon: Duration
  readonly realised: Action
  readonly bps: number
}
