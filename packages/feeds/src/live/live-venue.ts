import type { Instrument, MarketSymbol } from '@tapeloom/core'
import type { VenueDecoder } from '../venue-decoder.ts'
import type { Allowance } from './rate-limit.ts'

/** Where a venue is reached: `wss://…` and `https://…`, without what `LiveVenue` adds. */
export interface VenueUrls {
  readonly socket: string
  readonly rest: string
}

/** A request and what it counts. */
export interface Request {
  readonly url: string
  readonly weight: number
}

/** Steps of an instrument as the venue writes them. */
export interface Steps {
  readonly tickSize: string
  readonly lotSize: string
  readonly contractSize?: string
}

/** What is said to the venue each `everyMs`, for it to keep the connection or to show that it is there. */
export interface Ping {
  readonly everyMs: number
  readonly message: string
}

/** What one venue's public data needs beyond its decoder; `raw` is a symbol as the decoder names it. */
export interface LiveVenue {
  /** As in `Instrument.venue`. */
  readonly name: string
  /** As the header of a capture names it. */
  readonly exchange: string
  readonly urls: VenueUrls
  /** What the venue allows: connection attempts, and the weight of requests. */
  readonly connections: Allowance
  readonly requests: Allowance
  /** A connection that says nothing for so long is taken for dead. */
  readonly silenceMs: number
  readonly ping?: Ping
  decoder(): VenueDecoder
  /** The venue's symbol; undefined where it can have none. */
  raw(symbol: MarketSymbol): string | undefined
  socketUrl(base: string, raws: readonly string[]): string
  /** What is sent when the connection is open. */
  subscribe(raws: readonly string[]): readonly string[]
  /** What is sent for a new snapshot of one book; absent where it is requested, or needs a new connection. */
  resubscribe?(raw: string): readonly string[]
  /** Where a snapshot of a book is requested; absent where the venue sends it. */
  snapshot?(base: string, raw: string): Request
  /** Where tick and lot of symbols are told. */
  instruments(base: string, raws: readonly string[]): readonly Request[]
  /** What an answer to it says of a symbol; undefined when nothing. @throws Unreadable */
  steps(json: unknown, raw: string): Steps | undefined
}

/** A symbol of a live source, in both languages. */
export interface LiveSymbol {
  readonly raw: string
  readonly instrument: Instrument
}
