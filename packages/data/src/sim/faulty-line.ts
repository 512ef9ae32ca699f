import { createRandom } from '@tapeloom/core'
import type { BookMessage, Instrument, MarketInput, MarketMessage, MarketSymbol, SeededRandom } from '@tapeloom/core'
import { BookMemory } from './book-memory.ts'
import type { FaultCounts, FaultKind, FaultSpec } from './fault-spec.ts'
import { withBadNumber, withCross, withFlippedChecksum, withWrongNumber } from './spoiled-book.ts'
import { VenueReceiver } from './venue-receiver.ts'

const SHORTEST_US = 1e6
const LONGEST_US = 30e6
const LATE_US = [50_000, 2e6] as const
/** A snapshot that was asked for comes after this. */
const SNAPSHOT_US = 300_000
const JUMP_US = 30e6

type BookInput = MarketMessage & BookMessage

/** The connection that inputs come through: what is sent on one end, spoiled, and on the other what is made of it. */
export class FaultyLine {
  readonly #spec: FaultSpec
  readonly #counts: FaultCounts
  readonly #random: SeededRandom
  /** The books as they are at the venue. */
  readonly #books = new Map<MarketSymbol, BookMemory>()
  readonly #receiver: VenueReceiver
  #out: MarketInput[] = []
  #held: MarketInput | undefined
  /** What comes later, and when, µs. */
  #late: { readonly due: number; readonly input: MarketInput }[] = []
  /** Symbols whose book was asked for, and when it comes. */
  readonly #asked = new Map<MarketSymbol, number>()
  /** While disconnected: until when, µs. */
  #backAt = NaN
  /** Time of the input under way, its stamp, the first time, and how far the venue's clock has jumped since, µs. */
  #now = NaN
  #stamp = stampOf({})
  #since = NaN
  #jump = 0
  #received = -Infinity

  constructor(spec: FaultSpec, counts: FaultCounts, instruments: readonly Instrument[]) {
    this.#spec = spec
    this.#counts = counts
    this.#random = createRandom(spec.seed, 'faults')
    this.#receiver = new VenueReceiver(instruments, (symbol) => this.#ask(symbol))
  }

  get waiting(): number {
    return this.#out.length
  }

  give(): readonly MarketInput[] {
    const out = this.#out
    this.#out = []
    return out
  }

  /** What is still held back comes at last. */
  end(): void {
    this.#release()
    this.#comeDue(Infinity)
  }

