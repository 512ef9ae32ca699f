import type { SeededRandom } from '@tapeloom/core'

/** How waits between attempts grow, ms. */
export interface BackOffTimes {
  readonly firstMs: number
  readonly mostMs: number
  /** After what lasted so long the next wait is the first again. */
  readonly stableMs: number
}

/** Waits that double, each with up to a fifth more or less, so that many clients do not come back at once. */
export class BackOff {
  readonly #times: BackOffTimes
  readonly #random: SeededRandom
  #baseMs: number

  constructor(times: BackOffTimes, random: SeededRandom) {
    this.#times = times
    this.#random = random
    this.#baseMs = times.firstMs
  }

  /** The next wait, ms. @param lastedMs how long what has just failed had worked */
  next(lastedMs: number): number {
    const { firstMs, mostMs, stableMs } = this.#times
    if (lastedMs >= stableMs) this.#baseMs = firstMs
    const waitMs = this.#baseMs * (0.8 + 0.4 * this.#random.next())
    this.#baseMs = Math.min(mostMs, 2 * this.#baseMs)
    return Math.min(mostMs, waitMs)
  }
}
