import { crc32 } from 'node:zlib'
import type { Listing, VenueDecoder, WireEvent, WireLevel, WireMessage } from '../venue-decoder.ts'
import { WireBook } from '../wire-book.ts'
import { asDigits, asFields, asList, asPrice, asText, asWhole, Unreadable, type Fields } from '../wire-fields.ts'
import { marketSymbol } from '../wire-symbol.ts'
import { millisecondsUs } from '../wire-time.ts'

/** Levels that a channel sends of a side: one of so many was cut off there. */
const DEPTHS: Readonly<Record<string, number>> = { 'books': 400, 'books-l2-tbt': 400, 'books50-l2-tbt': 50 }
const UNUSED = new Set([
  'tickers', 'books5', 'bbo-tbt', 'trades-all', 'funding-rate', 'mark-price', 'open-interest', 'index-tickers',
])

interface Book {
  readonly wire: WireBook
  /** Levels of a side that the venue sends. */
  readonly depth: number
  /** Whether a side had as many since the snapshot: beyond its outermost level nothing is known. */
  limited: boolean
  /** `seqId` of its last update; NaN where none was sent. */
  sequence: number
}

/**
 * OKX, WebSocket v5. Updates carry a signed CRC-32 over the 25 best levels, and later also `seqId` and `prevSeqId`; each is
 * compared where it is sent. A checksum of 0 in a message with numbers means that the venue sends none any more.
 * @source OKX API v5, "Order book channel" and "Checksum"
 */
export class OkxDecoder implements VenueDecoder {
  readonly detectsLoss = true
  readonly #books = new Map<string, Book>()
  readonly #listings = new Map<string, Listing>()

  receive({ json }: WireMessage): readonly WireEvent[] | undefined {
    if (json === 'pong') return []
    const message = asFields(json)
    if ('event' in message) return message['event'] === 'error' ? undefined : []
    const { channel, instId } = asFields(message['arg'])
    if (typeof channel !== 'string') throw new Unreadable('no channel')
    if (UNUSED.has(channel) || /(candle|price-limit)/.test(channel)) return []
    if (channel === 'trades') return asList(message['data']).map((trade) => tradeOf(asFields(trade)))
    const depth = DEPTHS[channel]
    if (depth === undefined) return undefined
    const isSnapshot = message['action'] === 'snapshot'
    if (!isSnapshot && message['action'] !== 'update') throw new Unreadable('no action')
    const parts = asList(message['data']).map((data) => changeOf(asFields(data)))
    const symbol = asText(instId)
    return parts.flatMap((part) => (isSnapshot ? this.#reset(symbol, part, depth) : this.#update(symbol, part)))
  }

  /** Instruments tell the size of a contract. */
  respond(url: string, { json }: WireMessage): undefined {
    if (!url.includes('/public/instruments')) return
    for (const one of asList(asFields(json)['data'])) {
      const { instId, ctVal, ctType } = asFields(one)
      const known = typeof instId === 'string' ? listingOf(instId) : undefined
      if (!known || typeof ctVal !== 'string' || ctVal === '') continue
      const kind = ctType === 'inverse' ? 'inverse' : 'linear'
      this.#listings.set(instId as string, { ...known, kind, contractSize: asPrice(ctVal) })
    }
  }

  lose(symbol: string): void {
    this.#books.delete(symbol)
  }

  listing(symbol: string): Listing | undefined {
    return this.#listings.get(symbol) ?? listingOf(symbol)
  }

  #reset(symbol: string, part: Change, depth: number): WireEvent[] {
    const { bids, asks, eventUs } = part
    const wire = new WireBook()
    wire.reset(bids, asks)
    if (!isRight(wire, part)) return this.#lost(symbol, eventUs, 'checksum')
    const partial = wire.reaches(depth)
    this.#books.set(symbol, { wire, depth, limited: partial, sequence: part.sequence })
    return [{ kind: 'book', symbol, eventUs, update: 'snapshot', bids, asks, ...(partial && { partial }), ...checked(part) }]
  }

  #update(symbol: string, part: Change): WireEvent[] {
    const { bids, asks, eventUs, previous } = part
    const book = this.#books.get(symbol)
    if (!book) return []
    const follows = Number.isNaN(previous) || Number.isNaN(book.sequence) || previous === book.sequence
    if (!follows) return this.#lost(symbol, eventUs, 'desync')
    book.wire.apply(bids, asks)
    book.sequence = part.sequence
    if (!isRight(book.wire, part)) return this.#lost(symbol, eventUs, 'checksum')
    book.limited ||= book.wire.reaches(book.depth)
    const partial = book.limited && { partial: true }
    return [{ kind: 'book', symbol, eventUs, update: 'delta', bids, asks, ...partial, ...checked(part) }]
  }

