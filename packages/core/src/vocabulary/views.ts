import type { EventStamp } from './events.ts'

/** A trade, read in place: valid during the handler only. */
export interface TradeView extends EventStamp {
  readonly venue: string
  readonly price: number
  readonly quantity: number
  readonly aggressor: 'buy' | 'sell'
  /** The venue's trade id, or an empty string. */
  readonly id: string
}

export type BookStatus = 'empty' | 'syncing' | 'live' | 'stale' | 'gap'

/** Reads one venue's book as it is now. Prices and quantities are NaN where the side is empty or beyond coverage. */
export interface BookReader {
  readonly status: BookStatus
  readonly bestBid: number
  readonly bestAsk: number
  readonly bestBidQuantity: number
  readonly bestAskQuantity: number
  readonly midPrice: number
  /** Writes up to `levels` levels from the best outwards into the caller's arrays; returns how many. */
  depth(side: 'bid' | 'ask', levels: number, prices: Float64Array, quantities: Float64Array): number
}

/** A change of a book, which is already applied: valid during the handler only. */
export interface BookView extends EventStamp, BookReader {
  readonly venue: string
  readonly kind: 'snapshot' | 'delta' | 'reset'
  /** How many levels changed; read them by index with the four methods below. */
  readonly changes: number
  changeSide(index: number): 'bid' | 'ask'
  changePrice(index: number): number
  changeQuantity(index: number): number
  changePrevious(index: number): number
}
