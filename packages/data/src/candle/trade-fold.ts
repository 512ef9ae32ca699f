import { AT, type MarketRecord } from '../ingest/market-record.ts'
import { FORMING, type FormingCandle } from './forming-candle.ts'

/**
 * Folds the trade of `record` into an open candle, in integers: no order of arrival changes the sums.
 * Open and close follow (tsEvent, id), not the arrival. Allocates nothing.
 */
export function foldTrade(candle: FormingCandle, record: MarketRecord): void {
  const n = candle.number
  const ticks = record.number[AT.price]!
  const lots = record.number[AT.quantity]!
  const ts = record.number[AT.tsEvent]!
  if (n[FORMING.trades] === 0) {
    n[FORMING.open] = n[FORMING.high] = n[FORMING.low] = n[FORMING.close] = ticks
    n[FORMING.firstTs] = n[FORMING.lastTs] = ts
    candle.firstId = candle.lastId = record.text
  } else {
    if (ticks > n[FORMING.high]!) n[FORMING.high] = ticks
    if (ticks < n[FORMING.low]!) n[FORMING.low] = ticks
    if (ts > n[FORMING.lastTs]! || (ts === n[FORMING.lastTs] && !precedes(record.text, candle.lastId))) {
      n[FORMING.close] = ticks
      n[FORMING.lastTs] = ts
      candle.lastId = record.text
    }
    if (ts < n[FORMING.firstTs]! || (ts === n[FORMING.firstTs] && precedes(record.text, candle.firstId))) {
      n[FORMING.open] = ticks
      n[FORMING.firstTs] = ts
      candle.firstId = record.text
    }
  }
  n[FORMING.lots]! += lots
  n[FORMING.quote]! += ticks * lots
  n[FORMING.trades]!++
  if (record.flags === 1) n[FORMING.takerLots]! += lots
}

/** Whether a venue's id comes before another: decimal ids by value, others as text of their length. */
export const precedes = (a: string, b: string): boolean => (a.length === b.length ? a < b : a.length < b.length)
