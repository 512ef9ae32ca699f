import type { MarketSymbol } from '@tapeloom/core'
import { liveSource, type LiveSource } from '../live/live-source.ts'
import type { LiveOptions } from '../live/live-options.ts'
import type { LiveVenue } from '../live/live-venue.ts'
import { symbolParts } from '../live/symbol-parts.ts'
import { asFields, asList, asText } from '../wire-fields.ts'
import { OkxDecoder } from './okx-decoder.ts'

/**
 * OKX's public data, WebSocket v5: trades, and books of 400 levels whose numbers and checksums are compared.
 * @throws TapeloomError `live.symbols`
 * @source OKX API v5, "WebSocket", "Order book channel", "Get instruments"
 */
export const okx = (options: LiveOptions): LiveSource => liveSource(okxVenue, options)

const message = (op: string, channels: readonly string[], raws: readonly string[]): string =>
  JSON.stringify({ op, args: channels.flatMap((channel) => raws.map((instId) => ({ channel, instId }))) })

/** What OKX's public data needs beyond its decoder. */
export const okxVenue: LiveVenue = {
  name: 'okx', exchange: 'OKX',
  urls: { socket: 'wss://ws.okx.com:8443', rest: 'https://www.okx.com' },
  connections: { weight: 3, perMs: 1000 },
  requests: { weight: 20, perMs: 2000 },
  silenceMs: 30_000, // it closes what was silent for 30 s; a ping is always answered
  ping: { everyMs: 15_000, message: 'ping' },
  decoder: () => new OkxDecoder(),
  raw,
  socketUrl: (base) => `${base}/ws/v5/public`,
  subscribe: (raws) => [message('subscribe', ['books', 'trades'], raws)],
  resubscribe: (one) => [message('unsubscribe', ['books'], [one]), message('subscribe', ['books'], [one])],
  instruments: (base, raws) => [...new Set(raws.map(typeOf))].map((type) =>
    ({ url: `${base}/api/v5/public/instruments?instType=${type}`, weight: 1 })),
  steps: (json, one) => {
    const found = asList(asFields(json)['data']).map(asFields).find(({ instId }) => instId === one)
    const contractSize = found?.['ctVal']
    return found && {
      tickSize: asText(found['tickSz']), lotSize: asText(found['lotSz']),
      ...(typeof contractSize === 'string' && contractSize !== '' && { contractSize }),
    }
  },
}

function raw(symbol: MarketSymbol): string | undefined {
  const { base, quote, settle, expiry } = symbolParts(symbol)
  if (base === '') return undefined
  return [base, quote, ...(settle === '' ? [] : [expiry === '' ? 'SWAP' : expiry])].join('-')
}

const typeOf = (one: string): string => {
  const [, , third] = one.split('-')
  return third === undefined ? 'SPOT' : third === 'SWAP' ? 'SWAP' : 'FUTURES'
}
