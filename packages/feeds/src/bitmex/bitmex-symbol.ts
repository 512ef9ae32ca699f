import type { Listing } from '../venue-decoder.ts'
import { marketSymbol, splitQuote } from '../wire-symbol.ts'

const MONTHS = 'FGHJKMNQUVXZ'

/**
 * BitMEX's `XBTUSD`, `XBTM21`, `ETHUSDM21`, `XBT_USDT` in unified form. Contracts without a quote currency are in USD for
 * XBT and in XBT for all others; a quote in USD settles in XBT. Futures expire on the last Friday of their month.
 */
export function bitmexListing(symbol: string): Listing | undefined {
  const [base = '', spotQuote] = symbol.split('_')
  if (spotQuote !== undefined) return listed(base, spotQuote, 'spot')
  const [, root = symbol, month, year] = /^([A-Z0-9]+?)([FGHJKMNQUVXZ])(\d\d)$/.exec(symbol) ?? []
  const expiry = month === undefined ? '' : lastFriday(2000 + Number(year), MONTHS.indexOf(month) + 1)
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

function lastFriday(year: number, month: number): string {
  const last = new Date(Date.UTC(year, month, 0))
  const day = last.getUTCDate() - ((last.getUTCDay() + 2) % 7)
  return [year % 100, month, day].map((part) => String(part).padStart(2, '0')).join('')
}
