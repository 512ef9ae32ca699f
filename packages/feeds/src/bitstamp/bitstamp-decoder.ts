import { BookSync, type SequenceRule } from '@tapeloom/data/book'
import type { Listing, VenueDecoder, WireBookChange, WireEvent, WireLevel, WireMessage } from '../venue-decoder.ts'
import { asDigits, asFields, asList, asPrice, asText, asWhole, Unreadable, type Fields } from '../wire-fields.ts'
import { marketSymbol, splitQuote } from '../wire-symbol.ts'
import { microsecondsUs } from '../wire-time.ts'

const QUOTES = ['usdt', 'usdc', 'usd', 'eur', 'gbp', 'btc', 'eth', 'pax']

interface Book {
  readonly sync: BookSync<WireBookChange>
  connection: string
}

/**
 * Bitstamp, WebSocket v2. A book begins with the REST snapshot; updates that are not younger than it (`microtimestamp`) are
 * dropped, and those that come before it wait. Updates are not numbered, so a missing one cannot be seen.
 * @source Bitstamp WebSocket API v2, "Live full order book" and "Live ticker"
 */
export class BitstampDecoder implements VenueDecoder {
  readonly detectsLoss = false
  readonly #books = new Map<string, Book>()
  readonly #listings = new Map<string, Listing>()

  connected(connection: string): void {
    for (const book of this.#books.values()) if (book.connection === connection) book.sync.clear()
  }

  receive({ json, connection }: WireMessage): readonly WireEvent[] | undefined {
    const message = asFields(json)
    const { event, channel } = message
    if (typeof event !== 'string') return undefined
    if (event.startsWith('bts:')) return event === 'bts:error' ? undefined : []
    const name = typeof channel === 'string' ? channel : ''
    const [, kind, symbol = ''] = /^(diff_order_book|live_trades)_([a-z0-9-]+)$/.exec(name) ?? []
    if (kind === 'diff_order_book' && event === 'data') return this.#update(symbol, asFields(message['data']), connection)
    if (kind === 'live_trades' && event === 'trade') return [tradeOf(symbol, asFields(message['data']))]
    return /^(order_book|detail_order_book|live_orders)_/.test(name) ? [] : undefined
  }

  /** The book, and the names of the pairs. */
  respond(url: string, { json }: WireMessage): readonly WireEvent[] | undefined {
    if (url.includes('/trading-pairs-info')) this.#name(asList(json).map(asFields))
    const symbol = /\/order_book\/([a-z0-9-]+)/.exec(url)?.[1]
    return symbol === undefined ? undefined : this.#snapshot(symbol, asFields(json))
  }

  lose(symbol: string): void {
    this.#books.get(symbol)?.sync.lose()
  }

  listing(symbol: string): Listing | undefined {
    const [base = '', quote = ''] = splitQuote(symbol, QUOTES) ?? []
    return this.#listings.get(symbol) ?? listed(base, quote)
  }

  #name(pairs: readonly Fields[]): void {
    for (const { url_symbol: symbol, name } of pairs) {
      const [base = '', quote = ''] = typeof name === 'string' ? name.split('/') : []
      const listing = listed(base, quote)
      if (listing && typeof symbol === 'string') this.#listings.set(symbol, listing)
    }
  }

  #update(symbol: string, data: Fields, connection: string): WireEvent[] {
    const change = changeOf(symbol, 'delta', data)
    const book = this.#bookOf(symbol, connection)
    book.connection = connection
    return book.sync.update(idsOf(change), change) === 'apply' ? [change] : []
  }

  #snapshot(symbol: string, data: Fields): WireEvent[] {
    const change = changeOf(symbol, 'snapshot', data)
    const { sync } = this.#bookOf(symbol, '')
    return sync.isOld(change.eventUs) ? [] : [change, ...(sync.snapshot(change.eventUs) ?? [])]
  }

  #bookOf(symbol: string, connection: string): Book {
    let book = this.#books.get(symbol)
    if (!book) this.#books.set(symbol, (book = { sync: new BookSync(youngerThanSnapshot()), connection }))
    return book
  }
}

/** Times stand for ids: two updates of one microsecond are both used. */
function youngerThanSnapshot(): SequenceRule {
  let snapshotUs = NaN
  return {
    reset: (id) => void (snapshotUs = id),
    apply: ({ last }) => (last > snapshotUs ? 'apply' : 'drop'),
  }
}

const idsOf = ({ eventUs }: WireBookChange) => ({ first: eventUs, last: eventUs, previous: NaN })

const listed = (base: string, quote: string): Listing | undefined => {
  const symbol = marketSymbol(base, quote)
  return symbol && { symbol, kind: 'spot' }
}

function changeOf(symbol: string, update: 'snapshot' | 'delta', data: Fields): WireBookChange {
  const side = (levels: unknown) =>
    asList(levels).map(asList).map(([price, amount]): WireLevel => [asPrice(price), asDigits(amount)])
  const sides = { bids: side(data['bids']), asks: side(data['asks']) }
  return { kind: 'book', symbol, eventUs: microsecondsUs(data['microtimestamp']), update, ...sides }
}

/** Type 0 is a buyer who takes. */
function tradeOf(symbol: string, data: Fields): WireEvent {
  const { type, id, microtimestamp, price_str, price, amount_str, amount } = data
  if (type !== 0 && type !== 1) throw new Unreadable('no side')
  return {
    kind: 'trade', symbol: asText(symbol), eventUs: microsecondsUs(microtimestamp), price: asPrice(price_str ?? price),
    quantity: asPrice(amount_str ?? amount), aggressor: type === 0 ? 'buy' : 'sell', id: String(asWhole(id)),
  }
}
