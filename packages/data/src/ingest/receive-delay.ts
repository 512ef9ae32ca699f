import type { Plain } from '@tapeloom/core'
import { median } from '../candle/median.ts'

const WINDOW = 1000

/**
 * How much later than the venue's time a venue's inputs are received: the median of tsInit − tsEvent over 1,000 inputs,
 * measured each 1,000; 0 before. Negative where the venue's clock runs ahead (−1.27 s has been measured).
 */
export class ReceiveDelay {
  readonly #delays = new Float64Array(WINDOW)
  readonly #sorted = new Float64Array(WINDOW)
  #count = 0
  /** µs. */
  medianUs = 0

  /** Remembers one input; returns whether the median was measured anew. */
  add(times: Float64Array, tsEventAt: number, tsInitAt: number): boolean {
    this.#delays[this.#count] = times[tsInitAt]! - times[tsEventAt]!
    if (++this.#count < WINDOW) return false
    this.#count = 0
    this.#sorted.set(this.#delays)
    this.medianUs = median(this.#sorted)
    return true
  }

  snapshot(): Plain {
    return { delays: this.#delays.slice(), count: this.#count, medianUs: this.medianUs }
  }

  restore(state: Plain): void {
    const saved = state as unknown as { delays: Float64Array; count: number; medianUs: number }
    this.#delays.set(saved.delays)
    this.#count = saved.count
    this.medianUs = saved.medianUs
  }
}
