import type { VenueDecoder, WireEvent } from './venue-decoder.ts'
import { WireFeed, type WireReject } from './wire-feed.ts'

/** Receipt of the first message of a fixture, µs. */
export const T0 = 1_700_000_000_000_000

/** Lines of recorded traffic for tests: what came on connection `ws`, a millisecond apart. */
export const received = (messages: readonly unknown[], connection = 'ws'): string[] =>
  messages.map((data, i) => line('recv', connection, i, { data: typeof data === 'string' ? data : JSON.stringify(data) }))

export const connect = (connection = 'ws', addr = 'wss://venue.example', ms = 0): string =>
  line('connect', connection, ms, { addr })

export const response = (url: string, data: unknown, ms = 0): string =>
  line('http', 'rest', ms, { url, data: typeof data === 'string' ? data : JSON.stringify(data) })

export const header = (exchange: string): string => JSON.stringify({ t: 'header', format: 2, exchange })

const line = (t: string, conn: string, ms: number, rest: object): string =>
  JSON.stringify({ t, conn, ts: T0 / 1e6 + ms / 1000, ...rest })

/** What a decoder makes of messages on one connection, and of lines as they are. */
export function decoded(decoder: VenueDecoder, ...messages: readonly unknown[]): (WireEvent | WireReject)[] {
  const feed = new WireFeed(decoder)
  return [connect(), ...received(messages)].flatMap((one) => feed.read(one))
}
