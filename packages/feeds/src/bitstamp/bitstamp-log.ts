import { basename } from 'node:path'
import { TapeloomError } from '@tapeloom/core'
import type { Listing, VenueDecoder, WireEvent, WireLevel, WireMessage } from '../venue-decoder.ts'
import { asDigits, asFields, asList, asPrice, asWhole, Unreadable, type Fields } from '../wire-fields.ts'
import { stepsOf } from '../wire-grid.ts'
import type { WireRecord } from '../wire-record.ts'
import { BitstampDecoder } from './bitstamp-decoder.ts'

const LINE = /^(\d{13}) (order_created|order_changed|order_deleted|trade|order_book) (\{.*\})$/
/** A picture of the book shows so many levels of a side. */
const SHOWN = 20
/** Amounts have eight decimals. */
const AMOUNT = { k: 1, scale: 1e8 }
/** What orders lost in so many events before a trade may be its two sides. */
const REMEMBERED = 64

interface Order {
  readonly buys: boolean
  readonly id: number
  readonly left: number
}
interface Loss extends Order {
  readonly amount: number
}

/** Reads a line `<receive time, ms> <kind of event> <JSON>` as a message; undefined when it is none. */
export function readLogRecord(line: string): WireRecord | undefined {
  const [, time, kind, json] = LINE.exec(line) ?? []
  if (time === undefined) return undefined
  return { type: 'message', connection: 'log', data: `["${kind}",${json}]`, receivedUs: 1000 * Number(time) }
}

/**
 * Bitstamp's log of single orders, one symbol a file, named by the file. The book is that of the venue's own pictures, the
 * 20 best levels of a side; orders tell which side of a trade was the newer one, and so took. Trades carry no side: where
 * neither of their orders was seen, it is told by the last picture, at its middle by the trade before.
 */
export class BitstampLogDecoder implements VenueDecoder {
  readonly detectsLoss = false
  readonly #symbol: string
  readonly #names = new BitstampDecoder()
  readonly #orders = new Map<number, Order>()
  readonly #losses: Loss[] = []
  #middle = NaN
  #last: { price: number; aggressor: 'buy' | 'sell' } = { price: NaN, aggressor: 'buy' }

  /** @throws TapeloomError `feed.symbol` when the file's name has no symbol of the venue between its `_` */
  constructor(file = '') {
    const parts = basename(file).toLowerCase().split(/[_.]/)
    const symbol = parts.find((part) => this.#names.listing(part))
    if (symbol === undefined) {
      throw new TapeloomError('feed.symbol', `[feed '${file}'] does not say whose orders it holds. Name it as in 'bitstamp_BTCUSD_2015-05-01.log'.`)
    }
    this.#symbol = symbol
  }

  receive({ json, receivedUs }: WireMessage): readonly WireEvent[] | undefined {
    const [kind, data] = asList(json)
    const fields = asFields(data)
    if (kind === 'order_book') return this.#book(fields, receivedUs)
    if (kind === 'trade') return [this.#trade(fields, receivedUs)]
    this.#order(kind as string, fields)
    return []
  }

  lose(): void {
    // Each picture stands for itself.
  }

  listing(symbol: string): Listing | undefined {
    return this.#names.listing(symbol)
  }

  #book(data: Fields, eventUs: number): WireEvent[] {
    const side = (levels: unknown) => asList(levels).map(asList).map(([price, amount]): WireLevel => [asPrice(price), asDigits(amount)])
    const [bids, asks] = [side(data['bids']), side(data['asks'])]
    const partial = bids.length >= SHOWN || asks.length >= SHOWN
    this.#middle = (Number(bids[0]?.[0] ?? NaN) + Number(asks[0]?.[0] ?? NaN)) / 2
    return [{ kind: 'book', symbol: this.#symbol, eventUs, update: 'snapshot', bids, asks, ...(partial && { partial }) }]
  }

  #order(kind: string, { id, order_type, amount }: Fields): void {
    if (order_type !== 0 && order_type !== 1) throw new Unreadable('no side')
    const order = { id: asWhole(id), buys: order_type === 0, left: stepsOf(AMOUNT, asDigits(amount)) }
    const before = this.#orders.get(order.id)
    if (kind === 'order_deleted') this.#orders.delete(order.id)
    else this.#orders.set(order.id, order)
    // Deleted with nothing left: it was filled; with something left: withdrawn.
    const isLoss = before && before.left > order.left && (kind !== 'order_deleted' || order.left === 0)
    if (isLoss && this.#losses.push({ ...order, amount: before.left - order.left }) > REMEMBERED) this.#losses.shift()
  }

  /** A trade's amount was a binary fraction once: its digits end after the eighth decimal. */
  #trade({ id, price, amount }: Fields, eventUs: number): WireEvent {
    const digits = Number(asPrice(amount)).toFixed(8)
    const trade = { kind: 'trade', symbol: this.#symbol, eventUs, price: asPrice(price), quantity: asPrice(digits), id: String(asWhole(id)) } as const
    const aggressor = this.#aggressor(stepsOf(AMOUNT, digits), Number(trade.price))
    this.#last = { price: Number(trade.price), aggressor }
    return { ...trade, aggressor }
  }

  #aggressor(amount: number, price: number): 'buy' | 'sell' {
    const sides = this.#losses.filter((loss) => loss.amount === amount)
    const newest = sides.reduce<Loss | undefined>((one, other) => (one && one.id > other.id ? one : other), undefined)
    if (newest && sides.some(({ buys }) => buys !== newest.buys)) return newest.buys ? 'buy' : 'sell'
    if (price !== this.#middle && !Number.isNaN(this.#middle)) return price > this.#middle ? 'buy' : 'sell'
    if (price === this.#last.price || Number.isNaN(this.#last.price)) return this.#last.aggressor
    return price > this.#last.price ? 'buy' : 'sell'
  }
}
