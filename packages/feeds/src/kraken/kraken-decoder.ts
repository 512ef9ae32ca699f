import { crc32 } from 'node:zlib'
import type { Listing, VenueDecoder, WireEvent, WireLevel, WireMessage } from '../venue-decoder.ts'
import { WireBook } from '../wire-book.ts'
import { asDigits, asFields, asList, asPrice, asText, asWhole, Unreadable, type Fields } from '../wire-fields.ts'
import { marketSymbol } from '../wire-symbol.ts'
import { secondsUs } from '../wire-time.ts'

const UNUSED = /^(ticker|spread|ohlc(-\d+)?)$/
const EVENTS = new Set(['heartbeat', 'systemStatus', 'subscriptionStatus', 'pong'])

interface Levels {
  bids: WireLevel[]
  asks: WireLevel[]
  timeUs: number
}

/**
 * Kraken spot, WebSocket v1. Books have no numbers but a CRC-32 with each update, over what is left after the book was cut
 * to the depth that was subscribed to; levels that fall out there are told as deleted.
 * @source Kraken WebSocket API 1.9, "book" and "Book checksum"
 */
export class KrakenDecoder implements VenueDecoder {
  readonly detectsLoss = true
  readonly #books = new Map<string, WireBook>()

  receive({ json, receivedUs }: WireMessage): readonly WireEvent[] | undefined {
    if (!Array.isArray(json)) return EVENTS.has(asFields(json)['event'] as string) ? [] : undefined
    const channel = asText(json.at(-2))
    const symbol = asText(json.at(-1))
    if (channel === 'trade') return asList(json[1]).map((trade) => tradeOf(symbol, asList(trade)))
    if (channel.startsWith('book-')) {
      return this.#book(symbol, asWhole(channel.slice(5)), json.slice(1, -2).map(asFields), receivedUs)
    }
    return UNUSED.test(channel) ? [] : undefined
  }

  lose(symbol: string): void {
    this.#books.delete(symbol)
  }

  listing(symbol: string): Listing | undefined {
    const [base = '', quote = ''] = symbol.split('/')
    const unified = marketSymbol(base, quote)
    return unified && { symbol: unified }
  }

  #book(symbol: string, depth: number, parts: readonly Fields[], receivedUs: number): readonly WireEvent[] {
    const levels: Levels = { bids: [], asks: [], timeUs: NaN }
    const isSnapshot = parts.some((part) => 'as' in part || 'bs' in part)
    let expected: number | undefined
    for (const part of parts) {
      readSide(part[isSnapshot ? 'bs' : 'b'], levels.bids, levels)
      readSide(part[isSnapshot ? 'as' : 'a'], levels.asks, levels)
      if ('c' in part) expected = asWhole(part['c'])
    }
    if (!isSnapshot && expected === undefined) throw new Unreadable('no checksum')
    const at = { symbol, eventUs: Number.isNaN(levels.timeUs) ? receivedUs : levels.timeUs }
    if (isSnapshot) return [{ ...at, ...this.#reset(symbol, depth, levels) }]
    const book = this.#books.get(symbol)
    if (!book) return []
    const event = { ...at, ...this.#update(book, depth, levels, expected) }
    if (event.kind === 'gap') this.lose(symbol)
    return [event]
  }

  #reset(symbol: string, depth: number, { bids, asks }: Levels) {
    const book = new WireBook()
    book.reset(bids, asks)
    book.cut(depth)
    this.#books.set(symbol, book)
    const partial = bids.length >= depth || asks.length >= depth
    return { kind: 'book', update: 'snapshot', ...book.top(depth), ...(partial && { partial }) } as const
  }

  #update(book: WireBook, depth: number, { bids, asks }: Levels, expected: number | undefined) {
    book.apply(bids, asks)
    const cut = book.cut(depth)
    const all = { bids: [...bids, ...cut.bids], asks: [...asks, ...cut.asks] }
    if (krakenChecksum(book) === expected) return { kind: 'book', update: 'delta', ...all, checked: true } as const
    return { kind: 'gap', reason: 'checksum' } as const
  }
}

/** CRC-32 over the ten best asks, then bids: digits of price and volume without point and zeros in front. */
export function krakenChecksum(book: WireBook): number {
  const { bids, asks } = book.top(10)
  const digits = [...asks, ...bids].flat().map((text) => text.replace('.', '').replace(/^0+/, ''))
  return crc32(digits.join(''))
}

/** `[price, volume, time]`, with a fourth, "r", on levels that come back into the depth. */
function readSide(side: unknown, into: WireLevel[], levels: Levels): void {
  if (side === undefined) return
  for (const level of asList(side)) {
    const [price, volume, time] = asList(level)
    into.push([asPrice(price), asDigits(volume)])
    const timeUs = secondsUs(time)
    if (!(timeUs <= levels.timeUs)) levels.timeUs = timeUs
  }
}

/** `[price, volume, time, side, order type, miscellaneous]`; the side is the taker's. */
function tradeOf(symbol: string, [price, volume, time, side]: readonly unknown[]): WireEvent {
  if (side !== 'b' && side !== 's') throw new Unreadable('no side')
  return {
    kind: 'trade', symbol, eventUs: secondsUs(time), price: asPrice(price), quantity: asPrice(volume),
    aggressor: side === 'b' ? 'buy' : 'sell',
  }
}
