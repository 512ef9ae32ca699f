import type { BackOff } from './back-off.ts'
import type { LiveClock } from './live-clock.ts'
import type { Ping } from './live-venue.ts'
import type { RateLimit } from './rate-limit.ts'

/** What a connection is made of, and who hears of it. */
export interface ConnectionParts {
  readonly url: string
  readonly clock: LiveClock
  readonly attempts: RateLimit
  readonly backOff: BackOff
  readonly silenceMs: number
  readonly ping: Ping | undefined
  opened(): void
  heard(data: string | Uint8Array): void
  /** The venue allows no attempt for so long. */
  held(waitMs: number): void
  /** It ended, or could not be made. @param why as the end of a sentence @param wasOpen whether `opened` was called */
  ended(why: string, wasOpen: boolean, againInMs: number): void
}

/** An attempt that is not answered for so long has failed. */
const OPENING_MS = 10_000
/** A wait for the venue's allowance is told when it is as long. */
const TOLD_MS = 1000
/** What has come while this thread was busy gets so long to be heard. */
const BUSY_MS = 20

/** A WebSocket that is made anew, with growing waits, whenever it ends, fails or says nothing for too long. */
export class LiveConnection {
  readonly #parts: ConnectionParts
  #socket: WebSocket | undefined
  #end: ((why: string) => void) | undefined

  constructor(parts: ConnectionParts) {
    this.#parts = parts
  }

  /** Sends text, if it is open. @returns whether it was */
  send(text: string): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false
    this.#socket.send(text)
    return true
  }

  /** Gives this connection up for a new one. */
  drop(why: string): void {
    this.#end?.(why)
  }

  /** Keeps a connection until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, attempts, backOff } = this.#parts
    for (;;) {
      const heldMs = attempts.waitMs(1)
      if (heldMs > TOLD_MS) this.#parts.held(heldMs)
      await attempts.take(1, signal)
      if (signal.aborted) return
      const { why, openUs } = await this.#once(signal)
      const wasOpen = !Number.isNaN(openUs)
      const againInMs = backOff.next(wasOpen ? (clock.nowUs() - openUs) / 1000 : 0)
      this.#parts.ended(why, wasOpen, againInMs)
      await clock.wait(againInMs, signal)
    }
  }

  /** One connection from its making to its end. */
  async #once(signal: AbortSignal): Promise<{ readonly why: string; readonly openUs: number }> {
    const { clock } = this.#parts
    const over = new AbortController()
    const socket = new WebSocket(this.#parts.url)
    socket.binaryType = 'arraybuffer'
    this.#socket = socket
    let [openUs, heardUs] = [NaN, clock.nowUs()]
    const why = await new Promise<string>((resolve) => {
      this.#end = resolve
      signal.addEventListener('abort', () => resolve('stopped'), { signal: over.signal })
      const on = { signal: over.signal }
      socket.addEventListener('open', () => {
        openUs = heardUs = clock.nowUs()
        this.#parts.opened()
        void this.#ping(socket, over.signal)
      }, on)
      socket.addEventListener('message', ({ data }: { readonly data: unknown }) => {
        heardUs = clock.nowUs()
        this.#parts.heard(typeof data === 'string' ? data : new Uint8Array(data as ArrayBuffer))
      }, on)
      socket.addEventListener('close', ({ code }) => resolve(`closed with code ${code}`), on)
      socket.addEventListener('error', () => resolve(Number.isNaN(openUs) ? 'could not connect' : 'the connection broke'), on)
      void this.#watch(() => ({ heardUs, isOpen: !Number.isNaN(openUs) }), over.signal).then(resolve)
    })
    over.abort()
    this.#socket = this.#end = undefined
    // What is closing, or never opened, must not throw late: nobody listens any more.
    socket.addEventListener('error', () => undefined)
    socket.close()
    return { why, openUs }
  }

  /** Settles with what is wrong when nothing was heard for too long. */
  async #watch(state: () => { readonly heardUs: number; readonly isOpen: boolean }, signal: AbortSignal): Promise<string> {
    const { clock, silenceMs } = this.#parts
    for (let isLast = false; ; ) {
      const { heardUs, isOpen } = state()
      const leftMs = (isOpen ? silenceMs : OPENING_MS) - (clock.nowUs() - heardUs) / 1000
      if (signal.aborted) return 'stopped'
      if (leftMs <= 0 && isLast) return isOpen ? `connected but no data for ${silenceMs} ms` : `no answer for ${OPENING_MS} ms`
      // Where this thread was busy for so long, what has come meanwhile is heard in a moment.
      isLast = leftMs <= 0
      await clock.wait(isLast ? BUSY_MS : Math.min(leftMs, isOpen ? Infinity : 50), signal)
    }
  }

  async #ping(socket: WebSocket, signal: AbortSignal): Promise<void> {
    const { clock, ping } = this.#parts
    if (!ping) return
    for (;;) {
      await clock.wait(ping.everyMs, signal)
      if (signal.aborted) return
      if (socket.readyState === WebSocket.OPEN) socket.send(ping.message)
    }
  }
}
