import type { Instrument, MarketSymbol } from '@tapeloom/core'

/** Price and quantity in the venue's own decimal digits. */
export type WireLevel = readonly [price: string, quantity: string]

interface Of {
  /** As the venue writes it. */
  readonly symbol: string
  /** The venue's time, µs; that of receipt where it sends none. */
  readonly eventUs: number
}
export interface WireTrade extends Of {
  readonly kind: 'trade'
  readonly price: string
  readonly quantity: string
  readonly aggressor: 'buy' | 'sell'
  readonly id?: string
}
/** Levels of a book, in sequence: what comes after a snapshot continues it, until a gap. 0 deletes a level. */
export interface WireBookChange extends Of {
  readonly kind: 'book'
  readonly update: 'snapshot' | 'delta'
  /** Whether a snapshot was cut off; of a change, whether the venue sends only so many levels of a side, and one has as many. */
  readonly partial?: boolean
  readonly bids: readonly WireLevel[]
  readonly asks: readonly WireLevel[]
  /** The update's id, where best quotes carry ids as well. */
  readonly id?: number
  /** The venue's checksum over the book was compared and is right. */
  readonly checked?: boolean
}
/** What the venue says is best: as of an update's id, or when it comes. */
export interface WireQuote extends Of {
  readonly kind: 'quote'
  readonly bid: string
  readonly ask: string
  /** Absent where the venue's quotes do not follow each change of quantity. */
  readonly quantities?: readonly [bid: string, ask: string]
  readonly id?: number
}
/** The book is lost until a snapshot: an update is missing (`desync`), or its checksum is wrong (`checksum`). */
export interface WireGap extends Of {
  readonly kind: 'gap'
  readonly reason: 'desync' | 'checksum' | 'reconnect' | 'broken'
}
export type WireEvent = WireTrade | WireBookChange | WireQuote | WireGap

/** One message of a venue, parsed. */
export interface WireMessage {
  /** Which connection it came on. */
  readonly connection: string
  readonly json: unknown
  /** As it came, for venues whose numbers mean more than their value. */
  readonly text?: string
  /** Local time of receipt, µs. */
  readonly receivedUs: number
}

/** What a venue's symbol stands for. */
export interface Listing {
  readonly symbol: MarketSymbol
  readonly kind?: Instrument['kind']
  readonly contractSize?: string
}

/**
 * Reads what one venue sends, and applies its rules: sequence, checksum, depth. It has one state for all connections of a
 * capture. Methods that read may throw `Unreadable`, before any state has changed.
 */
export interface VenueDecoder {
  /** Whether the venue's numbers or checksums tell that a message is missing. */
  readonly detectsLoss: boolean
  /** A connection was made or made again: numbers that count its messages begin anew. */
  connected?(connection: string, address: string): void
  /** What a message says; empty for what is known and not used, undefined for what is not known. */
  receive(message: WireMessage): readonly WireEvent[] | undefined
  /** What the answer to a request says, such as a snapshot; undefined when it is no news. */
  respond?(url: string, message: WireMessage): readonly WireEvent[] | undefined
  /** The book of a symbol is lost: of it, nothing but a snapshot may come next. */
  lose(symbol: string): void
  /** Undefined when the symbol cannot be told. */
  listing(symbol: string): Listing | undefined
}
