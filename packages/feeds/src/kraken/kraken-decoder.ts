import type { Listing, VenueDecoder, WireEvent, WireLevel, WireMessage } from '../venue-decoder.ts'
import { asDigits, asFields, asList, asPrice, asText, asWhole, Unreadable, type Fields } from '../wire-fields.ts'
import { marketSymbol } from '../wire-symbol.ts'
import { secondsUs } from '../wire-time.ts'
import { KrakenBook } from './kraken-book.ts'
import { KrakenV2 } from './kraken-v2.ts'

const UNUSED = /^(ticker|spread|ohlc(-\d+)?)$/
const EVENTS = new Set(['heartbeat', 'systemStatus', 'subscriptionStatus', 'pong'])

interface Levels {
  bids: WireLevel[]
  asks: WireLevel[]
  timeUs: number
}

/**
 * Kraken spot, WebSocket v1 (lists) and v2 (objects). Books have no numbers but a CRC-32 with each update.
 * @source Kraken WebSocket API 1.9, "book" and "Book checksum"
 */
export class KrakenDecoder implements VenueDecoder {
  readonly detectsLoss = true
  readonly #books = new Map<string, KrakenBook>()
  readonly #v2 = new KrakenV2(this.#books)

  receive(message: WireMessage): readonly WireEvent[] | undefined {
    const { json, receivedUs } = message
    if (!Array.isArray(json)) {
      const fields = asFields(json)
      if (EVENTS.has(fields['event'] as string)) return fields['status'] === 'error' ? undefined : []
      return this.#v2.receive(fields, message)
    }
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
    const change = { ...levels, checksum: expected }
    if (isSnapshot) this.#books.set(symbol, new KrakenBook(depth))
    const book = this.#books.get(symbol)
    if (!book) return []
    const event = isSnapshot ? book.reset(change) : book.update(change)
    if (event.kind === 'gap') this.lose(symbol)
    return [{ ...at, ...event }]
  }
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
