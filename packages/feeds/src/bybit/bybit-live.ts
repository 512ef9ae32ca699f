import { TapeloomError, type MarketSymbol } from '@tapeloom/core'
import { liveSource, type LiveSource } from '../live/live-source.ts'
import type { LiveOptions } from '../live/live-options.ts'
import type { LiveVenue } from '../live/live-venue.ts'
import { symbolParts } from '../live/symbol-parts.ts'
import { asFields, asList, asText } from '../wire-fields.ts'
import { BybitDecoder } from './bybit-decoder.ts'
import { SPOT } from './bybit-symbol.ts'

type Category = 'spot' | 'linear' | 'inverse'
/** The book channel's levels of a side. */
const DEPTH = 200
/** Topics in one message: the venue takes ten on spot. */
const TOPICS = 10

/**
 * Bybit's public data, v5: trades, and books of 200 levels. Symbols are all spot, all linear or all inverse perpetuals.
 * @throws TapeloomError `live.symbols`
 * @source Bybit API v5, "Connect", "Orderbook", "Get Instruments Info"
 */
export function bybit(options: LiveOptions): LiveSource {
  const categories = new Set(options.symbols.map(categoryOf))
  if (categories.size > 1) {
    throw new TapeloomError('live.symbols', `[live bybit] symbols are of ${[...categories].join(' and ')}. Make a source for each.`)
  }
  return liveSource(bybitVenue([...categories][0] ?? 'spot'), options)
}

function categoryOf(symbol: MarketSymbol): Category {
  const { base, settle } = symbolParts(symbol)
  return settle === '' ? 'spot' : settle === base ? 'inverse' : 'linear'
}

const name = (raw: string): string => raw.replace(SPOT, '')
const message = (op: string, args: readonly string[]): string => JSON.stringify({ op, args })
const book = (raw: string): string => `orderbook.${DEPTH}.${name(raw)}`

/** What Bybit's public data of one kind needs beyond its decoder. */
export const bybitVenue = (category: Category): LiveVenue => ({
  name: 'bybit', exchange: 'BYBIT',
  urls: { socket: 'wss://stream.bybit.com', rest: 'https://api.bybit.com' },
  connections: { weight: 500, perMs: 300_000 },
  requests: { weight: 600, perMs: 5000 },
  silenceMs: 30_000,
  ping: { everyMs: 15_000, message: JSON.stringify({ op: 'ping' }) },
  decoder: () => new BybitDecoder(),
  raw: (symbol) => {
    const { base, quote, settle, expiry } = symbolParts(symbol)
    if (expiry !== '') return undefined
    if (settle === 'USDC') return `${base}PERP`
    return `${category === 'spot' ? SPOT : ''}${base}${quote}`
  },
  socketUrl: (base) => `${base}/v5/public/${category}`,
  subscribe: (raws) => {
    const topics = raws.flatMap((raw) => [book(raw), `publicTrade.${name(raw)}`])
    const parts = Array.from({ length: Math.ceil(topics.length / TOPICS) }, (_, i) => topics.slice(TOPICS * i, TOPICS * (i + 1)))
    return parts.map((part) => message('subscribe', part))
  },
  resubscribe: (raw) => [message('unsubscribe', [book(raw)]), message('subscribe', [book(raw)])],
  instruments: (base, raws) => raws.map((raw) =>
    ({ url: `${base}/v5/market/instruments-info?category=${category}&symbol=${name(raw)}`, weight: 1 })),
  steps: (json, raw) => {
    const list = asList(asFields(asFields(json)['result'])['list']).map(asFields)
    const found = list.find(({ symbol }) => symbol === name(raw))
    const lot = found && asFields(found['lotSizeFilter'])
    return lot && {
      tickSize: asText(asFields(found['priceFilter'])['tickSize']), lotSize: asText(lot['basePrecision'] ?? lot['qtyStep']),
    }
  },
})
