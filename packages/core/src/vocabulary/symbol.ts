import { TapeloomError } from '../error.ts'

/** A market in ccxt's unified form: `BTC/USDT` (spot), `BTC/USDT:USDT` (linear), `BTC/USD:BTC` (inverse). */
export type MarketSymbol = `${string}/${string}`

const PATTERN = /^[A-Z0-9.]{1,20}\/[A-Z0-9.]{1,20}(:[A-Z0-9.]{1,20})?(-\d{6}(-\d+(\.\d+)?-[CP])?)?$/

/**
 * Turns text from outside into a `MarketSymbol`.
 * @throws TapeloomError `symbol.form` when it is not in ccxt's unified form
 * @example parseSymbol('BTC/USDT') // => 'BTC/USDT'
 */
export function parseSymbol(text: string): MarketSymbol {
  if (PATTERN.test(text)) return text as MarketSymbol
  throw new TapeloomError('symbol.form', `[symbol '${text}'] is not a unified symbol. Write BASE/QUOTE, as in 'BTC/USDT', or 'BTC/USDT:USDT' for a perpetual.`)
}
