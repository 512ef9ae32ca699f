import type { MarketSymbol, Timeframe } from '@tapeloom/core'

/** Id of a candle series: `<venue>:<symbol>:candle:<timeframe>`. */
export const candleSeriesId = (venue: string, symbol: MarketSymbol, timeframe: Timeframe): string =>
  `${venue}:${symbol}:candle:${timeframe}`

/** Id of the series of a symbol's frozen feature rows under one layout: `local:<symbol>:features:<layoutId>`. */
export const featureSeriesId = (symbol: MarketSymbol, layoutId: string): string =>
  `local:${symbol}:features:${layoutId}`

/** What a series id says. */
export type SeriesName =
  | { readonly kind: 'candle'; readonly venue: string; readonly symbol: MarketSymbol; readonly timeframe: Timeframe }
  | { readonly kind: 'features'; readonly symbol: MarketSymbol; readonly layoutId: string }

const PATTERN = /^([^:]+):(.+):(candle|features):([^:]+)$/

/** Reads a series id; undefined when the text is none. */
export function trySeriesId(id: string): SeriesName | undefined {
  const [, venue, symbol, kind, last] = PATTERN.exec(id) ?? []
  if (!venue || !symbol?.includes('/') || !last) return undefined
  return kind === 'candle'
    ? { kind, venue, symbol: symbol as MarketSymbol, timeframe: last as Timeframe }
    : { kind: 'features', symbol: symbol as MarketSymbol, layoutId: last }
}
