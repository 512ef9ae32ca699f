import { liveSource, type LiveSource } from '../live/live-source.ts'
import type { LiveOptions } from '../live/live-options.ts'
import type { LiveVenue } from '../live/live-venue.ts'
import { symbolParts } from '../live/symbol-parts.ts'
import { asFields, asText } from '../wire-fields.ts'
import { CoinbaseDecoder } from './coinbase-decoder.ts'

/**
 * Coinbase's public data, Advanced Trade: trades and whole books. Messages are numbered by connection: one that is missing
 * is made good by a new connection.
 * @throws TapeloomError `live.symbols`
 * @source Coinbase Advanced Trade WebSocket, "Channels" and "Rate limits"; REST API, "Get public product"
 */
export const coinbase = (options: LiveOptions): LiveSource => liveSource(coinbaseVenue, options)

/** What Coinbase's public data needs beyond its decoder. */
export const coinbaseVenue: LiveVenue = {
  name: 'coinbase', exchange: 'COINBASE',
  urls: { socket: 'wss://advanced-trade-ws.coinbase.com', rest: 'https://api.coinbase.com' },
  connections: { weight: 8, perMs: 1000 },
  requests: { weight: 10, perMs: 1000 },
  silenceMs: 10_000, // the channel heartbeats says something each second
  decoder: () => new CoinbaseDecoder(),
  raw: (symbol) => {
    const { base, quote, settle, expiry } = symbolParts(symbol)
    return settle === '' && expiry === '' ? `${base}-${quote}` : undefined
  },
  socketUrl: (base) => base,
  subscribe: (raws) => ['heartbeats', 'level2', 'market_trades'].map((channel) =>
    JSON.stringify({ type: 'subscribe', product_ids: raws, channel })),
  instruments: (base, raws) => raws.map((raw) => ({ url: `${base}/api/v3/brokerage/market/products/${raw}`, weight: 1 })),
  steps: (json, raw) => {
    const product = asFields(json)
    if (product['product_id'] !== raw) return undefined
    return { tickSize: asText(product['price_increment'] ?? product['quote_increment']), lotSize: asText(product['base_increment']) }
  },
}