  #lost(symbol: string, eventUs: number, reason: 'checksum' | 'desync'): WireEvent[] {
    this.lose(symbol)
    return [{ kind: 'gap', symbol, eventUs, reason }]
  }
}

interface Change {
  readonly bids: readonly WireLevel[]
  readonly asks: readonly WireLevel[]
  readonly eventUs: number
  readonly checksum: number | undefined
  /** NaN where not sent. */
  readonly sequence: number
  readonly previous: number
}

function changeOf(data: Fields): Change {
  const side = (levels: unknown) =>
    asList(levels).map(asList).map(([price, size]): WireLevel => [asPrice(price), asDigits(size)])
  const numbered = 'seqId' in data
  const checksum = 'checksum' in data ? asWhole(data['checksum']) : undefined
  if (!numbered && checksum === undefined) throw new Unreadable('neither number nor checksum')
  return {
    bids: side(data['bids']), asks: side(data['asks']), eventUs: millisecondsUs(data['ts']),
    checksum: numbered && checksum === 0 ? undefined : checksum,
    sequence: numbered ? asWhole(data['seqId']) : NaN,
    previous: 'prevSeqId' in data ? asWhole(data['prevSeqId']) : NaN,
  }
}

const checked = ({ checksum }: Change) => (checksum === undefined ? {} : { checked: true })
const isRight = (book: WireBook, { checksum }: Change): boolean => checksum === undefined || okxChecksum(book) === checksum

/** Signed CRC-32 over `bid price:size:ask price:size:…` of the 25 best levels; a side that ends earlier is left out. */
export function okxChecksum(book: WireBook): number {
  const { bids, asks } = book.top(25)
  const pairs = Array.from({ length: Math.max(bids.length, asks.length) }, (_, i) => [...(bids[i] ?? []), ...(asks[i] ?? [])])
  return crc32(pairs.flat().join(':')) | 0
}

/** The side is the taker's. */
function tradeOf(trade: Fields): WireEvent {
  const side = trade['side']
  if (side !== 'buy' && side !== 'sell') throw new Unreadable('no side')
  return {
    kind: 'trade', symbol: asText(trade['instId']), eventUs: millisecondsUs(trade['ts']), price: asPrice(trade['px']),
    quantity: asPrice(trade['sz']), aggressor: side, id: asText(trade['tradeId']),
  }
}

/** `BTC-USDT`, `BTC-USDT-SWAP`, `BTC-USD-220527`: contracts in USD settle in the base currency. */
function listingOf(id: string): Listing | undefined {
  const [base = '', quote = '', expiry, more] = id.split('-')
  if (more !== undefined) return undefined
  if (expiry === undefined) return listed(marketSymbol(base, quote))
  const settle = quote === 'USD' ? base : quote
  return listed(marketSymbol(base, quote, settle, expiry === 'SWAP' ? '' : expiry), quote === 'USD' ? 'inverse' : 'linear')
}

const listed = (symbol: Listing['symbol'] | undefined, kind: Listing['kind'] = 'spot'): Listing | undefined =>
  symbol && { symbol, kind }
