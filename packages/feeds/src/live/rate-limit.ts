import type { LiveClock } from './live-clock.ts'

/** So much in so long, as venues count connection attempts and the weight of requests. */
export interface Allowance {
  readonly weight: number
  readonly perMs: number
}

/** Keeps within an allowance over any span of its length: what does not fit waits. */
export class RateLimit {
  readonly #allowance: Allowance
  readonly #clock: LiveClock
  #spent: { readonly atMs: number; readonly weight: number }[] = []

  constructor(allowance: Allowance, clock: LiveClock) {
    this.#allowance = allowance
    this.#clock = clock
  }

  /** Settles when the weight may be spent, and spends it; when the signal aborts it settles without. */
  async take(weight: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const waitMs = this.waitMs(weight)
      if (waitMs === 0) return void this.#spent.push({ atMs: this.#clock.nowUs() / 1000, weight })
      await this.#clock.wait(waitMs, signal)
    }
  }

  /** How long it is until more may be spent; 0 where the weight fits now. */
  waitMs(weight: number): number {
    const nowMs = this.#clock.nowUs() / 1000
    this.#spent = this.#spent.filter(({ atMs }) => atMs > nowMs - this.#allowance.perMs)
    const spent = this.#spent.reduce((sum, one) => sum + one.weight, 0)
    const [oldest] = this.#spent
    return !oldest || spent + weight <= this.#allowance.weight ? 0 : Math.max(1, oldest.atMs + this.#allowance.perMs - nowMs)
  }
}
