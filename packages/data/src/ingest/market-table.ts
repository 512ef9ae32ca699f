import { gridOf, instrument, TapeloomError, type Instrument, type MarketSymbol, type Source } from '@tapeloom/core'

/** A symbol on one venue. */
export interface Market {
  readonly index: number
  readonly symbolIndex: number
  readonly symbol: MarketSymbol
  readonly venue: string
  readonly instrument: Instrument
  /** Whether its candles are the symbol's: it is the price venue. */
  readonly pricing: boolean
  readonly absentMeans: 'gap' | 'empty'
}

/** Who feeds what: markets, symbols and, for each source, the way from a symbol to its market. */
export interface MarketTable {
  readonly markets: readonly Market[]
  /** The pricing market of each symbol, in the order of symbol indices. */
  readonly symbols: readonly Market[]
  /** For each source. */
  readonly routes: readonly ReadonlyMap<MarketSymbol, Market>[]
}

/**
 * Builds the table from what the sources declare, in their order. Sources of one venue and symbol share a market, on the
 * finer of their grids.
 * @throws TapeloomError `data.venue` for a price venue that no source has, `data.source` for two sources of one name
 */
export function marketTable(sources: readonly Source[], priceVenue: Readonly<Record<string, string>> = {}): MarketTable {
  checkNames(sources)
  const found = new Map<string, { instrument: Instrument; absentMeans: 'gap' | 'empty' }>()
  for (const { instruments, absentMeans = 'gap' } of sources) {
    for (const one of instruments) {
      const id = marketId(one)
      const known = found.get(id)
      found.set(id, { instrument: known ? finer(known.instrument, one) : one, absentMeans: known?.absentMeans ?? absentMeans })
    }
  }
  const symbols = [...new Set([...found.values()].map((one) => one.instrument.symbol))]
  const pricing = symbols.map((symbol) => pricingVenue(symbol, found, priceVenue))
  const markets = [...found.values()].map(({ instrument: one, absentMeans }, index): Market => {
    const symbolIndex = symbols.indexOf(one.symbol)
    const { symbol, venue } = one
    return { index, symbolIndex, symbol, venue, instrument: one, absentMeans, pricing: pricing[symbolIndex] === venue }
  })
  const byId = new Map(markets.map((market) => [marketId(market), market]))
  return {
    markets,
    symbols: symbols.map((symbol, i) => byId.get(`${pricing[i]}:${symbol}`)!), // pricingVenue checked it
    routes: sources.map(({ instruments }) => new Map(instruments.map((one) => [one.symbol, byId.get(marketId(one))!]))),
  }
}

const marketId = ({ venue, symbol }: { readonly venue: string; readonly symbol: string }) => `${venue}:${symbol}`

function checkNames(sources: readonly Source[]): void {
  const names = new Set<string>()
  for (const { name } of sources) {
    if (names.has(name)) {
      throw new TapeloomError('data.source', `[data] two sources are called '${name}'. Give each a name of its own.`)
    }
    names.add(name)
  }
}

function pricingVenue(
  symbol: MarketSymbol,
  found: ReadonlyMap<string, { readonly instrument: Instrument }>,
  priceVenue: Readonly<Record<string, string>>,
): string {
  const venues = [...found.values()].filter((one) => one.instrument.symbol === symbol).map((one) => one.instrument.venue)
  const wanted = priceVenue[symbol] ?? venues[0] ?? ''
  if (venues.includes(wanted)) return wanted
  throw new TapeloomError(
    'data.venue',
    `[data ${symbol}] priceVenue is '${wanted}', but its sources are of ${venues.map((v) => `'${v}'`).join(', ')}. Name one of them.`,
  )
}

function finer(a: Instrument, b: Instrument): Instrument {
  const tickSize = a.tickSize <= b.tickSize ? a.tickSize : b.tickSize
  const lotSize = a.lotSize <= b.lotSize ? a.lotSize : b.lotSize
  if (tickSize === a.tickSize && lotSize === a.lotSize) return a
  const { symbol, venue, kind, contractSize } = a
  return Object.freeze({
    ...instrument(symbol, { venue, kind, contractSize, tickSize, lotSize }),
    tick: gridOf(tickSize, `${venue}:${symbol} tickSize`),
    lot: gridOf(lotSize, `${venue}:${symbol} lotSize`),
  })
}
