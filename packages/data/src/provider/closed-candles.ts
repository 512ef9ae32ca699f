import { timeframeUs, type EventOf, type MarketSymbol, type Timeframe } from '@tapeloom/core'
import type { MarketFeed } from './market-feed.ts'

/** The newest closed candles in memory, in the order of their closes, finer before coarser; `count` intervals a series. */
export function closedCandles(
  { table, lanes }: MarketFeed, timeframes: readonly Timeframe[], count: number, symbol: MarketSymbol | undefined,
): readonly EventOf<'candle:close'>[] {
  const symbols = (table?.symbols ?? []).map((one, index) => ({ symbol: one.symbol, index })).filter((one) => (symbol ?? one.symbol) === one.symbol)
  const candles = symbols.flatMap((one) => timeframes.flatMap((timeframe) => {
    const last = lanes.last(one.index, timeframe)
    if (!last) return []
    const from = last.openTime - (count - 1) * timeframeUs(timeframe)
    const stamp = { symbol: one.symbol, origin: 'replay', sequence: 0 }
    const found = lanes.candles(one.symbol, timeframe, from, last.closeTime) ?? []
    return found.map((candle) => Object.freeze({ ...candle, ...stamp, tsEvent: candle.closeTime, tsInit: candle.closeTime }))
  }))
  return candles.sort((a, b) => a.closeTime - b.closeTime || timeframeUs(a.timeframe) - timeframeUs(b.timeframe))
}
