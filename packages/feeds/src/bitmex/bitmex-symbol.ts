import type { Listing } from '../venue-decoder.ts'
import { monthCode } from '../wire-expiry.ts'
import { marketSymbol, splitQuote } from '../wire-symbol.ts'

/**
 * BitMEX's `XBTUSD`, `XBTM21`, `ETHUSDM21`, `XBT_USDT` in unified form. Contracts without a quote currency are in USD for
 * XBT and in XBT for all others; a quote in USD settles in XBT. Futures expire on the last Friday of their month.
 */
export function bitmexListing(symbol: string): Listing | undefined {
  const [base = '', spotQuote] = symbol.split('_')
  if (spotQuote !== undefined) return listed(base, spotQuote, 'spot')
  const [root, expiry] = monthCode(symbol) ?? [symbol, '']
  const pair = splitQuote(root, ['USDT', 'USDC', 'USD', 'EUR'])
  if (!pair && expiry === '') return undefined
  const [currency, quote] = pair ?? [root, root === 'XBT' ? 'USD' : 'XBT']
  const kind = currency === 'XBT' && quote === 'USD' ? 'inverse' : 'linear'
  return listed(currency, quote, kind, quote === 'USD' || quote === 'EUR' ? 'XBT' : quote, expiry)
}

function listed(base: string, quote: string, kind: Listing['kind'] & string, settle = '', expiry = ''): Listing | undefined {
  const symbol = marketSymbol(base, quote, settle, expiry)
  return symbol && { symbol, kind }
}
