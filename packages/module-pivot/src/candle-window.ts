import type { CandleValues } from '@tapeloom/core'

/** Candles that a window keeps, a power of two: enough for the largest span and for the check against the batch. */
export const WINDOW = 1024

/** The newest candles in columns, each a ring: candle `bar` (counted from 0) is in slot `bar % WINDOW`. 32 kB. */
export interface CandleWindow {
  /** Candles so far. */
  bars: number
  /** Candles since the last gap that was heeded. */
  run: number
  readonly openTime: Float64Array
  readonly high: Float64Array
  readonly low: Float64Array
  readonly volume: Float64Array
}

/** A window without candles. */
export const createWindow = (): CandleWindow => ({
  bars: 0,
  run: 0,
  openTime: new Float64Array(WINDOW),
  high: new Float64Array(WINDOW),
  low: new Float64Array(WINDOW),
  volume: new Float64Array(WINDOW),
})

/** The slot of a bar that is in the window. */
export const slotOf = (bar: number): number => bar & (WINDOW - 1)

/** Appends a candle; the oldest leaves. */
export function pushCandle(window: CandleWindow, candle: CandleValues): void {
  const slot = slotOf(window.bars)
  window.openTime[slot] = candle.openTime
  window.high[slot] = candle.high
  window.low[slot] = candle.low
  window.volume[slot] = candle.volume
  window.bars++
  window.run++
}

/** A column of the newest `count` candles, at most `WINDOW`, oldest first. */
export function newest(window: CandleWindow, column: Float64Array, count: number): Float64Array {
  const copy = new Float64Array(count)
  const from = slotOf(window.bars - count)
  const tail = Math.min(count, WINDOW - from)
  copy.set(column.subarray(from, from + tail))
  copy.set(column.subarray(0, count - tail), tail)
  return copy
}
