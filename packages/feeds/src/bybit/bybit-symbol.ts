import type { Listing } from '../venue-decoder.ts'
import { dateCode, monthCode } from '../wire-expiry.ts'
import { marketSymbol, splitQuote } from '../wire-symbol.ts'

const QUOTES = ['USDT', 'USDC', 'USD', 'BTC', 'ETH', 'EUR', 'BRL', 'TRY']
/** Marks symbols of the spot market, which the venue names as its contracts. */
export const SPOT = 'spot:'

/**
 * Bybit's `BTCUSD` and `BTCUSDM21` (inverse), `BTCUSDT`, `BTCPERP` and `BTCUSDT-26SEP25` (linear), and `spot:BTCUSDT` in
 * unified form.
 */
export function bybitListing(symbol: string): Listing | undefined {
  const spot = symbol.startsWith(SPOT)
  const raw = spot ? symbol.slice(SPOT.length) : symbol
  const [, name = '', day = '', month = '', year = ''] = /^(\w+?)(?:-(\d{1,2})([A-Z]{3})(\d\d))?$/.exec(raw) ?? []
  const [root, letter] = monthCode(name) ?? [name, '']
  const expiry = day === '' ? letter : dateCode(day, month, year)
  if (day !== '' && expiry === '') return undefined
  // Contracts in USDC are named by their base currency alone.
  const inUsdc = root.endsWith('PERP') ? root.slice(0, -4) : day === '' ? undefined : root
  const [base, quote] = splitQuote(root, QUOTES) ?? [inUsdc ?? '', 'USDC']
  const kind = spot ? 'spot' : quote === 'USD' ? 'inverse' : 'linear'
  const unified = marketSymbol(base, quote, spot ? '' : kind === 'inverse' ? base : quote, expiry)
  return unified && { symbol: unified, kind }
}
