import { VenueBook } from '@tapeloom/data/book'
import type { Instrument } from '@tapeloom/core'
import type { CheckCounts } from './feed-check.ts'
import { TopOracle } from './top-oracle.ts'
import type { WireBookChange, WireEvent, WireLevel, WireQuote } from './venue-decoder.ts'
import { isZero } from './wire-fields.ts'
import { stepsOf } from './wire-grid.ts'

/** The book of one symbol of recorded traffic, rebuilt and compared with the venue's quotes. */
export class WireCheck {
  readonly #book: VenueBook
  readonly #oracle = new TopOracle()

  constructor(instrument: Instrument) {
    this.#book = new VenueBook(instrument)
  }

  take(event: WireEvent, counts: CheckCounts): void {
    if (event.kind === 'trade') {
      counts.trades++
      if (isZero(event.quantity)) counts.faults++
    } else if (event.kind === 'quote') this.#quote(event, counts)
    else if (event.kind === 'book') this.#change(event, counts)
    else {
      this.#book.lose()
      if (event.reason === 'checksum') counts.checksumsFailed++
      else if (event.reason === 'broken') counts.faults++
      else counts.gaps++
    }
  }

  /** No more comes. */
  end(counts: CheckCounts): void {
    this.#oracle.end()
    counts.topOk += this.#oracle.ok
    counts.topTotal += this.#oracle.total
  }

  /** A quote with an id is compared with the book at that id, another with the book that stands when it comes. */
  #quote({ bid, ask, quantities, id }: WireQuote, counts: CheckCounts): void {
    const { status, ladder: { bids, asks }, instrument: { tick, lot } } = this.#book
    const [bidTicks, askTicks] = [stepsOf(tick, bid), stepsOf(tick, ask)]
    const [bidLots, askLots] = quantities ? quantities.map((digits) => stepsOf(lot, digits)) : [bids.bestLots, asks.bestLots]
    if (id !== undefined) return this.#oracle.quote(id, bidTicks, bidLots!, askTicks, askLots!)
    if (status !== 'live') return
    counts.topTotal++
    const prices = bidTicks === bids.bestTicks && askTicks === asks.bestTicks
    if (prices && bidLots === bids.bestLots && askLots === asks.bestLots) counts.topOk++
  }

  #change({ update, bids, asks, partial, id, checked }: WireBookChange, counts: CheckCounts): void {
    counts.bookMessages++
    if (checked) counts.checksumsOk++
    if (!this.#book.begin(update, bids.length + asks.length)) return
    const { tick, lot } = this.#book.instrument
    const put = (bid: boolean, levels: readonly WireLevel[]) => {
      for (const [price, quantity] of levels) this.#book.level(bid, stepsOf(tick, price), stepsOf(lot, quantity))
    }
    put(true, bids)
    put(false, asks)
    const outcome = this.#book.end(partial)
    if (outcome === 'crossed') counts.crossed++
    else if (outcome === 'invalid') counts.faults++
    else if (id !== undefined && update === 'delta') this.#oracle.book(id, this.#book)
  }
}
