import type { WireEvent, WireLevel, WireMessage } from '../venue-decoder.ts'
import { asDigits, asFields, asList, asPrice, asText, asWhole, Unreadable, type Fields } from '../wire-fields.ts'
import { isoTimeUs } from '../wire-time.ts'
import { KrakenBook, type KrakenLevels } from './kraken-book.ts'

const UNUSED = new Set(['ticker', 'ohlc', 'instrument', 'status', 'heartbeat'])
/** Depths that can be subscribed to. */
const DEPTHS = [10, 25, 100, 500, 1000]

/**
 * Messages of Kraken's WebSocket v2: objects with a `channel`. Prices and quantities are JSON numbers, whose zeros at the
 * end count for the checksum, so digits are read from the text. Snapshots carry a checksum as well.
 * @source Kraken WebSocket API v2, "Book (Level 2)", "Trades" and "Book checksum (WebSocket v2)"
 */
export class KrakenV2 {
  readonly #books: Map<string, KrakenBook>
  /** The depth of each symbol, as its subscription was confirmed. */
  readonly #depths = new Map<string, number>()

  /** @param books the live books by symbol, shared with whoever loses them */
  constructor(books: Map<string, KrakenBook>) {
    this.#books = books
  }

  receive(fields: Fields, message: WireMessage): readonly WireEvent[] | undefined {
    const { channel, method, type } = fields
    if (typeof method === 'string') return fields['success'] === false ? undefined : this.#answer(fields)
    if (channel !== 'book' && channel !== 'trade') return UNUSED.has(channel as string) ? [] : undefined
    if (type !== 'snapshot' && type !== 'update') throw new Unreadable('no type')
    const rows = asList(asFields(exact(message))['data']).map(asFields)
    // Trades in a snapshot were before our time.
    if (channel === 'trade') return type === 'snapshot' ? [] : rows.map(tradeOf)
    return rows.map((row) => bookOf(row, message.receivedUs)).flatMap((change) => this.#book(change, type === 'snapshot'))
  }

  /** Whether a subscription was confirmed with a depth. */
  #answer({ result }: Fields): readonly WireEvent[] {
    const { channel, symbol, depth } = typeof result === 'object' && result !== null ? asFields(result) : {}
    if (channel === 'book' && typeof symbol === 'string' && typeof depth === 'number') this.#depths.set(symbol, depth)
    return []
  }

  #book({ symbol, eventUs, ...levels }: Change, isSnapshot: boolean): readonly WireEvent[] {
    if (isSnapshot) this.#books.set(symbol, new KrakenBook(this.#depths.get(symbol) ?? depthOf(levels)))
    const book = this.#books.get(symbol)
    if (!book) return []
    const event = isSnapshot ? book.reset(levels) : book.update(levels)
    if (event.kind === 'gap') this.#books.delete(symbol)
    return [{ symbol, eventUs, ...event }]
  }
}

interface Change extends KrakenLevels {
  readonly symbol: string
  readonly eventUs: number
}

function bookOf({ symbol, bids, asks, checksum, timestamp }: Fields, receivedUs: number): Change {
  const side = (levels: unknown) =>
    asList(levels ?? []).map(asFields).map(({ price, qty }): WireLevel => [asPrice(price), asDigits(qty)])
  return {
    symbol: asText(symbol), eventUs: timestamp === undefined ? receivedUs : isoTimeUs(timestamp),
    bids: side(bids), asks: side(asks), checksum: asWhole(checksum),
  }
}

/** The side is the taker's. */
function tradeOf({ symbol, side, price, qty, trade_id, timestamp }: Fields): WireEvent {
  if (side !== 'buy' && side !== 'sell') throw new Unreadable('no side')
  return {
    kind: 'trade', symbol: asText(symbol), eventUs: isoTimeUs(timestamp), price: asPrice(price), quantity: asPrice(qty),
    aggressor: side, id: String(asWhole(trade_id)),
  }
}

/** The least depth that a snapshot fits into, where the subscription was not seen. */
const depthOf = ({ bids, asks }: KrakenLevels): number =>
  DEPTHS.find((depth) => depth >= Math.max(bids.length, asks.length)) ?? Infinity

/** The message with its prices and quantities as the digits of the text. */
function exact({ json, text }: WireMessage): unknown {
  if (text === undefined) return json
  return JSON.parse(text, function (this: unknown, key: string, value: unknown, context?: { readonly source?: string }) {
    return typeof value === 'number' && (key === 'price' || key === 'qty') ? (context?.source ?? value) : value
  } as (this: unknown, key: string, value: unknown) => unknown)
}
