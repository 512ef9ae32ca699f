import type { BackOff } from './back-off.ts'
import type { LiveClock } from './live-clock.ts'
import type { LiveVenue } from './live-venue.ts'
import type { RestClient } from './rest-client.ts'

/** What asking for books needs. */
export interface BookRequestParts {
  readonly venue: LiveVenue
  readonly base: string
  readonly raws: readonly string[]
  readonly clock: LiveClock
  readonly rest: RestClient
  backOff(): BackOff
  send(text: string): void
  answered(url: string, data: string): void
  /** Gives up the connection. */
  drop(why: string): void
  log(message: string, level: 'info' | 'warn'): void
}

/** A snapshot that was asked for and has not come after so long is asked for again. */
const PATIENCE_MS = 10_000

/** Asks for the snapshots that books wait for, as the venue wants to be asked, until they come. */
export class BookRequests {
  readonly #parts: BookRequestParts
  /** What ends the asking for each book that is not whole. */
  readonly #asking = new Map<string, AbortController>()
  /** How long each book's next asking waits. */
  readonly #backOffs = new Map<string, BackOff>()
  readonly #wholeSinceUs = new Map<string, number>()
  resyncs = 0

  constructor(parts: BookRequestParts) {
    this.#parts = parts
  }

  get awaited(): readonly string[] {
    return [...this.#asking.keys()]
  }

  /** A connection is open, and its books are subscribed to: they come by themselves where the venue sends them. */
  opened(): void {
    for (const raw of this.#parts.raws) this.#ask(raw, this.#parts.venue.snapshot === undefined ? PATIENCE_MS : 0)
  }

  /** The snapshot of a book is here. */
  arrived(raw: string): void {
    if (!this.#asking.has(raw)) return
    this.#asking.get(raw)?.abort()
    this.#asking.delete(raw)
    this.#wholeSinceUs.set(raw, this.#parts.clock.nowUs())
    this.#parts.log(`${raw}: its book is live`, 'info')
  }

  /** A book cannot be gone on with. */
  lost(raw: string, reason: string): void {
    if (this.#asking.has(raw)) return
    const { clock, venue, log, drop } = this.#parts
    log(`${raw}: its book is lost (${reason}), a new snapshot is asked for`, 'warn')
    if (!venue.snapshot && !venue.resubscribe) return drop(`${raw} is out of step`)
    const backOff = this.#backOffs.get(raw) ?? this.#parts.backOff()
    this.#backOffs.set(raw, backOff)
    const wholeMs = (clock.nowUs() - (this.#wholeSinceUs.get(raw) ?? 0)) / 1000
    // The first loss after a good while is answered at once.
    this.#ask(raw, wholeMs >= 1000 ? 0 : backOff.next(wholeMs))
  }

  /** The connection is gone, and with it all asking. */
  closed(): void {
    for (const controller of this.#asking.values()) controller.abort()
    this.#asking.clear()
  }

  #ask(raw: string, afterMs: number): void {
    this.#asking.get(raw)?.abort()
    const controller = new AbortController()
    this.#asking.set(raw, controller)
    void this.#until(raw, afterMs, controller.signal)
  }

  /** Asks again and again until the signal aborts. */
  async #until(raw: string, afterMs: number, signal: AbortSignal): Promise<void> {
    const { venue, clock, log } = this.#parts
    const backOff = this.#parts.backOff()
    await clock.wait(afterMs, signal)
    while (!signal.aborted) {
      this.resyncs++
      if (venue.snapshot) {
        await this.#request(raw, signal).catch((error: Error) => {
          if (!signal.aborted) log(`${raw}: its snapshot could not be had (${error.message})`, 'warn')
        })
        await clock.wait(backOff.next(0), signal)
      } else if (venue.resubscribe) {
        for (const text of venue.resubscribe(raw)) this.#parts.send(text)
        await clock.wait(PATIENCE_MS, signal)
      } else return this.#parts.drop(`no book of ${raw} after ${PATIENCE_MS} ms`)
    }
  }

  async #request(raw: string, signal: AbortSignal): Promise<void> {
    const { venue, base, rest, answered } = this.#parts
    const request = venue.snapshot?.(base, raw)
    if (!request) return
    const text = await rest.text(request, signal)
    if (!signal.aborted) answered(request.url, text)
  }
}
