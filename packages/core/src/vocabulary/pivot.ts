import type { Timeframe } from './duration.ts'

/** A confirmed swing: about `pivotTime`, known from `confirmedAt` on and never earlier. */
export interface Pivot {
  /** `symbol|timeframe|L<level><H or L>|pivotTime`. */
  readonly id: string
  readonly timeframe: Timeframe
  /** 1 (three to five candles) to 8; each level nests in the one below. */
  readonly level: number
  readonly side: 'high' | 'low'
  readonly price: number
  /** Open time of the candle that holds the extreme. */
  readonly pivotTime: number
  /** Close time of the candle that proved it. */
  readonly confirmedAt: number
  /** Candles from the pivot's to the confirming one. */
  readonly lagBars: number
  /** Agreement of the last ten comparisons with the trend of this level, in [0, 1]. */
  readonly strength: number
  readonly volume: number
}
