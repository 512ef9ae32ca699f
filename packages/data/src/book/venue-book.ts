import {
  BookTape, fromGrid, TapeloomError, toGrid,
  type BookMessage, type BookReader, type BookStatus, type Instrument, type Plain,
} from '@tapeloom/core'
import { BookSync } from './book-sync.ts'
import { LadderBook } from './ladder-book.ts'
import type { LevelBook } from './level-book.ts'
import type { SequenceRule, UpdateIds } from './sequence-rule.ts'

/** A live book that heard nothing for this long is stale, µs of receive time. */
const SILENCE_US = 5e6

/**
 * What became of a message. After `gap` (a sequence is broken), `crossed` (bid at or above ask) and `invalid` (a price or
 * quantity that cannot be) the book is empty, its tape says `reset`, and it waits for a snapshot.
 */
export type BookOutcome = 'applied' | 'waiting' | 'dropped' | 'gap' | 'crossed' | 'invalid'

/**
 * One venue's book of one symbol, kept correct: `empty → syncing → live`, `stale` in silence, `gap` when it is lost, and
 * `syncing` again while updates come that the next snapshot must precede. What changed stands in `tape` afterwards.
 * A snapshot starts from nothing: its changes have a previous quantity of 0.
 */
export class VenueBook implements BookReader {
  readonly instrument: Instrument
  /** The levels, in ticks and lots. */
  readonly ladder: LevelBook
  /** The last change, for handlers; its stamp and origin are the caller's to fill. */
  readonly tape: BookTape
  readonly #sync: BookSync<BookMessage> | undefined
  #status: BookStatus = 'empty'
  #heard = NaN
  #snapshot = false
  #valid = true
  // Bids are known at and above #bidEdge, asks at and below #askEdge, in ticks.
  #bidEdge = -Infinity
  #askEdge = Infinity

  /**
   * @param rule the venue's numbering, for messages given with ids; without it the order of arrival is trusted
   * @param levels what holds the levels, empty: a `LadderBook` of `width` by default, a `TailBook` for many symbols
   */
  constructor(
    instrument: Instrument,
    options: { readonly rule?: SequenceRule; readonly width?: number; readonly levels?: LevelBook } = {},
  ) {
    this.instrument = instrument
    this.ladder = options.levels ?? new LadderBook(options.width)
    this.tape = new BookTape(instrument, this)
    this.#sync = options.rule && new BookSync(options.rule)
  }

