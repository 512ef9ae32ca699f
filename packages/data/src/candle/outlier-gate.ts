import type { Plain } from '@tapeloom/core'
import { median } from './median.ts'

const WINDOW = 500
/** The spread is measured anew after so many returns. */
const EVERY = 50
/** Median absolute deviations of a normal sample to standard deviations, times the 20 that make an outlier. */
const FACTOR = 20 * 1.4826
/** Closes this near to each other, in ticks, are the bounce between bid and ask: they say nothing of the spread of moves. */
const BOUNCE_TICKS = 2

/**
 * Says whether a close is implausibly far from the one before: |log return − median| beyond 20 robust standard deviations
 * of the last 500 moves of more than two ticks, measured every 50 of them; never before the first 50.
 */
export class OutlierGate {
  readonly #returns = new Float64Array(WINDOW)
  #count = 0
  #middle = NaN
  #limit = Infinity

  /** Judges a close against the one before, both in ticks, then remembers its return. */
  isOutlier(previousClose: number, close: number): boolean {
    if (!(Math.abs(close - previousClose) > BOUNCE_TICKS)) return false
    const move = Math.log(close / previousClose)
    const outlier = Math.abs(move - this.#middle) > this.#limit
    this.#returns[this.#count++ % WINDOW] = move
    if (this.#count % EVERY === 0) this.#measure()
    return outlier
  }

  snapshot(): Plain {
    return { returns: this.#returns.slice(), count: this.#count, middle: this.#middle, limit: this.#limit }
  }

  restore(state: Plain): void {
    const saved = state as unknown as { returns: Float64Array; count: number; middle: number; limit: number }
    this.#returns.set(saved.returns)
    this.#count = saved.count
    this.#middle = saved.middle
    this.#limit = saved.limit
  }

  #measure(): void {
    const sample = this.#returns.slice(0, Math.min(this.#count, WINDOW))
    this.#middle = median(sample)
    for (let i = 0; i < sample.length; i++) sample[i] = Math.abs(sample[i]! - this.#middle)
    const deviation = median(sample)
    this.#limit = deviation > 0 ? FACTOR * deviation : Infinity
  }
}