  take(numbered: MarketInput): void {
    // numbers of the source would not rise any more: what comes is counted anew
    const { sourceSequence: _, ...input } = numbered
    this.#now = input.tsInit ?? input.tsEvent ?? 0
    if (Number.isNaN(this.#since)) this.#since = this.#now
    this.#stamp = stampOf(this.#timed(input))
    this.#remember(input)
    this.#comeDue(this.#now)
    if (this.#isAway(input)) return
    if (this.#happens('disconnect', input)) return this.#disconnect()
    if (this.#happens('drop', input)) return
    if (input.symbol && this.#happens('gap', input)) {
      this.#send({ kind: 'gap', symbol: input.symbol, reason: 'lost', ...this.#stamp })
      return this.#ask(input.symbol)
    }
    const spoiled = this.#spoiled(input)
    if (this.#happens('delay', input)) return this.#delay(spoiled)
    if (!this.#held && this.#happens('reorder', input)) {
      this.#held = spoiled
      return
    }
    this.#send(spoiled)
    if (this.#happens('duplicate', input)) this.#send(spoiled)
    this.#release()
  }

  #happens(kind: FaultKind, { symbol, tsEvent = 0 }: MarketInput): boolean {
    const chance = this.#spec[kind] ?? 0
    if (chance === 0 || this.#random.next() >= chance) return false
    this.#counts[kind]++
    this.#spec.log?.({ kind, symbol, tsEvent })
    return true
  }

  /** The input with what happens to its content and to its clock. */
  #spoiled(input: MarketInput): MarketInput {
    if (this.#happens('clock', input)) this.#jump = Math.round(JUMP_US * (2 * this.#random.next() - 1))
    const timed = this.#timed(input)
    return timed.kind === 'book' && timed.bids.length + timed.asks.length > 0 ? this.#spoiledBook(timed) : timed
  }

  #timed(input: MarketInput): MarketInput {
    const ahead = this.#jump + Math.round(((this.#now - this.#since) * (this.#spec.clockPpm ?? 0)) / 1e6)
    return ahead === 0 || input.tsEvent === undefined ? input : { ...input, tsEvent: Math.max(0, input.tsEvent + ahead) }
  }

  #spoiledBook(input: BookInput): BookInput {
    let book = input
    if (book.update === 'delta' && this.#happens('cross', book)) book = withCross(book, this.#books.get(book.symbol)?.snapshot()?.asks ?? [])
    if (this.#happens('badNumber', book)) book = withBadNumber(book, this.#random)
    if (this.#happens('wrongNumber', book)) book = withWrongNumber(book, this.#random)
    if (this.#happens('checksum', book)) book = withFlippedChecksum(book, this.#random)
    return book
  }

  #delay(input: MarketInput): void {
    this.#late.push({ due: this.#now + LATE_US[0] + this.#random.integer(LATE_US[1] - LATE_US[0]), input })
  }

  /** What is late and what was asked for, and has come by now. */
  #comeDue(now: number): void {
    if (this.#late.length > 0) {
      const due = this.#late.filter((one) => one.due <= now).sort((a, b) => a.due - b.due)
      this.#late = this.#late.filter((one) => one.due > now)
      for (const { due: at, input } of due) this.#send(input.tsInit === undefined ? input : { ...input, tsInit: Math.max(at, input.tsInit) })
    }
    for (const [symbol, at] of this.#asked) {
      if (at > now || !Number.isNaN(this.#backAt) || now === Infinity) continue
      this.#asked.delete(symbol)
      this.#sendBook(symbol)
    }
  }

  #ask(symbol: MarketSymbol): void {
    if (!this.#asked.has(symbol)) this.#asked.set(symbol, this.#now + SNAPSHOT_US)
  }

  #release(): void {
    if (this.#held) this.#send(this.#held)
    this.#held = undefined
  }

  /** To the other end: one after another. */
  #send(input: MarketInput): void {
    const { tsInit } = input
    const timed = tsInit !== undefined && tsInit < this.#received ? { ...input, tsInit: this.#received } : input
    this.#received = timed.tsInit ?? this.#received
    const told = this.#receiver.receive(timed)
    if (told) this.#out.push(told)
  }

  #remember(input: MarketInput): void {
    if (!input.symbol) return
    const book = this.#books.get(input.symbol) ?? new BookMemory()
    this.#books.set(input.symbol, book)
    if (input.kind === 'book') book.apply(input)
  }

  #disconnect(): void {
    this.#release()
    this.#late = [] // under way, and lost
    this.#asked.clear()
    this.#backAt = this.#now + SHORTEST_US + this.#random.integer(LONGEST_US - SHORTEST_US)
    for (const symbol of this.#books.keys()) this.#send({ kind: 'gap', symbol, reason: 'disconnect', ...this.#stamp })
  }

  /** Whether the line is down; when it is up again, books come anew, the one that this input belongs to included. */
  #isAway({ kind }: MarketInput): boolean {
    if (Number.isNaN(this.#backAt)) return false
    if (this.#now < this.#backAt) return true
    this.#backAt = NaN
    for (const symbol of this.#books.keys()) this.#sendBook(symbol)
    return kind === 'book'
  }

  #sendBook(symbol: MarketSymbol): void {
    const snapshot = this.#books.get(symbol)?.snapshot()
    if (snapshot) this.#send({ ...snapshot, symbol, ...this.#stamp })
  }
}

const stampOf = ({ tsEvent = 0, tsInit }: Partial<MarketMessage>) => ({ tsEvent, ...(tsInit !== undefined && { tsInit }) })
