import { TapeloomError, type Instrument } from '@tapeloom/core'

/** Base, quote and expiry of a unified symbol: what it settles in makes no other good. */
const goodOf = ({ symbol, kind }: Instrument): string => {
  const [pair = '', rest = ''] = symbol.split(':')
  const [, expiry = ''] = rest.split('-')
  return `${pair} ${kind}${expiry === '' ? '' : ` ${expiry}`}`
}

/**
 * Refuses instruments that are not one good: a spot price and a perpetual's differ by the basis, so their books cross
 * nearly always.
 * @throws TapeloomError `book.venues` when there is none, `book.fungible` when base, quote, kind or expiry differ
 */
export function requireFungible(instruments: readonly Instrument[]): void {
  const [first] = instruments
  if (!first) throw new TapeloomError('book.venues', '[consolidated book] has no venues. Give one instrument a venue.')
  const other = instruments.find((one) => goodOf(one) !== goodOf(first))
  if (!other) return
  const [a, b] = [first, other].map((one) => `${one.venue}:${one.symbol} (${goodOf(one)})`)
  throw new TapeloomError('book.fungible', `[consolidated book] ${a} and ${b} are not one good. Consolidate equal base, quote and kind.`)
}
