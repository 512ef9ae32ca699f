import type { BookMessage, Instrument, MarketInput, MarketSymbol } from '@tapeloom/core'
import { TailBook } from '../book/tail-book.ts'
import { VenueBook } from '../book/venue-book.ts'
import { steps } from '../ingest/input-check.ts'
import { bookChecksum } from './book-checksum.ts'
import { linkedIds } from './linked-ids.ts'
import type { VenueBookInput } from './simulated-venue.ts'

/**
 * Our end of the line to a simulated venue: checks numbers and checksums of its books as the decoder of a real venue does.
 * What does not fit becomes a `gap`; then `ask` is called for a snapshot, and updates wait for it.
 */
export class VenueReceiver {
  readonly #books: ReadonlyMap<MarketSymbol, ReceivedBook>
  readonly #ask: (symbol: MarketSymbol) => void

  constructor(instruments: readonly Instrument[], ask: (symbol: MarketSymbol) => void) {
    this.#books = new Map(instruments.map((one) => [one.symbol, new ReceivedBook(one)]))
    this.#ask = ask
  }

  /** What the host is to be told of an input. */
  receive(input: MarketInput): MarketInput | undefined {
    const book = input.symbol && this.#books.get(input.symbol)
    if (!book) return input
    if (input.kind === 'gap') book.lose()
    if (input.kind !== 'book' || !isChecked(input)) return input
    const { symbol, tsEvent, tsInit } = input
    const found = book.take(input)
    const stamp = { symbol, tsEvent, ...(tsInit !== undefined && { tsInit }) }
    if (!('reason' in found)) return found.message && { ...found.message, ...stamp }
    this.#ask(symbol)
    return { kind: 'gap', reason: found.reason, ...stamp }
  }
}

const isChecked = (input: VenueBookInput): boolean => input.ids !== undefined || input.checksum !== undefined

/** What a message has made of a book: what to tell of it, or why the book is lost. */
type Received = { readonly message: (BookMessage & Checks) | undefined } | { readonly reason: string }
type Checks = Pick<VenueBookInput, 'ids' | 'checksum'>

class ReceivedBook {
  readonly #instrument: Instrument
  readonly #numbered: VenueBook
  readonly #plain: VenueBook
  /** What the newest update carries that was taken or waits. */
  #newest: Checks = {}

  constructor(instrument: Instrument) {
    this.#instrument = instrument
    this.#numbered = new VenueBook(instrument, { rule: linkedIds(), levels: new TailBook() })
    this.#plain = new VenueBook(instrument, { levels: new TailBook() })
  }

  lose(): void {
    this.#numbered.lose()
    this.#plain.lose()
  }

  take(input: VenueBookInput): Received {
    const { ids, checksum, update, bids, asks } = input
    const book = ids ? this.#numbered : this.#plain
    if (![...bids, ...asks].every(([price, quantity]) => this.#canBe(price, quantity))) return this.#lost('number')
    const newest = this.#newest.ids?.last ?? -Infinity
    const isOld = ids !== undefined && (update === 'snapshot' ? ids.last < newest : ids.last <= newest)
    // It would throw a book that is right back to what it was.
    if (isOld && update === 'snapshot' && book.status === 'live') return { message: undefined }
    const outcome = book.apply(input, ids)
    if (!isOld) this.#newest = { ...(ids && { ids }), ...(checksum !== undefined && { checksum }) }
    if (outcome === 'gap' || outcome === 'crossed' || outcome === 'invalid') return this.#lost(outcome)
    if (outcome !== 'applied') return { message: undefined }
    // After a snapshot the updates that waited are in the book, too.
    if (this.#newest.checksum !== undefined && bookChecksum(book.ladder) !== this.#newest.checksum) return this.#lost('checksum')
    return { message: { ...(update === 'delta' ? { kind: 'book', update, bids, asks } : wholeOf(book)), ...this.#newest } }
  }

  #lost(reason: string): Received {
    this.lose()
    return { reason }
  }

  #canBe(price: string | number, quantity: string | number): boolean {
    const { tick, lot } = this.#instrument
    return steps(tick, price) > 0 && steps(lot, quantity) >= 0
  }
}

/** The book as a snapshot of all its levels. */
function wholeOf(book: VenueBook): BookMessage {
  const side = (bid: boolean) => {
    const { levels } = bid ? book.ladder.bids : book.ladder.asks
    const [prices, quantities] = [new Float64Array(levels), new Float64Array(levels)]
    book.depth(bid ? 'bid' : 'ask', levels, prices, quantities)
    return Array.from(prices, (price, i) => [price, quantities[i]!] as const)
  }
  return { kind: 'book', update: 'snapshot', bids: side(true), asks: side(false) }
}
