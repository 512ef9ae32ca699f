import { createRandom, type MarketInput } from '@tapeloom/core'
import type { WireEvent } from '../venue-decoder.ts'
import { WireFeed, type WireReject } from '../wire-feed.ts'
import { inputOf } from '../wire-input.ts'
import type { WireRecord } from '../wire-record.ts'
import { BackOff } from './back-off.ts'
import { BookRequests } from './book-requests.ts'
import { captureHeader, captureLine, type LiveRecord } from './capture-line.ts'
import type { LiveClock } from './live-clock.ts'
import { LiveConnection } from './live-connection.ts'
import { backOffOf, millisecondsOf, type LiveOptions } from './live-options.ts'
import { RecentMedian, type LiveStatus } from './live-status.ts'
import type { LiveSymbol, LiveVenue } from './live-venue.ts'
import { RateLimit } from './rate-limit.ts'
import type { RestClient } from './rest-client.ts'

/** What a live feed is made of. */
export interface LiveFeedParts {
  readonly venue: LiveVenue
  readonly options: LiveOptions
  readonly symbols: readonly LiveSymbol[]
  readonly rest: RestClient
  readonly clock: LiveClock
  /** Answers of the venue from before it runs, that its decoder uses. */
  readonly answers: readonly LiveRecord[]
}

/** Inputs that wait to be taken: a run that is so far behind gets a gap instead of ever more of them. */
const MOST_WAITING = 500_000

/** So many messages that cannot be read are logged. */
const MOST_TOLD = 10

/** One venue, live: keeps the connection and the books, and queues what was heard as inputs. */
export class LiveFeed {
  readonly #parts: LiveFeedParts
  readonly #wire: WireFeed
  readonly #connection: LiveConnection
  readonly #books: BookRequests
  readonly #instruments
  readonly #url: string
  readonly #offset = new RecentMedian()
  readonly #counts = { connections: 0, disconnects: 0, messages: 0, gaps: 0 }
  #state: LiveStatus['state'] = 'idle'
  #unreadable = 0
  #waiting: MarketInput[] = []
  #wake: (() => void) | undefined

