import { LadderSide } from './ladder-side.ts'

/**
 * One side of a `ConsolidatedBook`. Lots by venue stand beside each other at `(tick mod width) << shift | venue`, one cache
 * line a tick for up to eight venues; their integer sum goes into a ladder, so nothing drifts. Of two ticks that meet in
 * one slot the one used last has it, and the other waits in a map: a book wider than the window is right, only slower.
 */
export class ConsolidatedSide {
  readonly sum: LadderSide
  /** Levels of each venue. */
  readonly counts: Int32Array
  readonly #venues: number
  readonly #shift: number
  readonly #mask: number
  readonly #lots: Float64Array
  readonly #ticks: Float64Array
  readonly #parked = new Map<number, Float64Array>()

  constructor(side: 'bid' | 'ask', venues: number, width: number) {
    this.sum = new LadderSide(side, width)
    this.counts = new Int32Array(venues)
    this.#venues = venues
    this.#shift = Math.max(2, Math.ceil(Math.log2(venues)))
    this.#mask = width - 1
    this.#lots = new Float64Array(width << this.#shift)
    this.#ticks = new Float64Array(width).fill(NaN)
  }

  /** Puts a venue's lots at a price, 0 deletes; returns what it had there. */
  set(venue: number, ticks: number, lots: number): number {
    const slot = ticks & this.#mask
    const first = slot << this.#shift
    const all = this.#lots
    if (this.#ticks[slot] !== ticks) {
      if (lots === 0 && !this.#parked.has(ticks)) return 0
      this.#claim(slot, ticks)
    }
    const previous = all[first + venue]! // venue < venues <= 1 << shift
    if (previous === lots) return previous
    if (lots === 0) this.counts[venue]!--
    else if (previous === 0) this.counts[venue]!++
    all[first + venue] = lots
    let sum = all[first]! + all[first + 1]! + all[first + 2]! + all[first + 3]!
    for (let i = 4; i < this.#venues; i++) sum += all[first + i]!
    this.sum.set(ticks, sum)
    return previous
  }

  /** A venue's lots at a price. */
  get(venue: number, ticks: number): number {
    const slot = ticks & this.#mask
    if (this.#ticks[slot] === ticks) return this.#lots[(slot << this.#shift) + venue]!
    return this.#parked.get(ticks)?.[venue] ?? 0
  }

  /** Deletes all levels of a venue. */
  remove(venue: number): void {
    if (this.counts[venue] === 0) return
    const { levels } = this.sum
    const [ticks, lots] = [new Float64Array(levels), new Float64Array(levels)]
    this.sum.top(levels, ticks, lots)
    for (const price of ticks) if (this.get(venue, price) !== 0) this.set(venue, price, 0)
  }

  /** Gives a slot to a tick; what is left of another tick there is parked. */
  #claim(slot: number, ticks: number): void {
    const [all, first, end] = [this.#lots, slot << this.#shift, (slot << this.#shift) + this.#venues]
    const owner = this.#ticks[slot]!
    for (let i = first; i < end; i++) {
      if (all[i] === 0) continue
      this.#parked.set(owner, all.slice(first, end))
      all.fill(0, first, end)
      break
    }
    this.#ticks[slot] = ticks
    const parked = this.#parked.get(ticks)
    if (!parked) return
    all.set(parked, first)
    this.#parked.delete(ticks)
  }
}
