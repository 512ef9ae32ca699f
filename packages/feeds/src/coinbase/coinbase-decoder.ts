import type { Listing, VenueDecoder, WireBookChange, WireEvent, WireLevel, WireMessage } from '../venue-decoder.ts'
import { asDigits, asFields, asList, asPrice, asText, asWhole, isZero, Unreadable, type Fields } from '../wire-fields.ts'
import { marketSymbol } from '../wire-symbol.ts'
import { isoTimeUs } from '../wire-time.ts'

const UNUSED = new Set(['subscriptions', 'heartbeats', 'candles', 'status', 'user', 'futures_balance_summary'])

/**
 * Coinbase Advanced Trade. `sequence_num` counts all messages of a connection over its channels: a missing one loses all
 * books of that connection. A trade's `side` is that of the maker; those in a snapshot were before our time and are not used.
 * @source Coinbase Advanced Trade WebSocket channels
 */
export class CoinbaseDecoder implements VenueDecoder {
  readonly detectsLoss = true
  readonly #last = new Map<string, number>()
  /** Which connection each live book comes on. */
  readonly #books = new Map<string, string>()

  connected(connection: string): void {
    this.#last.delete(connection)
  }

  receive({ json, connection }: WireMessage): readonly WireEvent[] | undefined {
    const message = asFields(json)
    const { channel, timestamp } = message
    if (typeof channel !== 'string') return undefined
    const number = asWhole(message['sequence_num'])
    const read = this.#reader(channel)
    const timeUs = isoTimeUs(timestamp)
    const events = read && asList(message['events']).map(asFields).flatMap((one) => read(one, timeUs))
    const last = this.#last.get(connection)
    if (last !== undefined && number <= last) return []
    this.#last.set(connection, number)
    const lost = last === undefined || number === last + 1 ? [] : this.#lost(connection, timeUs)
    if (!events) return lost.length > 0 ? lost : undefined
    return [...lost, ...events.filter((event) => this.#follows(event, connection))]
  }

  lose(symbol: string): void {
    this.#books.delete(symbol)
  }

  listing(symbol: string): Listing | undefined {
    const [base = '', quote = '', more] = symbol.split('-')
    const unified = more === undefined ? marketSymbol(base, quote) : undefined
    return unified && { symbol: unified, kind: 'spot' }
  }

  #reader(channel: string): ((event: Fields, timeUs: number) => readonly WireEvent[]) | undefined {
    if (channel === 'l2_data') return (event, timeUs) => [bookOf(event, timeUs)]
    if (channel === 'market_trades') return tradesOf
    if (channel === 'ticker' || channel === 'ticker_batch') return quotesOf
    return UNUSED.has(channel) ? () => [] : undefined
  }

  /** An update without its snapshot is not told. */
  #follows(event: WireEvent, connection: string): boolean {
    if (event.kind !== 'book') return true
    if (event.update === 'snapshot') this.#books.set(event.symbol, connection)
    return this.#books.has(event.symbol)
  }

  #lost(connection: string, eventUs: number): WireEvent[] {
    const symbols = [...this.#books].filter(([, on]) => on === connection).map(([symbol]) => symbol)
    for (const symbol of symbols) this.lose(symbol)
    return symbols.map((symbol) => ({ kind: 'gap', symbol, eventUs, reason: 'desync' }))
  }
}

function bookOf(event: Fields, eventUs: number): WireBookChange {
  const update = event['type'] === 'snapshot' ? 'snapshot' : 'delta'
  if (update === 'delta' && event['type'] !== 'update') throw new Unreadable('no type')
  const [bids, asks]: [WireLevel[], WireLevel[]] = [[], []]
  for (const one of asList(event['updates'])) {
    const { side, price_level, new_quantity } = asFields(one)
    if (side !== 'bid' && side !== 'offer') throw new Unreadable('no side')
    ;(side === 'bid' ? bids : asks).push([asPrice(price_level), asDigits(new_quantity)])
  }
  return { kind: 'book', symbol: asText(event['product_id']), eventUs, update, bids, asks }
}

function tradesOf(event: Fields): WireEvent[] {
  if (event['type'] === 'snapshot') return []
  return asList(event['trades']).map((one) => {
    const { product_id, trade_id, price, size, time, side } = asFields(one)
    if (side !== 'BUY' && side !== 'SELL') throw new Unreadable('no side')
    return {
      kind: 'trade', symbol: asText(product_id), eventUs: isoTimeUs(time), price: asPrice(price), quantity: asPrice(size),
      aggressor: side === 'BUY' ? 'sell' : 'buy', id: asText(trade_id),
    }
  })
}

/** Quantities lag behind the book's, and a side may be empty: then there is no quote. */
function quotesOf(event: Fields, eventUs: number): WireEvent[] {
  return asList(event['tickers']).map(asFields).flatMap((one): WireEvent[] => {
    const [bid = '0', ask = '0'] = [one['best_bid'], one['best_ask']].map((price) => asDigits(price || '0'))
    return isZero(bid) || isZero(ask) ? [] : [{ kind: 'quote', symbol: asText(one['product_id']), eventUs, bid, ask }]
  })
}
