import type { Listing, VenueDecoder, WireEvent, WireLevel, WireMessage } from '../venue-decoder.ts'
import { asDigits, asFields, asList, asPrice, asText, asWhole, Unreadable, type Fields } from '../wire-fields.ts'
import { marketSymbol, splitQuote } from '../wire-symbol.ts'
import { millisecondsUs } from '../wire-time.ts'

const QUOTES = ['GUSD', 'USDT', 'USDC', 'RLUSD', 'USD', 'BTC', 'ETH', 'BCH', 'LTC', 'FIL', 'DAI', 'EUR', 'GBP', 'SGD']
const UNUSED = /^(heartbeat|subscription_ack|auction.*|block_trade|candles_.*)$/

/**
 * Gemini market data v2. The first `l2_updates` of a symbol on a connection is its whole book, with trades from before, which
 * are not used. Nothing is numbered, and books have no time of the venue: that of receipt stands for it.
 * @source Gemini WebSocket API, "Market Data Version 2"
 */
export class GeminiDecoder implements VenueDecoder {
  readonly detectsLoss = false
  /** The connection that each live book comes on. */
  readonly #books = new Map<string, string>()
  /** Books that were lost, with their connection: what comes on it is not the whole book. */
  readonly #lost = new Map<string, string>()

  connected(connection: string): void {
    for (const books of [this.#books, this.#lost]) {
      for (const [symbol, on] of books) if (on === connection) books.delete(symbol)
    }
  }

  receive({ json, connection, receivedUs }: WireMessage): readonly WireEvent[] | undefined {
    const message = asFields(json)
    const { type } = message
    if (type === 'trade') return [tradeOf(message)]
    if (typeof type !== 'string') return undefined
    if (type !== 'l2_updates') return UNUSED.test(type) ? [] : undefined
    const symbol = asText(message['symbol'])
    const sides = sidesOf(message)
    if (this.#lost.get(symbol) === connection) return []
    const update = this.#books.get(symbol) === connection ? 'delta' : 'snapshot'
    this.#books.set(symbol, connection)
    return [{ kind: 'book', symbol, eventUs: receivedUs, update, ...sides }]
  }

  lose(symbol: string): void {
    const on = this.#books.get(symbol)
    if (on !== undefined) this.#lost.set(symbol, on)
    this.#books.delete(symbol)
  }

  listing(symbol: string): Listing | undefined {
    const [base = '', quote = ''] = splitQuote(symbol, QUOTES) ?? []
    const unified = marketSymbol(base, quote)
    return unified && { symbol: unified, kind: 'spot' }
  }
}

function sidesOf(message: Fields): { bids: WireLevel[]; asks: WireLevel[] } {
  const [bids, asks]: [WireLevel[], WireLevel[]] = [[], []]
  for (const change of asList(message['changes'])) {
    const [side, price, quantity] = asList(change)
    if (side !== 'buy' && side !== 'sell') throw new Unreadable('no side')
    ;(side === 'buy' ? bids : asks).push([asPrice(price), asDigits(quantity)])
  }
  return { bids, asks }
}

/** The side is the taker's. */
function tradeOf(message: Fields): WireEvent {
  const { symbol, event_id, timestamp, price, quantity, side } = message
  if (side !== 'buy' && side !== 'sell') throw new Unreadable('no side')
  return {
    kind: 'trade', symbol: asText(symbol), eventUs: millisecondsUs(timestamp), price: asPrice(price),
    quantity: asPrice(quantity), aggressor: side, id: String(asWhole(event_id)),
  }
}
