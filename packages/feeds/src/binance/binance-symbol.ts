import type { MarketSymbol } from '@tapeloom/core'

// The longer of two endings that fit comes first: a symbol ends in FDUSD before it ends in USD.
const QUOTES = [
  'FDUSD', 'USDT', 'USDC', 'BUSD', 'TUSD', 'USDP', 'DAI', 'USD', 'BTC', 'ETH', 'BNB', 'EUR', 'TRY', 'BRL', 'JPY', 'GBP', 'AUD',
]

/**
 * Binance's `BTCUSDT` in unified form; undefined when its quote currency is unknown.
 * @example unifiedSymbol('BTCUSDT', true) // => 'BTC/USDT:USDT'
 */
export function unifiedSymbol(symbol: string, perpetual: boolean): MarketSymbol | undefined {
  const quote = QUOTES.find((ending) => symbol.endsWith(ending) && symbol.length > ending.length)
  if (quote === undefined || !/^[A-Z0-9]+$/.test(symbol)) return undefined
  return `${symbol.slice(0, -quote.length)}/${quote}${perpetual ? `:${quote}` : ''}`
}
