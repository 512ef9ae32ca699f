import { LadderSide } from './ladder-side.ts'

/**
 * One side of a `ConsolidatedBook`. The lots of all venues at a tick stand side by side at `(tick mod width) << shift`,
 * behind the tick itself: up to seven venues in one cache line. Their integer sum goes into a ladder, so nothing drifts.
 * Of two ticks that meet in one slot the one used last has it, and the other waits in a map: a book wider than the window
 * is right, only slower.
 */
export class ConsolidatedSide {
  readonly sum: LadderSide
  /** When each venue was put last, as the caller counts; 0 before. */
  readonly updated: Float64Array
  readonly #venues: number
  readonly #shift: number
  readonly #mask: number
  /** Of each slot: whose it is (NaN: nobody's), then the lots of each venue. */
  readonly #slots: Float64Array
  readonly #parked = new Map<number, Float64Array>()

  /** @throws TapeloomError `book.width` as `LadderSide` does */
  constructor(side: 'bid' | 'ask', venues: number, width: number) {
    this.sum = new LadderSide(side, width)
    this.updated = new Float64Array(venues)
    this.#venues = venues
    this.#shift = Math.max(3, Math.ceil(Math.log2(venues + 1)))
    this.#mask = width - 1
    this.#slots = new Float64Array(width << this.#shift)
    for (let slot = 0; slot < width; slot++) this.#slots[slot << this.#shift] = NaN
  }

  /** Puts a venue's lots at a price, 0 deletes. Short, or the compiler would not inline the ladder's part. */
  set(venue: number, ticks: number, lots: number, at = 0): void {
    this.updated[venue] = at
    const slots = this.#slots
    const first = (ticks & this.#mask) << this.#shift
    if (slots[first] !== ticks && !this.#claim(first, ticks, lots)) return
    slots[first + 1 + venue] = lots // venue < venues < 1 << shift
    const more = this.#venues > 4 ? this.#more(first) : 0
    this.sum.set(ticks, slots[first + 1]! + slots[first + 2]! + (slots[first + 3]! + slots[first + 4]!) + more)
  }

  /** A venue's lots at a price. */
  get(venue: number, ticks: number): number {
    const first = (ticks & this.#mask) << this.#shift
    if (this.#slots[first] === ticks) return this.#slots[first + 1 + venue]!
    return this.#parked.get(ticks)?.[venue] ?? 0
  }

  /** How many levels a venue has. O(levels). */
  levelsOf(venue: number): number {
    return this.#prices().reduce((count, ticks) => count + (this.get(venue, ticks) === 0 ? 0 : 1), 0)
  }

  /** Deletes all levels of a venue. O(levels). */
  remove(venue: number): void {
    for (const ticks of this.#prices()) if (this.get(venue, ticks) !== 0) this.set(venue, ticks, 0)
    this.updated[venue] = 0
  }

  #prices(): Float64Array {
    const { levels } = this.sum
    const ticks = new Float64Array(levels)
    this.sum.top(levels, ticks, new Float64Array(levels))
    return ticks
  }

  /** Lots of the fifth venue and all after it. */
  #more(first: number): number {
    let sum = 0
    for (let i = 5; i <= this.#venues; i++) sum += this.#slots[first + i]!
    return sum
  }

  /** Gives a slot to a tick; what is left of another tick there is parked. False where there is nothing to delete. */
  #claim(first: number, ticks: number, lots: number): boolean {
    const parked = this.#parked.get(ticks)
    if (lots === 0 && !parked) return false
    const [slots, from, to] = [this.#slots, first + 1, first + 1 + this.#venues]
    for (let i = from; i < to; i++) {
      if (slots[i] === 0) continue
      this.#parked.set(slots[first]!, slots.slice(from, to))
      slots.fill(0, from, to)
      break
    }
    slots[first] = ticks
    if (parked) slots.set(parked, from)
    this.#parked.delete(ticks)
    return true
  }
}
