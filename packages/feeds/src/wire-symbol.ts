import type { MarketSymbol } from '@tapeloom/core'

const ALIASES: Readonly<Record<string, string>> = { XBT: 'BTC', XDG: 'DOGE' }

/** A currency code as most venues write it. */
export const currency = (code: string): string => ALIASES[code.toUpperCase()] ?? code.toUpperCase()

/** `BASE/QUOTE` with optional settlement and expiry (YYMMDD); undefined when a part is no code. */
export function marketSymbol(base: string, quote: string, settle = '', expiry = ''): MarketSymbol | undefined {
  const codes = [base, quote, ...(settle === '' ? [] : [settle])].map(currency)
  if (!codes.every((code) => /^[A-Z0-9.]{1,20}$/.test(code)) || !/^(\d{6})?$/.test(expiry)) return undefined
  const [first = '', second = '', third] = codes
  return `${first}/${second}${third === undefined ? '' : `:${third}`}${expiry === '' ? '' : `-${expiry}`}`
}

/** Splits `BTCUSD` at the first of the endings that fits; longer endings must come first. */
export function splitQuote(pair: string, quotes: readonly string[]): readonly [base: string, quote: string] | undefined {
  const quote = quotes.find((ending) => pair.endsWith(ending) && pair.length > ending.length)
  return quote === undefined ? undefined : [pair.slice(0, -quote.length), quote]
}
