import type { LiveClock } from './live-clock.ts'
import { RateLimit, type Allowance } from './rate-limit.ts'
import type { Request } from './live-venue.ts'

/** A request is given up after so long. */
const ANSWER_MS = 10_000

/** Requests to one venue, within what it allows; an answer that tells to wait is obeyed. */
export class RestClient {
  readonly #limit: RateLimit
  readonly #clock: LiveClock
  #quietUntilUs = 0

  constructor(allowance: Allowance, clock: LiveClock) {
    this.#limit = new RateLimit(allowance, clock)
    this.#clock = clock
  }

  /** The text of an answer. @throws Error when there is none, or it is not a good one */
  async text({ url, weight }: Request, signal: AbortSignal): Promise<string> {
    const quietMs = (this.#quietUntilUs - this.#clock.nowUs()) / 1000
    if (quietMs > 0) await this.#clock.wait(quietMs, signal)
    await this.#limit.take(weight, signal)
    const answer = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]) })
    const text = await answer.text()
    if (answer.ok) return text
    const seconds = Number(answer.headers.get('retry-after'))
    if (seconds > 0) this.#quietUntilUs = this.#clock.nowUs() + seconds * 1e6
    throw new Error(`${answer.status} ${answer.statusText}`.trim())
  }
}
