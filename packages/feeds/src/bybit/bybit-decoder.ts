import type { Listing, VenueDecoder, WireEvent, WireLevel, WireMessage } from '../venue-decoder.ts'
import { asDigits, asFields, asList, asPrice, asText, asWhole, Unreadable, type Fields } from '../wire-fields.ts'
import { bybitListing, SPOT } from './bybit-symbol.ts'
import { microsecondsUs, millisecondsUs } from '../wire-time.ts'

const UNUSED = /^(tickers|kline|liquidation|allLiquidation|price_limit|adl_alert|insurance|instrument_info|klineV2|candle)\b/
const BOOK = /^(?:orderbook\.(\d+)|orderBookL2_(25)|orderBook_(200)\.100ms)\.(.+)$/

interface Book {
  readonly depth: number
  /** `u` of its last update; NaN where updates are not numbered. */
  update: number
}
interface Change {
  readonly symbol: string
  readonly depth: number
  readonly eventUs: number
  readonly isSnapshot: boolean
  /** NaN where not numbered. */
  readonly number: number
  readonly bids: readonly WireLevel[]
  readonly asks: readonly WireLevel[]
}

/**
 * Bybit, v5 and the protocol of 2021. In v5 `u` rises by one, and a snapshot or `u` = 1 begins anew; of several depths of a
 * symbol the deepest is used. In 2021 a message has arrays delete, update and insert, and no number. Sizes of inverse
 * contracts are USD. A connection tells spot from contracts by its address.
 * @source Bybit API v5, "Orderbook" and "Trade" of the public WebSocket; Bybit inverse and USDT perpetual API of 2021
 */
export class BybitDecoder implements VenueDecoder {
  readonly detectsLoss = false
  readonly #spot = new Set<string>()
  readonly #books = new Map<string, Book>()

  connected(connection: string, address: string): void {
    if (/\/spot\b/.test(address)) this.#spot.add(connection)
  }

  receive({ json, connection }: WireMessage): readonly WireEvent[] | undefined {
    const message = asFields(json)
    const { topic } = message
    if (typeof topic !== 'string') return message['success'] !== false && ('success' in message || 'op' in message) ? [] : undefined
    const [, v5, legacy, slow, symbol = ''] = BOOK.exec(topic) ?? []
    const prefix = this.#spot.has(connection) ? SPOT : ''
    if (v5 !== undefined) return this.#change(changeOf(prefix + symbol, Number(v5), message))
    if (symbol !== '') return this.#change(legacyOf(symbol, Number(legacy ?? slow), message))
    if (topic.startsWith('publicTrade.')) return asList(message['data']).map((one) => tradeOf(prefix, asFields(one)))
    if (topic.startsWith('trade.')) return asList(message['data']).map((one) => legacyTradeOf(asFields(one)))
    return UNUSED.test(topic) ? [] : undefined
  }

  lose(symbol: string): void {
    this.#books.delete(symbol)
  }

  listing(symbol: string): Listing | undefined {
    return bybitListing(symbol)
  }

  #change({ symbol, depth, eventUs, isSnapshot, number, bids, asks }: Change): WireEvent[] {
    const book = this.#books.get(symbol)
    if (isSnapshot) {
      if (book && book.depth > depth) return []
      this.#books.set(symbol, { depth, update: number })
      const partial = bids.length >= depth || asks.length >= depth
      return [{ kind: 'book', symbol, eventUs, update: 'snapshot', bids, asks, ...(partial && { partial }) }]
    }
    if (!book || book.depth !== depth || number <= book.update) return []
    if (!Number.isNaN(number) && number !== book.update + 1) {
      this.lose(symbol)
      return [{ kind: 'gap', symbol, eventUs, reason: 'desync' }]
    }
    book.update = number
    // Levels beyond the depth go and come unsaid: after each change the outermost level is the end of what is known.
    return [{ kind: 'book', symbol, eventUs, update: 'delta', bids, asks, partial: true }]
  }
}

function changeOf(symbol: string, depth: number, message: Fields): Change {
  const data = asFields(message['data'])
  const side = (levels: unknown) =>
    asList(levels).map(asList).map(([price, size]): WireLevel => [asPrice(price), asDigits(size)])
  const number = asWhole(data['u'])
  return {
    symbol, depth, eventUs: millisecondsUs(message['cts'] ?? message['ts']), number,
    isSnapshot: isSnapshot(message) || number === 1, bids: side(data['b']), asks: side(data['a']),
  }
}

function legacyOf(symbol: string, depth: number, message: Fields): Change {
  const whole = isSnapshot(message)
  const { data } = message
  const rows = (some: unknown, size?: string) => asList(some).map(asFields).map((row) => levelOf(row, size ?? row['size']))
  const levels = whole
    ? rows(Array.isArray(data) ? data : asFields(data)['order_book'])
    : [...rows(asFields(data)['delete'], '0'), ...rows(asFields(data)['update']), ...rows(asFields(data)['insert'])]
  const on = (bid: boolean) => levels.filter((level) => level.bid === bid).map(({ level }) => level)
  const eventUs = microsecondsUs(message['timestamp_e6'])
  return { symbol, depth, eventUs, number: NaN, isSnapshot: whole, bids: on(true), asks: on(false) }
}

function isSnapshot({ type }: Fields): boolean {
  if (type !== 'snapshot' && type !== 'delta') throw new Unreadable('no type')
  return type === 'snapshot'
}

function levelOf({ side, price }: Fields, size: unknown): { readonly bid: boolean; readonly level: WireLevel } {
  return { bid: aggressorOf(side) === 'buy', level: [asPrice(price), asDigits(size)] }
}

function aggressorOf(side: unknown): 'buy' | 'sell' {
  if (side !== 'Buy' && side !== 'Sell') throw new Unreadable('no side')
  return side === 'Buy' ? 'buy' : 'sell'
}

/** The side is the taker's, as it was in 2021. */
const tradeOf = (prefix: string, { T, s, S, v, p, i }: Fields): WireEvent => ({
  kind: 'trade', symbol: prefix + asText(s), eventUs: millisecondsUs(T), price: asPrice(p), quantity: asPrice(v),
  aggressor: aggressorOf(S), id: asText(i),
})

const legacyTradeOf = (one: Fields): WireEvent => ({
  kind: 'trade', symbol: asText(one['symbol']), eventUs: millisecondsUs(one['trade_time_ms']), price: asPrice(one['price']),
  quantity: asPrice(one['size']), aggressor: aggressorOf(one['side']), id: asText(one['trade_id']),
})
