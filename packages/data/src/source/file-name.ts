import { parseSymbol, suggestion, TapeloomError } from '@tapeloom/core'
import type { MarketSymbol, Timeframe } from '@tapeloom/core'

/** Quote currencies, longest first, so that `BTCFDUSD` is not BTCF/DUSD. */
const QUOTES = [
  'FDUSD',
  'USDT',
  'USDC',
  'BUSD',
  'TUSD',
  'USDP',
  'DAI',
  'USD',
  'EUR',
  'GBP',
  'JPY',
  'AUD',
  'BRL',
  'TRY',
  'KRW',
  'CHF',
  'CAD',
  'BTC',
  'ETH',
  'BNB',
  'SOL',
]
const PATTERN = /^([^_]+)_([A-Za-z0-9]+)(-PERP)?_(?:(\d+(?:ms|s|m|h|d|w))_)?.*?(_sparse)?\.(?:parquet|csv|csv\.gz)$/i
/** As Binance names its archive; it does not say which of its markets it was. */
const ARCHIVE = /^([A-Z0-9]+)-(\d+[smhdw])-\d{4}-\d{2}(?:-\d{2})?\.csv(?:\.gz)?$/

/** What the name of a recorded file tells. */
export interface FileName {
  readonly venue: string
  readonly symbol: MarketSymbol
  readonly timeframe: Timeframe | undefined
  /** Candles without a trade are absent from it. */
  readonly sparse: boolean
}

/**
 * Reads `<venue>_<BASEQUOTE>_<timeframe>_<from>_<to>[_sparse].parquet`: BTCUSDT is BTC/USDT, `-PERP` adds its
 * settlement currency. Files of trades have no timeframe. Undefined when the name is not of that form.
 */
export function tryFileName(path: string): FileName | undefined {
  const [, venue, pair, perpetual, timeframe, sparse] = PATTERN.exec(path.replace(/^.*[\\/]/, '')) ?? []
  const symbol = venue && pair ? tryPair(pair, perpetual !== undefined) : undefined
  if (!venue || !symbol) return undefined
  // 1M is a month elsewhere, and no timeframe here
  const length = timeframe !== undefined && !/\dM$/.test(timeframe) ? (timeframe.toLowerCase() as Timeframe) : undefined
  return { venue, symbol, timeframe: length, sparse: sparse !== undefined }
}

/** Reads `BTCUSDT-1m-2024-01.csv`, the name of a file of Binance's archive. Undefined when the name is not of that form. */
export function tryArchiveName(path: string): Partial<FileName> | undefined {
  const [, pair, timeframe] = ARCHIVE.exec(path.replace(/^.*[\\/]/, '')) ?? []
  const symbol = pair && tryPair(pair, false)
  return symbol ? { symbol, timeframe: timeframe as Timeframe } : undefined
}

/** Splits `BTCUSDT` into `BTC/USDT` (`BTC/USDT:USDT` for a perpetual); undefined when no known quote ends it. */
export function tryPair(pair: string, perpetual: boolean): MarketSymbol | undefined {
  const text = pair.toUpperCase()
  const quote = QUOTES.find((candidate) => text.endsWith(candidate) && text.length > candidate.length)
  if (!quote) return undefined
  return parseSymbol(`${text.slice(0, -quote.length)}/${quote}${perpetual ? `:${quote}` : ''}`)
}

/** The error for a name that does not tell what is in the file. */
export function unknownName(path: string, lacks: string): TapeloomError {
  const [name, kind = 'parquet'] = [path.replace(/^.*[\\/]/, ''), /csv(\.gz)?$/i.exec(path)?.[0]]
  const pair = name.split('_')[1] ?? ''
  return new TapeloomError(
    'source.name',
    `[source ${path}] its name does not tell ${lacks}.${suggestion(pair, QUOTES)} Name it ` +
      `<venue>_<BASEQUOTE>_<timeframe>_<from>_<to>.${kind}, or give symbol, venue and timeframe.`,
  )
}
