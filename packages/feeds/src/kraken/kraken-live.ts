import { liveSource, type LiveSource } from '../live/live-source.ts'
import type { LiveOptions } from '../live/live-options.ts'
import type { LiveVenue } from '../live/live-venue.ts'
import { symbolParts } from '../live/symbol-parts.ts'
import { asFields, asWhole } from '../wire-fields.ts'
import { stepWith } from '../wire-grid.ts'
import { KrakenDecoder } from './kraken-decoder.ts'

/** Levels of a side that the book channel sends. */
const DEPTH = 1000
const ALIASES: Readonly<Record<string, string>> = { BTC: 'XBT', DOGE: 'XDG' }
const code = (currency: string): string => ALIASES[currency] ?? currency

/**
 * Kraken's public spot data, WebSocket v1: trades, and books that each update's checksum is compared with.
 * @throws TapeloomError `live.symbols`
 * @source Kraken WebSocket API 1.9; REST API, "Get Tradable Asset Pairs"
 */
export const kraken = (options: LiveOptions): LiveSource => liveSource(krakenVenue, options)

const message = (event: string, pair: readonly string[], subscription: object): string =>
  JSON.stringify({ event, pair, subscription })
const book = { name: 'book', depth: DEPTH }

/** What Kraken's public data needs beyond its decoder. */
export const krakenVenue: LiveVenue = {
  name: 'kraken', exchange: 'KRAKEN',
  urls: { socket: 'wss://ws.kraken.com', rest: 'https://api.kraken.com' },
  connections: { weight: 150, perMs: 600_000 },
  requests: { weight: 1, perMs: 1000 },
  silenceMs: 10_000, // heartbeats come each second
  ping: { everyMs: 30_000, message: JSON.stringify({ event: 'ping' }) },
  decoder: () => new KrakenDecoder(),
  raw: (symbol) => {
    const { base, quote, settle, expiry } = symbolParts(symbol)
    return settle === '' && expiry === '' ? `${code(base)}/${code(quote)}` : undefined
  },
  socketUrl: (base) => base,
  subscribe: (raws) => [message('subscribe', raws, book), message('subscribe', raws, { name: 'trade' })],
  resubscribe: (raw) => [message('unsubscribe', [raw], book), message('subscribe', [raw], book)],
  instruments: (base, raws) =>
    [{ url: `${base}/0/public/AssetPairs?pair=${raws.map((raw) => raw.replace('/', '')).join(',')}`, weight: 1 }],
  steps: (json, raw) => {
    const pair = Object.values(asFields(asFields(json)['result'])).map(asFields).find((one) => one['wsname'] === raw)
    return pair && { tickSize: stepWith(asWhole(pair['pair_decimals'])), lotSize: stepWith(asWhole(pair['lot_decimals'])) }
  },
}
