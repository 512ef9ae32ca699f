import type { Timeframe } from './duration.ts'

/** Prices and volume of one candle; `openTime` in µs, volume in base units (contracts where the venue counts so). */
export interface CandleValues {
  readonly openTime: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
}

/** Why a range of a series is doubtful. */
export type TaintReason = 'gap' | 'desync' | 'checksum' | 'late' | 'skew' | 'partial' | 'outlier' | 'reject' | 'empty'

/** A closed candle (also called bar): immutable; only a backfill may add a newer version. NaN where a source has no such number. */
export interface Candle extends CandleValues {
  readonly venue: string
  readonly timeframe: Timeframe
  readonly closeTime: number
  readonly quoteVolume: number
  readonly trades: number
  readonly takerBuyVolume: number
  readonly taint: readonly TaintReason[]
}
