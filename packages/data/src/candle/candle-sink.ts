import type { Timeframe } from '@tapeloom/core'
import type { FormingCandle } from './forming-candle.ts'

/** Hears what a market's candles do, in order. */
export interface CandleSink {
  /** A candle closed: its numbers and taint stand in `candle` during the call. */
  closed(market: number, candle: FormingCandle): void
  boundary(market: number, time: number): void
  /** A trade or a finer candle came after the candle at `openTime` was closed. */
  late(market: number, candle: FormingCandle, openTime: number): void
  /** Candles with open times in [from, to) are missing and were not invented. */
  missing(market: number, candle: FormingCandle, from: number, to: number): void
}

/** What a builder must know of its market. */
export interface CandlePlan {
  readonly market: number
  /** Shortest first. */
  readonly wanted: readonly Timeframe[]
  readonly boundaryUs: number | undefined
  readonly absentMeans: 'gap' | 'empty'
}
