import type { VenueDecoder, WireEvent, WireMessage } from './venue-decoder.ts'
import { Unreadable } from './wire-fields.ts'
import { readWireRecord, type WireRecord } from './wire-record.ts'

/** A line that cannot be used, with what is wrong: `feed.broken`, `feed.unknown`, `feed.binary`. */
export interface WireReject {
  readonly kind: 'reject'
  readonly code: string
  readonly raw: string
}

/** Longest text of a line that is kept with its reject. */
export const KEPT = 4096

/**
 * Reads the lines of a capture with the decoder of its venue. Adds what no decoder can know: a connection made again, or a
 * message that cannot be read where the venue numbers nothing, loses the books of that connection.
 */
export class WireFeed {
  readonly decoder: VenueDecoder
  /** Time of receipt of the last line that has one, µs. */
  receivedUs = NaN
  /** Lines that carry a venue's message. */
  messages = 0
  readonly #connections = new Set<string>()
  /** The connections that live books come on. */
  readonly #books = new Map<string, string>()

  constructor(decoder: VenueDecoder) {
    this.decoder = decoder
  }

  /** What a line says. @param record the line read, by whoever has done so */
  read(line: string, record: WireRecord | undefined = readWireRecord(line)): readonly (WireEvent | WireReject)[] {
    if (!record) return [reject('feed.broken', line)]
    if (record.type === 'header') return []
    this.receivedUs = record.receivedUs
    if (record.type === 'sent') return []
    if (record.type === 'connect') return this.#connect(record)
    if (record.type === 'message' || record.type === 'binary') this.messages++
    return record.type === 'binary' ? [reject('feed.binary', line)] : this.#decode(record)
  }

  /** A connection broke: its books are lost until their next snapshots. */
  disconnected(connection: string): void {
    this.#lose(connection, 'reconnect')
  }

  #connect({ connection, address }: WireRecord & { type: 'connect' }): readonly WireEvent[] {
    const again = this.#connections.has(connection)
    this.#connections.add(connection)
    this.decoder.connected?.(connection, address)
    return again ? this.#lose(connection, 'reconnect') : []
  }

  #decode(record: WireRecord & { type: 'message' | 'response' }): readonly (WireEvent | WireReject)[] {
    const { connection, data, receivedUs } = record
    let events: readonly WireEvent[] | undefined
    let parsed: unknown
    try {
      parsed = json(data)
      const message: WireMessage = { connection, json: parsed, text: data, receivedUs }
      events = record.type === 'message' ? this.decoder.receive(message) : (this.decoder.respond?.(record.url, message) ?? [])
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error
      const isKnownLater = this.decoder.detectsLoss || record.type === 'response'
      const naming = parsed === undefined ? '' : data
      return [reject('feed.broken', data), ...(isKnownLater ? [] : this.#lose(connection, 'broken', naming))]
    }
    if (!events) return [reject('feed.unknown', data)]
    for (const event of events) {
      if (event.kind === 'book') this.#books.set(event.symbol, record.type === 'message' ? connection : this.#of(event.symbol))
      else if (event.kind === 'gap') this.#books.delete(event.symbol)
    }
    return events
  }

  /** Answers to requests come beside the connection that goes on with the book: the only one, where they name none. */
  #of(symbol: string): string {
    return this.#books.get(symbol) ?? [...this.#connections].at(-1) ?? ''
  }

  /** Loses the books that a text names, where it names any, else all of the connection. */
  #lose(connection: string, reason: 'reconnect' | 'broken', naming = ''): readonly WireEvent[] {
    const symbols = [...this.#books].filter(([, on]) => on === connection).map(([symbol]) => symbol)
    const named = symbols.filter((symbol) => naming.includes(symbol))
    return (named.length > 0 ? named : symbols).map((symbol) => {
      this.#books.delete(symbol)
      this.decoder.lose(symbol)
      return { kind: 'gap', symbol, eventUs: this.receivedUs, reason }
    })
  }
}

const reject = (code: string, raw: string): WireReject => ({ kind: 'reject', code, raw: raw.slice(0, KEPT) })

function json(data: string): unknown {
  if (data === 'pong') return data // what OKX answers a ping with
  try {
    return JSON.parse(data) as unknown
  } catch {
    throw new Unreadable('no JSON')
  }
}