  get status(): BookStatus {
    return this.#status
  }
  get bestBid(): number {
    return fromGrid(this.instrument.tick, this.ladder.bids.bestTicks)
  }
  get bestAsk(): number {
    return fromGrid(this.instrument.tick, this.ladder.asks.bestTicks)
  }
  get bestBidQuantity(): number {
    return fromGrid(this.instrument.lot, this.ladder.bids.bestLots)
  }
  get bestAskQuantity(): number {
    return fromGrid(this.instrument.lot, this.ladder.asks.bestLots)
  }
  get midPrice(): number {
    const { tick } = this.instrument
    return ((this.ladder.bids.bestTicks + this.ladder.asks.bestTicks) * tick.k) / (2 * tick.scale)
  }
  /** The price down to which every bid is known; 0 when the whole book is. */
  get knownBidsFrom(): number {
    return this.#bidEdge === -Infinity ? 0 : fromGrid(this.instrument.tick, this.#bidEdge)
  }
  /** The price up to which every ask is known; Infinity when the whole book is. */
  get knownAsksTo(): number {
    return fromGrid(this.instrument.tick, this.#askEdge)
  }

  /**
   * Writes up to `levels` levels from the best outwards; returns how many are known. Where the known range ends before,
   * the rest of the arrays is NaN; where the side itself ends, the rest is left as it was.
   */
  depth(side: 'bid' | 'ask', levels: number, prices: Float64Array, quantities: Float64Array): number {
    const bid = side === 'bid'
    const { tick, lot } = this.instrument
    const edge = bid ? this.#bidEdge : this.#askEdge
    let count = (bid ? this.ladder.bids : this.ladder.asks).top(levels, prices, quantities)
    // The best is always known: updates keep the touch right wherever the price goes.
    while (count > 1 && (bid ? prices[count - 1]! < edge : prices[count - 1]! > edge)) count--
    for (let i = 0; i < count; i++) {
      prices[i] = fromGrid(tick, prices[i]!)
      quantities[i] = fromGrid(lot, quantities[i]!)
    }
    if (count < levels && edge !== (bid ? -Infinity : Infinity)) {
      prices.fill(NaN, count, levels)
      quantities.fill(NaN, count, levels)
    }
    return count
  }

  /**
   * Applies a message; with a rule, `ids` place it (a snapshot's id is `ids.last`).
   * @throws TapeloomError `book.ids` when a book with a rule gets a message without ids
   */
  apply(message: BookMessage, ids?: UpdateIds): BookOutcome {
    if (!this.#sync) return this.#write(message)
    if (!ids) {
      const where = `book ${this.instrument.venue}:${this.instrument.symbol}`
      throw new TapeloomError('book.ids', `[${where}] has a sequence rule, but the message has no ids. Give them.`)
    }
    if (message.update === 'snapshot') return this.#join(message, ids.last)
    const verdict = this.#sync.update(ids, message)
    if (verdict === 'apply') return this.#write(message)
    if (verdict === 'gap') return this.lose()
    if (verdict === 'wait') this.#await()
    return verdict === 'wait' ? 'waiting' : 'dropped'
  }

  /**
   * Begins a message of up to `levels` levels, to be given by `level` and closed by `end`.
   * Returns false where a delta has nothing to build on: then it is dropped, the book is `syncing`, and `end` must not be
   * called.
   */
  begin(update: 'snapshot' | 'delta', levels: number): boolean {
    this.#snapshot = update === 'snapshot'
    if (!this.#snapshot && this.#status !== 'live' && this.#status !== 'stale') {
      this.#await()
      return false
    }
    this.tape.kind = update
    this.tape.reserve(levels)
    this.#valid = true
    if (this.#snapshot) this.#clear()
    return true
  }

  /** One level of the message: integer ticks, integer lots (absolute; 0 deletes). */
  level(bid: boolean, ticks: number, lots: number): void {
    if (!(ticks > 0 && Number.isSafeInteger(ticks) && lots >= 0 && lots < Infinity)) {
      this.#valid = false
      return
    }
    const previous = bid ? this.ladder.bids.set(ticks, lots) : this.ladder.asks.set(ticks, lots)
    if (previous === lots) return
    const { tape } = this
    const { tick, lot } = this.instrument
    tape.bid[tape.count] = bid ? 1 : 0
    tape.price[tape.count] = fromGrid(tick, ticks)
    tape.quantity[tape.count] = fromGrid(lot, lots)
    tape.previous[tape.count++] = fromGrid(lot, previous)
  }

  /**
   * Ends the message. `partial` says that beyond the outermost levels nothing is known: the snapshot was cut off, or, of a
   * delta, the venue keeps only so many levels of a side and drops one when a better one comes.
   */
  end(partial = false): 'applied' | 'crossed' | 'invalid' {
    if (!this.#valid) return this.#lose('invalid')
    if (this.ladder.crossed) return this.#lose('crossed')
    const { bids, asks } = this.ladder
    if (partial) {
      // An empty side of a cut-off book: nothing of it is known.
      this.#bidEdge = Number.isNaN(bids.bestTicks) ? Infinity : bids.worstTicks
      this.#askEdge = Number.isNaN(asks.bestTicks) ? -Infinity : asks.worstTicks
    } else if (this.#snapshot) {
      this.#bidEdge = -Infinity
      this.#askEdge = Infinity
    }
    // No bid can have stood above an ask: where the touch has been, the other side was emptied and is known since.
    if (asks.bestTicks < this.#bidEdge) this.#bidEdge = asks.bestTicks
    if (bids.bestTicks > this.#askEdge) this.#askEdge = bids.bestTicks
    this.#status = 'live'
    return 'applied'
  }

  /** Declares the book lost, as a gap of the source does: empty until the next snapshot. */
  lose(): 'gap' {
    return this.#lose('gap')
  }

  /** Something of this venue was heard at `tsInit`. */
  heard(tsInit: number): void {
    this.#heard = tsInit
    if (this.#status === 'stale') this.#status = 'live'
  }
  /** Whether, at `tsInit`, a live book just became stale: nothing was heard for 5 s. */
  becameStale(tsInit: number): boolean {
    if (this.#status !== 'live' || !(tsInit - this.#heard > SILENCE_US)) return false
    this.#status = 'stale'
    return true
  }

  /** The book as plain data. What waits for a snapshot is not in it: a book with a rule goes on after the next one. */
  snapshot(): Plain {
    const side = (bid: boolean) => {
      const from = bid ? this.ladder.bids : this.ladder.asks
      const [ticks, lots] = [new Float64Array(from.levels), new Float64Array(from.levels)]
      from.top(from.levels, ticks, lots)
      return { ticks, lots }
    }
    const edges = [this.#bidEdge, this.#askEdge]
    return { status: this.#status, heard: this.#heard, edges: Float64Array.from(edges), bids: side(true), asks: side(false) }
  }

  /** Takes what `snapshot` gave. The tape is empty afterwards. */
  restore(state: Plain): void {
    const saved = state as unknown as Saved
    this.#clear()
    this.tape.reserve(0)
    for (const side of ['bid', 'ask'] as const) {
      const { ticks, lots } = side === 'bid' ? saved.bids : saved.asks
      ticks.forEach((tick, i) => this.ladder.set(side, tick, lots[i]!))
    }
    this.#status = saved.status
    this.#heard = saved.heard
    ;[this.#bidEdge = -Infinity, this.#askEdge = Infinity] = saved.edges
  }

  #write(message: BookMessage): BookOutcome {
    if (!this.begin(message.update, message.bids.length + message.asks.length)) return 'dropped'
    const { tick, lot } = this.instrument
    for (const [price, quantity] of message.bids) this.level(true, toGrid(tick, price), toGrid(lot, quantity))
    for (const [price, quantity] of message.asks) this.level(false, toGrid(tick, price), toGrid(lot, quantity))
    return this.end(message.partial)
  }

  /** A snapshot and the updates that waited for it become one change. */
  #join(message: BookMessage, id: number): BookOutcome {
    if (this.#sync?.isOld(id)) return 'dropped'
    const waiting = this.#sync?.snapshot(id)
    if (!waiting) return this.lose()
    const levels = waiting.reduce((sum, { bids, asks }) => sum + bids.length + asks.length, 0)
    let outcome = this.#write(message)
    if (levels === 0 || outcome !== 'applied') return outcome
    for (const update of waiting) {
      outcome = this.#write(update)
      if (outcome !== 'applied') return outcome
    }
    return this.#retell()
  }

  /** Makes the tape tell the whole book as a snapshot. */
  #retell(): 'applied' {
    const { tape, ladder } = this
    tape.kind = 'snapshot'
    tape.reserve(ladder.bids.levels + ladder.asks.levels)
    for (const bid of [true, false]) {
      const side = bid ? ladder.bids : ladder.asks
      const [ticks, lots] = [new Float64Array(side.levels), new Float64Array(side.levels)]
      side.top(side.levels, ticks, lots)
      for (let i = 0; i < ticks.length; i++) {
        tape.bid[tape.count] = bid ? 1 : 0
        tape.price[tape.count] = fromGrid(this.instrument.tick, ticks[i]!)
        tape.quantity[tape.count] = fromGrid(this.instrument.lot, lots[i]!)
        tape.previous[tape.count++] = 0
      }
    }
    return 'applied'
  }

  #clear(): void {
    this.ladder.clear()
    this.#bidEdge = -Infinity
    this.#askEdge = Infinity
  }

  /** Updates come, but what they change is not known yet. */
  #await(): void {
    if (this.#status === 'empty' || this.#status === 'gap') this.#status = 'syncing'
  }

  #lose<Why extends 'gap' | 'crossed' | 'invalid'>(why: Why): Why {
    this.#clear()
    this.#sync?.lose()
    this.#status = 'gap'
    this.tape.kind = 'reset'
    this.tape.reserve(0)
    return why
  }
}

interface Saved {
  readonly status: BookStatus
  readonly heard: number
  readonly edges: Float64Array
  readonly bids: { readonly ticks: Float64Array; readonly lots: Float64Array }
  readonly asks: { readonly ticks: Float64Array; readonly lots: Float64Array }
}
