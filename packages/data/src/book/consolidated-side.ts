import { LadderSide } from './ladder-side.ts'

/** Ticks that share an entry of the table of owners: 1 << 6. */
const BLOCK = 64

/**
 * One side of a `ConsolidatedBook`. The lots of all venues at a tick stand side by side at `(tick mod width) << shift`: those
 * of four venues in half a cache line. What changes goes into a ladder of integer sums, so nothing drifts. Of two blocks of
 * ticks that meet in one place the one nearer to the best has it, and the other is kept in a map: a book wider than the
 * window is right, only slower there.
 */
export class ConsolidatedSide {
  readonly sum: LadderSide
  /** When each venue was put last, as the caller counts; 0 before. */
  readonly updated: Float64Array
  readonly #shift: number
  readonly #mask: number
  /** Of each tick in the window: the lots of each venue. */
  readonly #slots: Float64Array
  /** The first tick of whom each block of slots is; NaN: nobody's. */
  readonly #owners: Float64Array
  readonly #parked = new Map<number, Float64Array>()

  /** @throws TapeloomError `book.width` as `LadderSide` does */
  constructor(side: 'bid' | 'ask', venues: number, width: number) {
    this.sum = new LadderSide(side, width)
    this.updated = new Float64Array(venues)
    this.#shift = Math.ceil(Math.log2(venues))
    this.#mask = width - 1
    this.#slots = new Float64Array(width << this.#shift)
    this.#owners = new Float64Array(width / BLOCK).fill(NaN)
  }

  /** Puts a venue's lots at a price, 0 deletes. Short, or the compiler would not inline the ladder's part. */
  set(venue: number, ticks: number, lots: number, at = 0): void {
    this.updated[venue] = at
    const slots = this.#slots
    const place = ticks & this.#mask
    const owner = ticks - (place & (BLOCK - 1))
    if (this.#owners[place >> 6] !== owner && !this.#isPlaced(owner, place, venue, lots)) return
    const slot = (place << this.#shift) + venue
    const before = slots[slot]! // venue < venues <= 1 << shift
    slots[slot] = lots
    this.sum.add(ticks, lots - before)
  }

  /** A venue's lots at a price. */
  get(venue: number, ticks: number): number {
    const place = ticks & this.#mask
    const offset = place & (BLOCK - 1)
    if (this.#owners[place >> 6] === ticks - offset) return this.#slots[(place << this.#shift) + venue]!
    return this.#parked.get(ticks - offset)?.[(offset << this.#shift) + venue] ?? 0
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

  /** Of a block that another one keeps out: whether it has the place now. If not, the map has the lots already. */
  #isPlaced(owner: number, place: number, venue: number, lots: number): boolean {
    let parked = this.#parked.get(owner)
    if (lots === 0 && !parked) return false
    if (this.#isNearer(owner, this.#owners[place >> 6]!)) {
      this.#claim(place >> 6, owner, parked)
      return true
    }
    if (!parked) this.#parked.set(owner, (parked = new Float64Array(BLOCK << this.#shift)))
    const offset = place & (BLOCK - 1)
    const slot = (offset << this.#shift) + venue
    const before = parked[slot]!
    parked[slot] = lots
    if (lots === 0 && !parked.some(isLevel)) this.#parked.delete(owner)
    this.sum.add(owner + offset, lots - before)
    return false
  }

  /** Whether a block is nearer to the best than the one that has the place; any is nearer than nobody's. */
  #isNearer(owner: number, other: number): boolean {
    const best = this.sum.bestTicks
    return !(Math.abs(owner - best) >= Math.abs(other - best))
  }

  /** Gives a place to a block; what is left of another there is parked. */
  #claim(block: number, owner: number, parked: Float64Array | undefined): void {
    const from = block * (BLOCK << this.#shift)
    const slots = this.#slots.subarray(from, from + (BLOCK << this.#shift))
    if (slots.some(isLevel)) this.#parked.set(this.#owners[block]!, slots.slice())
    if (parked) slots.set(parked)
    else slots.fill(0)
    this.#parked.delete(owner)
    this.#owners[block] = owner
  }
}

const isLevel = (lots: number): boolean => lots !== 0
