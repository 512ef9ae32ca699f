import type { Listing, VenueDecoder, WireEvent, WireLevel, WireMessage } from '../venue-decoder.ts'
import { asDigits, asFields, asList, asPrice, asText, asWhole, Unreadable, type Fields } from '../wire-fields.ts'
import { isoTimeUs } from '../wire-time.ts'
import { bitmexListing } from './bitmex-symbol.ts'

const UNUSED =
  /^(orderBook10|(quote|trade)Bin1?5?[mhd]|instrument|funding|liquidation|settlement|insurance|announcement|connected|chat)$/

/** A row of a book: its key, and the price where it is told. */
interface Row {
  readonly symbol: string
  readonly key: string
  readonly bid: boolean
  readonly price: string | undefined
  readonly size: string
  readonly eventUs: number
}

/**
 * BitMEX. Levels of `orderBookL2` have an id that stands for a price, which updates and deletions do not repeat; an id may be
 * on both sides at once, so it counts with its side. An id that is not known means that something is missing. Sizes are
 * contracts. Of the quotes in a message only the last says what is best when it comes.
 * @source BitMEX WebSocket API, "OrderBookL2"
 */
export class BitmexDecoder implements VenueDecoder {
  readonly detectsLoss = false
  /** Prices by key, of each live book. */
  readonly #books = new Map<string, Map<string, string>>()

  receive({ json, receivedUs }: WireMessage): readonly WireEvent[] | undefined {
    if (json === 'pong') return []
    const message = asFields(json)
    const { table, action } = message
    if (typeof table !== 'string') return message['success'] === true || 'info' in message ? [] : undefined
    if (UNUSED.test(table)) return []
    if (table === 'trade') return action === 'insert' ? rowsOf(message).map(tradeOf) : []
    if (table === 'quote') return action === 'insert' ? quotesOf(rowsOf(message)) : []
    if (!/^orderBookL2(_25)?$/.test(table)) return undefined
    if (action === 'partial') return this.#partial(message, table.endsWith('_25'), receivedUs)
    if (action !== 'insert' && action !== 'update' && action !== 'delete') throw new Unreadable('no action')
    const rows = rowsOf(message).map((row) => rowOf(row, action, receivedUs))
    const bySymbol = [...Map.groupBy(rows, ({ symbol }) => symbol)]
    return bySymbol.flatMap(([symbol, some]) => this.#change(symbol, some, action === 'delete'))
  }

  lose(symbol: string): void {
    this.#books.delete(symbol)
  }

  listing(symbol: string): Listing | undefined {
    return bitmexListing(symbol)
  }

  /** The whole book; of a symbol that has no levels the filter tells the name. */
  #partial(message: Fields, partial: boolean, receivedUs: number): WireEvent[] {
    const rows = rowsOf(message).map((row) => rowOf(row, 'insert', receivedUs))
    const { symbol: named } = 'filter' in message ? asFields(message['filter']) : {}
    const symbols = new Set([...(typeof named === 'string' ? [named] : []), ...rows.map(({ symbol }) => symbol)])
    return [...symbols].map((symbol): WireEvent => {
      const own = rows.filter((row) => row.symbol === symbol)
      this.#books.set(symbol, new Map(own.map(({ key, price = '' }) => [key, price])))
      const sides = { bids: levelsOf(own, true), asks: levelsOf(own, false), ...(partial && { partial }) }
      return { kind: 'book', symbol, eventUs: timeOf(own, receivedUs), update: 'snapshot', ...sides }
    })
  }

  #change(symbol: string, rows: readonly Row[], remove: boolean): WireEvent[] {
    const book = this.#books.get(symbol)
    if (!book) return []
    const eventUs = timeOf(rows, NaN)
    const priced: Row[] = []
    for (const row of rows) {
      const price = row.price ?? book.get(row.key)
      if (price === undefined) {
        this.lose(symbol)
        return [{ kind: 'gap', symbol, eventUs, reason: 'desync' }]
      }
      if (remove) book.delete(row.key)
      else book.set(row.key, price)
      priced.push({ ...row, price })
    }
    return [{ kind: 'book', symbol, eventUs, update: 'delta', bids: levelsOf(priced, true), asks: levelsOf(priced, false) }]
  }
}

const rowsOf = (message: Fields): readonly Fields[] => asList(message['data']).map(asFields)

function rowOf(row: Fields, action: 'insert' | 'update' | 'delete', receivedUs: number): Row {
  const { symbol, id, side, size, price, timestamp } = row
  if (side !== 'Buy' && side !== 'Sell') throw new Unreadable('no side')
  return {
    symbol: asText(symbol), key: `${side} ${asWhole(id)}`, bid: side === 'Buy',
    price: action === 'insert' ? asPrice(price) : undefined,
    size: action === 'delete' ? '0' : asDigits(size),
    eventUs: timestamp === undefined ? receivedUs : isoTimeUs(timestamp),
  }
}

const timeOf = (rows: readonly Row[], otherwise: number): number =>
  rows.length === 0 ? otherwise : rows.reduce((latest, { eventUs }) => Math.max(latest, eventUs), -Infinity)

const levelsOf = (rows: readonly Row[], bid: boolean): WireLevel[] =>
  rows.filter((row) => row.bid === bid).map(({ price = '', size }) => [price, size])

function tradeOf({ symbol, timestamp, side, size, price, trdMatchID }: Fields): WireEvent {
  if (side !== 'Buy' && side !== 'Sell') throw new Unreadable('no side')
  return {
    kind: 'trade', symbol: asText(symbol), eventUs: isoTimeUs(timestamp), price: asPrice(price), quantity: asPrice(size),
    aggressor: side === 'Buy' ? 'buy' : 'sell', ...(trdMatchID !== undefined && { id: asText(trdMatchID) }),
  }
}

function quotesOf(rows: readonly Fields[]): WireEvent[] {
  const last = new Map(rows.map((row) => [asText(row['symbol']), row]))
  return [...last].flatMap(([symbol, { timestamp, bidPrice, bidSize, askPrice, askSize }]): WireEvent[] => {
    if (!isTold(bidPrice) || !isTold(askPrice)) return []
    const quantities = [asDigits(bidSize), asDigits(askSize)] as const
    const prices = { bid: asPrice(bidPrice), ask: asPrice(askPrice) }
    return [{ kind: 'quote', symbol, eventUs: isoTimeUs(timestamp), ...prices, quantities }]
  })
}

/** A side that is empty has no price. */
const isTold = (value: unknown): boolean => value !== null && value !== undefined