  constructor(parts: LiveFeedParts) {
    const { venue, options, symbols, clock, rest } = parts
    const random = createRandom(options.seed ?? 1, 'live', venue.name)
    const times = backOffOf(options.backOff)
    const { socket, rest: base } = { ...venue.urls, ...options.urls }
    const raws = symbols.map(({ raw }) => raw)
    this.#parts = parts
    this.#wire = new WireFeed(venue.decoder())
    this.#instruments = new Map(symbols.map(({ raw, instrument }) => [raw, instrument]))
    this.#url = venue.socketUrl(socket, raws)
    this.#connection = new LiveConnection({
      url: this.#url, clock, attempts: new RateLimit(venue.connections, clock), backOff: new BackOff(times, random),
      silenceMs: millisecondsOf(options.silence, venue.silenceMs), ping: venue.ping,
      opened: () => this.#opened(), heard: (data) => this.#heard(data), held: (waitMs) => this.#held(waitMs), ended: (...how) => this.#ended(...how),
    })
    this.#books = new BookRequests({
      venue, base, raws, clock, rest, backOff: () => new BackOff(times, random),
      send: (text) => this.#send(text), answered: (url, data) => this.#take(this.#record({ type: 'response', url, data })),
      drop: (why) => this.#connection.drop(why), log: (message, level) => this.#log(message, level),
    })
  }

  get status(): LiveStatus {
    const { resyncs, awaited } = this.#books
    return { state: this.#state, ...this.#counts, resyncs, clockOffsetMs: this.#offset.value, booksAwaited: awaited }
  }

  /** Connects, and stays so until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { options: { symbols, capture }, venue, clock, answers } = this.#parts
    const markets = [...symbols] as readonly string[]
    capture?.(captureHeader(venue.exchange, { l2_book: markets, trades: markets }, clock.nowUs()))
    for (const answer of answers) this.#take(answer)
    this.#state = 'connecting'
    signal.addEventListener('abort', () => this.#wakeUp())
    await this.#connection.run(signal)
    this.#books.closed()
    this.#wakeUp()
  }

  /** What has come since; empty when nothing has. */
  take(): readonly MarketInput[] {
    const inputs = this.#waiting
    this.#waiting = []
    return inputs
  }

  /** Settles when there may be something to take. */
  async more(): Promise<void> {
    if (this.#waiting.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve))
  }

  #opened(): void {
    this.#counts.connections++
    this.#state = 'connected'
    this.#log('connected', 'info')
    this.#take(this.#record({ type: 'connect', address: this.#url }))
    for (const text of this.#parts.venue.subscribe([...this.#instruments.keys()])) this.#send(text)
    this.#books.opened()
  }

  #held(waitMs: number): void {
    const { weight, perMs } = this.#parts.venue.connections
    this.#log(`no attempt for ${Math.ceil(waitMs / 1000)} s: the venue allows ${weight} in ${perMs / 1000} s`, 'warn')
  }

  #heard(data: string | Uint8Array): void {
    if (this.#waiting.length >= MOST_WAITING) return this.#connection.drop(`the run is ${MOST_WAITING} inputs behind`)
    this.#take(typeof data === 'string' ? this.#record({ type: 'message', data }) : this.#record({ type: 'binary', bytes: data }))
  }

  /** What is not heard from now on is missing: of the books, of the trades. */
  #ended(why: string, wasOpen: boolean, againInMs: number): void {
    this.#books.closed()
    this.#state = 'waiting'
    if (why === 'stopped') return
    this.#log(`${why}; next attempt in ${Math.round(againInMs)} ms`, 'warn')
    if (!wasOpen) return
    this.#counts.disconnects++
    this.#wire.disconnected(this.#connectionName)
    const nowUs = this.#parts.clock.nowUs()
    for (const { symbol } of this.#instruments.values()) {
      this.#push({ kind: 'gap', symbol, tsEvent: nowUs, tsInit: nowUs, reason: `disconnect: ${why}` })
    }
  }

  #send(text: string): void {
    const sent = this.#connection.send(text)
    if (sent) this.#parts.options.capture?.(captureLine(this.#record({ type: 'sent', address: this.#url, data: text })))
  }

  #take(record: LiveRecord): void {
    this.#parts.options.capture?.(captureLine(record))
    if (record.type === 'message' || record.type === 'binary' || record.type === 'response') this.#counts.messages++
    if (record.type === 'message') this.#state = 'live'
    for (const event of this.#wire.read('', record as WireRecord)) this.#follow(event, record.receivedUs)
  }

  #follow(event: WireEvent | WireReject, tsInit: number): void {
    const input = inputOf(event, this.#instruments, { tsInit })
    if (input) this.#push(input)
    if (event.kind === 'reject') this.#unread(event)
    if (event.kind === 'reject' || event.kind === 'quote') return
    this.#offset.add((tsInit - event.eventUs) / 1000)
    if (!this.#instruments.has(event.symbol)) return
    // A trade off the grid is a gap as well, and whoever hears of a gap lets the book go.
    const isLost = input?.kind === 'gap'
    if (isLost && event.kind !== 'gap') this.#wire.decoder.lose(event.symbol)
    if (isLost) {
      this.#counts.gaps++
      this.#books.lost(event.symbol, input.reason)
    } else if (event.kind === 'book' && event.update === 'snapshot') this.#books.arrived(event.symbol)
  }

  /** What is not understood may be why nothing comes, such as a subscription that is refused. */
  #unread({ code, raw }: WireReject): void {
    if (++this.#unreadable <= MOST_TOLD) this.#log(`${code}: ${raw.slice(0, 200)}`, 'warn')
  }

  #push(input: MarketInput): void {
    this.#waiting.push(input)
    this.#wakeUp()
  }

  #wakeUp(): void {
    this.#wake?.()
    this.#wake = undefined
  }

  #log(message: string, level: 'info' | 'warn'): void {
    this.#parts.options.log?.(`[live ${this.#parts.venue.name}] ${message}.`, level)
  }

  get #connectionName(): string {
    return `${this.#parts.venue.exchange}.ws.1`
  }

  #record<T extends object>(record: T): T & { readonly connection: string; readonly receivedUs: number } {
    return { ...record, connection: this.#connectionName, receivedUs: this.#parts.clock.nowUs() }
  }
}
