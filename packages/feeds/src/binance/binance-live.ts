import { TapeloomError } from '@tapeloom/core'
import { liveSource, type LiveSource } from '../live/live-source.ts'
import type { LiveOptions } from '../live/live-options.ts'
import type { LiveVenue } from '../live/live-venue.ts'
import { symbolParts } from '../live/symbol-parts.ts'
import { asFields, asList, asText } from '../wire-fields.ts'
import { BinanceWire } from './binance-wire.ts'

/** Levels of a side in a requested snapshot. */
const DEPTH = 1000

/**
 * Binance's public data: aggregate trades and books of 100 ms updates with a requested snapshot. Symbols are all spot
 * (`BTC/USDT`) or all USD-M perpetuals (`BTC/USDT:USDT`).
 * @throws TapeloomError `live.symbols`
 * @source Binance spot API, "WebSocket Streams" and "Limits"; USD-M futures API, likewise
 */
export function binance(options: LiveOptions): LiveSource {
  const perpetual = options.symbols.map((symbol) => symbol.includes(':'))
  if (new Set(perpetual).size > 1) {
    throw new TapeloomError('live.symbols', '[live binance] symbols are of spot and of perpetuals. Make a source for each.')
  }
  return liveSource(perpetual[0] === true ? usdm : spot, options)
}

const common = {
  raw: (symbol) => {
    const { base, quote, settle, expiry } = symbolParts(symbol)
    return (settle === '' || settle === quote) && expiry === '' ? `${base}${quote}` : undefined
  },
  socketUrl: (base, raws) =>
    `${base}/stream?streams=${raws.flatMap((raw) => [`${raw.toLowerCase()}@depth@100ms`, `${raw.toLowerCase()}@aggTrade`]).join('/')}`,
  subscribe: () => [],
  steps: (json, raw) => {
    const found = asList(asFields(json)['symbols']).map(asFields).find((one) => one['symbol'] === raw)
    const filter = (type: string) =>
      asFields(asList(found?.['filters']).find((one) => asFields(one)['filterType'] === type))
    return found && { tickSize: asText(filter('PRICE_FILTER')['tickSize']), lotSize: asText(filter('LOT_SIZE')['stepSize']) }
  },
  silenceMs: 20_000,
} satisfies Partial<LiveVenue>

/** Binance's spot market. */
const spot: LiveVenue = {
  ...common,
  name: 'binance-spot', exchange: 'BINANCE',
  urls: { socket: 'wss://stream.binance.com:9443', rest: 'https://api.binance.com' },
  connections: { weight: 300, perMs: 300_000 },
  requests: { weight: 6000, perMs: 60_000 },
  decoder: () => new BinanceWire('spot'),
  snapshot: (base, raw) => ({ url: `${base}/api/v3/depth?symbol=${raw}&limit=${DEPTH}`, weight: 50 }),
  instruments: (base, raws) =>
    [{ url: `${base}/api/v3/exchangeInfo?symbols=${encodeURIComponent(JSON.stringify(raws))}`, weight: 20 }],
}

/** Binance's USD-M market. */
const usdm: LiveVenue = {
  ...common,
  name: 'binance-usdm', exchange: 'BINANCE_FUTURES',
  urls: { socket: 'wss://fstream.binance.com', rest: 'https://fapi.binance.com' },
  connections: { weight: 300, perMs: 300_000 },
  requests: { weight: 2400, perMs: 60_000 },
  decoder: () => new BinanceWire('usdm'),
  snapshot: (base, raw) => ({ url: `${base}/fapi/v1/depth?symbol=${raw}&limit=${DEPTH}`, weight: 20 }),
  instruments: (base) => [{ url: `${base}/fapi/v1/exchangeInfo`, weight: 1 }],
}

/** Binance's markets that can be had live. */
export const binanceVenues = { spot, usdm }
