import type { MarketSymbol } from '@tapeloom/core'

/** `BASE/QUOTE:SETTLE-EXPIRY`, taken apart; absent parts are ''. */
export interface SymbolParts {
  readonly base: string
  readonly quote: string
  readonly settle: string
  /** YYMMDD. */
  readonly expiry: string
}

/** The parts of a unified symbol; options have no parts that are known here. */
export function symbolParts(symbol: MarketSymbol): SymbolParts {
  const [, base = '', quote = '', settle = '', expiry = ''] = /^([^/]+)\/([^:-]+)(?::([^-]+))?(?:-(\d{6}))?$/.exec(symbol) ?? []
  return { base, quote, settle, expiry }
}
