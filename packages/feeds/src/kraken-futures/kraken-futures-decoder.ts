import type { Listing, VenueDecoder, WireEvent, WireLevel, WireMessage } from '../venue-decoder.ts'
import { asDigits, asFields, asList, asPrice, asText, asWhole, Unreadable, type Fields } from '../wire-fields.ts'
import { marketSymbol, splitQuote } from '../wire-symbol.ts'
import { millisecondsUs } from '../wire-time.ts'

const UNUSED = new Set(['ticker', 'ticker_lite', 'heartbeat', 'trade_snapshot'])

/**
 * Kraken Futures, WebSocket v1. Each update is one level with a number that follows the one before (`seq` + 1). Trades of a
 * snapshot were before our time and are not used. Quantities are contracts: of 1 USD where they are inverse, else of the base.
 * @source Kraken Futures WebSocket API, "book" and "trade"
 */
export class KrakenFuturesDecoder implements VenueDecoder {
  readonly detectsLoss = true
  readonly #last = new Map<string, number>()

  receive({ json }: WireMessage): readonly WireEvent[] | undefined {
    const message = asFields(json)
    const { feed } = message
    if ('event' in message) return message['event'] === 'error' || message['event'] === 'alert' ? undefined : []
    if (feed === 'book') return this.#update(message)
    if (feed === 'book_snapshot') return this.#snapshot(message)
    if (feed === 'trade') return [tradeOf(message)]
    return UNUSED.has(feed as string) ? [] : undefined
  }

  lose(symbol: string): void {
    this.#last.delete(symbol)
  }

  /** `PI_XBTUSD` inverse perpetual, `FI_XBTUSD_210924` inverse future, `PF_XBTUSD` and `FF_…` linear ones in USD. */
  listing(symbol: string): Listing | undefined {
    const [type, pair = '', expiry = ''] = symbol.toUpperCase().split('_')
    const [base = '', quote = ''] = splitQuote(pair, ['USD', 'XBT', 'EUR']) ?? []
    const inverse = type === 'PI' || type === 'FI'
    if (!inverse && type !== 'PF' && type !== 'FF' && type !== 'PV' && type !== 'FV') return undefined
    const unified = marketSymbol(base, quote, inverse ? base : quote, expiry)
    return unified && { symbol: unified, kind: inverse ? 'inverse' : 'linear' }
  }

  #snapshot(message: Fields): WireEvent[] {
    const symbol = asText(message['product_id'])
    const sides = { bids: sideOf(message['bids']), asks: sideOf(message['asks']) }
    const eventUs = millisecondsUs(message['timestamp'])
    this.#last.set(symbol, asWhole(message['seq']))
    return [{ kind: 'book', symbol, eventUs, update: 'snapshot', ...sides }]
  }

  #update(message: Fields): WireEvent[] {
    const { side, price, qty, seq, timestamp, product_id } = message
    if (side !== 'buy' && side !== 'sell') throw new Unreadable('no side')
    const symbol = asText(product_id)
    const level: WireLevel = [asPrice(price), asDigits(qty)]
    const eventUs = millisecondsUs(timestamp)
    const number = asWhole(seq)
    const last = this.#last.get(symbol)
    if (last === undefined || number <= last) return []
    if (number !== last + 1) {
      this.lose(symbol)
      return [{ kind: 'gap', symbol, eventUs, reason: 'desync' }]
    }
    this.#last.set(symbol, number)
    const [bids, asks] = side === 'buy' ? [[level], []] : [[], [level]]
    return [{ kind: 'book', symbol, eventUs, update: 'delta', bids, asks }]
  }
}

const sideOf = (side: unknown): WireLevel[] =>
  asList(side).map(asFields).map(({ price, qty }) => [asPrice(price), asDigits(qty)])

/** The side is the taker's. */
function tradeOf(message: Fields): WireEvent {
  const { product_id, side, time, price, qty, uid } = message
  if (side !== 'buy' && side !== 'sell') throw new Unreadable('no side')
  return {
    kind: 'trade', symbol: asText(product_id), eventUs: millisecondsUs(time), price: asPrice(price),
    quantity: asPrice(qty), aggressor: side, ...(uid !== undefined && { id: asText(uid) }),
  }
}
