import type { Instrument } from '../vocabulary/instrument.ts'
import type { BookReader, BookView } from '../vocabulary/views.ts'

/** The change of a book that handlers see: its writer fills it after applying the change, then hands out `view`. */
export class BookTape {
  declare instrument: Instrument
  declare reader: BookReader
  origin = ''
  kind: BookView['kind'] = 'snapshot'
  /** `[sequence, tsEvent, tsInit]`. */
  readonly stamp = new Float64Array(3)
  count = 0
  /** 1: bid; 0: ask. */
  bid = new Uint8Array(64)
  price = new Float64Array(64)
  quantity = new Float64Array(64)
  previous = new Float64Array(64)
  readonly view: BookView = new TapeView(this)

  constructor(instrument: Instrument, reader: BookReader) {
    this.instrument = instrument
    this.reader = reader
  }

  /** Makes room for `changes` changed levels and forgets the earlier ones. */
  reserve(changes: number): void {
    this.count = 0
    if (changes <= this.price.length) return
    const room = Math.max(changes, 2 * this.price.length)
    this.bid = new Uint8Array(room)
    for (const part of ['price', 'quantity', 'previous'] as const) this[part] = new Float64Array(room)
  }
}

class TapeView implements BookView {
  readonly #tape: BookTape
  constructor(tape: BookTape) { this.#tape = tape }
  get symbol() { return this.#tape.instrument.symbol } get venue() { return this.#tape.instrument.venue }
  get origin() { return this.#tape.origin } get kind() { return this.#tape.kind }
  get sequence() { return this.#tape.stamp[0]! } get tsEvent() { return this.#tape.stamp[1]! }
  get tsInit() { return this.#tape.stamp[2]! } get status() { return this.#tape.reader.status }
  get bestBid() { return this.#tape.reader.bestBid } get bestAsk() { return this.#tape.reader.bestAsk }
  get bestBidQuantity() { return this.#tape.reader.bestBidQuantity } get bestAskQuantity() { return this.#tape.reader.bestAskQuantity }
  get midPrice() { return this.#tape.reader.midPrice } get changes() { return this.#tape.count }
  depth(side: 'bid' | 'ask', levels: number, prices: Float64Array, quantities: Float64Array): number {
    return this.#tape.reader.depth(side, levels, prices, quantities)
  }
  changeSide(index: number): 'bid' | 'ask' { return this.#tape.bid[index] === 1 ? 'bid' : 'ask' }
  changePrice(index: number): number { return index < this.#tape.count ? this.#tape.price[index]! : NaN }
  changeQuantity(index: number): number { return index < this.#tape.count ? this.#tape.quantity[index]! : NaN }
  changePrevious(index: number): number { return index < this.#tape.count ? this.#tape.previous[index]! : NaN }
}

/** The reader of a symbol that has no book: empty, everything missing. */
export const emptyBook: BookReader = Object.freeze({
  status: 'empty', bestBid: NaN, bestAsk: NaN, bestBidQuantity: NaN, bestAskQuantity: NaN, midPrice: NaN, depth: () => 0,
})
