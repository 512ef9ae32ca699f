import { BookSync } from '@tapeloom/data/book'
import type { Listing, VenueDecoder, WireBookChange, WireEvent, WireLevel, WireMessage } from '../venue-decoder.ts'
import { asDigits, asFields, asList, asPrice, asText, asWhole, Unreadable, type Fields } from '../wire-fields.ts'
import { marketSymbol } from '../wire-symbol.ts'
import { binanceFutures, binanceSpot } from './binance-sequence.ts'
import { unifiedSymbol } from './binance-symbol.ts'
import { millisecondsUs } from '../wire-time.ts'

/** Depth limits that the venue serves: a side of exactly so many levels was cut off there. */
const LIMITS = [5, 10, 20, 50, 100, 500, 1000, 5000]
const UNUSED = new Set([
  'kline', 'continuous_kline', '24hrTicker', '24hrMiniTicker', 'markPriceUpdate', 'forceOrder', 'avgPrice',
])

interface Book {
  readonly sync: BookSync<WireBookChange>
  /** What its updates come on. */
  connection: string
  /** The venue's time of the last update, µs: for snapshots, which have none on spot. */
  eventUs: number
}

/** Which market of Binance: they number their updates and name their symbols differently. */
export type BinanceMarket = 'spot' | 'usdm' | 'coinm'

/**
 * Binance's streams with REST snapshots, which come after the first updates. Aggregate trades are used where a connection
 * has no `@trade` stream. Sizes of COIN-M are contracts of 100 USD for BTC and 10 USD for all others.
 * @source Binance API, "How to manage a local order book correctly"
 */
export class BinanceWire implements VenueDecoder {
  readonly detectsLoss = true
  readonly #market: BinanceMarket
  readonly #books = new Map<string, Book>()
  /** Connections that carry single trades. */
  readonly #single = new Set<string>()

  constructor(market: BinanceMarket) {
    this.#market = market
  }

  connected(connection: string, address: string): void {
    if (address.includes('@trade')) this.#single.add(connection)
    for (const book of this.#books.values()) if (book.connection === connection) book.sync.clear()
  }

  receive({ json, connection, receivedUs }: WireMessage): readonly WireEvent[] | undefined {
    const message = asFields(json)
    const data = 'data' in message ? asFields(message['data']) : message
    const type = data['e'] ?? ('B' in data && 'A' in data ? 'bookTicker' : undefined)
    if (type === 'depthUpdate') return this.#update(data, connection)
    if (type === 'bookTicker') return [quoteOf(data, receivedUs)]
    if (type === 'trade') {
      this.#single.add(connection)
      return [tradeOf(data, 't')]
    }
    if (type === 'aggTrade') return this.#single.has(connection) ? [] : [tradeOf(data, 'a')]
    return UNUSED.has(type as string) || 'result' in message ? [] : undefined
  }

  respond(url: string, { json, receivedUs }: WireMessage): readonly WireEvent[] | undefined {
    if (!/\/depth\b/.test(url)) return undefined
    const data = asFields(json)
    const symbol = data['symbol'] ?? /[?&]symbol=([^&]+)/.exec(url)?.[1]
    return this.#snapshot(asText(symbol), data, receivedUs)
  }

  lose(symbol: string): void {
    this.#books.get(symbol)?.sync.lose()
  }

  listing(symbol: string): Listing | undefined {
    const [pair = '', expiry] = symbol.split('_')
    if (this.#market === 'coinm') {
      const base = pair.endsWith('USD') ? pair.slice(0, -3) : ''
      const unified = marketSymbol(base, 'USD', base, expiry === 'PERP' ? '' : expiry)
      return unified && { symbol: unified, kind: 'inverse', contractSize: base === 'BTC' ? '100' : '10' }
    }
    const unified = unifiedSymbol(pair, this.#market === 'usdm')
    const dated = unified && expiry !== undefined && /^\d{6}$/.test(expiry) ? (`${unified}-${expiry}` as const) : undefined
    const found = expiry === undefined ? unified : dated
    return found && { symbol: found, kind: this.#market === 'usdm' ? 'linear' : 'spot' }
  }

  #bookOf(symbol: string, connection: string): Book {
    let book = this.#books.get(symbol)
    if (!book) {
      const sync = new BookSync<WireBookChange>(this.#market === 'spot' ? binanceSpot() : binanceFutures())
      this.#books.set(symbol, (book = { sync, connection, eventUs: NaN }))
    }
    return book
  }

  #update(data: Fields, connection: string): WireEvent[] {
    const symbol = asText(data['s'])
    const ids = { first: asWhole(data['U']), last: asWhole(data['u']), previous: 'pu' in data ? asWhole(data['pu']) : NaN }
    const eventUs = millisecondsUs(data['T'] ?? data['E'])
    const sides = { bids: sideOf(data['b']), asks: sideOf(data['a']) }
    const book = this.#bookOf(symbol, connection)
    book.connection = connection
    book.eventUs = eventUs
    const change: WireBookChange = { kind: 'book', symbol, eventUs, update: 'delta', ...sides, id: ids.last }
    const verdict = book.sync.update(ids, change)
    if (verdict === 'gap') return [{ kind: 'gap', symbol, eventUs, reason: 'desync' }]
    return verdict === 'apply' ? [change] : []
  }

  /** A snapshot is followed by the updates that have waited for it. */
  #snapshot(symbol: string, data: Fields, receivedUs: number): WireEvent[] {
    const id = asWhole(data['lastUpdateId'])
    const sides = { bids: sideOf(data['bids']), asks: sideOf(data['asks']) }
    const time = data['T'] ?? data['E']
    const ownUs = time === undefined ? NaN : millisecondsUs(time)
    const book = this.#bookOf(symbol, '')
    const eventUs = [ownUs, book.eventUs, receivedUs].find((us) => !Number.isNaN(us))!
    if (book.sync.isOld(id)) return []
    const wasLive = book.sync.live
    const waiting = book.sync.snapshot(id)
    if (!waiting) return wasLive ? [{ kind: 'gap', symbol, eventUs, reason: 'desync' }] : []
    const partial = LIMITS.includes(sides.bids.length) || LIMITS.includes(sides.asks.length)
    return [{ kind: 'book', symbol, eventUs, update: 'snapshot', ...sides, ...(partial && { partial }), id }, ...waiting]
  }
}

const sideOf = (side: unknown): WireLevel[] =>
  asList(side).map(asList).map(([price, quantity]) => [asPrice(price), asDigits(quantity)])

function tradeOf(data: Fields, id: 't' | 'a'): WireEvent {
  const sold = data['m']
  if (typeof sold !== 'boolean') throw new Unreadable('no side')
  return {
    kind: 'trade', symbol: asText(data['s']), eventUs: millisecondsUs(data['T'] ?? data['E']), price: asPrice(data['p']),
    quantity: asPrice(data['q']), aggressor: sold ? 'sell' : 'buy', id: String(asWhole(data[id])),
  }
}

const quoteOf = (data: Fields, receivedUs: number): WireEvent => ({
  kind: 'quote', symbol: asText(data['s']), eventUs: data['T'] === undefined ? receivedUs : millisecondsUs(data['T']),
  id: asWhole(data['u']), bid: asDigits(data['b']), ask: asDigits(data['a']),
  quantities: [asDigits(data['B']), asDigits(data['A'])],
})
