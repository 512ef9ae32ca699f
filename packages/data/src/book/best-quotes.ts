import type { ConsolidatedSide } from './consolidated-side.ts'

/** The best of one side: its price and all lots there; NaN when nothing is left. */
export interface SideBest {
  readonly ticks: number
  readonly lots: number
}

const CHUNK = 64

/**
 * The best bid and ask of several venues where a newer quote evicts the older opposite levels of other venues that it
 * would cross (not those it locks), until their venue updates that side again. Sides are taken from the newest to the oldest: a side that was
 * taken stands, and an older one of another venue begins behind the best that stands against it. No level is deleted.
 */
export class BestQuotes {
  readonly #bids: ConsolidatedSide
  readonly #asks: ConsolidatedSide
  readonly #venues: number
  // The effective best of each side, as keys: ticks of bids, negated ticks of asks. −Infinity: none.
  readonly #best: Float64Array
  readonly #order: number[]
  #ticks = new Float64Array(CHUNK)
  #lots = new Float64Array(CHUNK)

  constructor(bids: ConsolidatedSide, asks: ConsolidatedSide) {
    this.#bids = bids
    this.#asks = asks
    this.#venues = bids.updated.length
    this.#best = new Float64Array(2 * this.#venues)
    this.#order = Array.from(this.#best, (_, i) => i)
  }

  read(): { readonly bid: SideBest; readonly ask: SideBest } {
    const best = this.#best
    best.fill(-Infinity)
    this.#order.sort((a, b) => this.#updated(b) - this.#updated(a) || a - b)
    for (const [rank, one] of this.#order.entries()) {
      if (this.#updated(one) === 0) break
      const bid = one < this.#venues
      const venue = bid ? one : one - this.#venues
      let limit = Infinity
      for (let i = 0; i < rank; i++) {
        const other = this.#order[i]!
        if (other < this.#venues === bid || other % this.#venues === venue || best[other] === -Infinity) continue
        limit = Math.min(limit, -best[other]!)
      }
      best[one] = this.#bestBelow(bid ? this.#bids : this.#asks, bid ? 1 : -1, venue, limit)
    }
    return { bid: this.#sideBest(true), ask: this.#sideBest(false) }
  }

  /** When a side of a venue was updated last, bids first; 0: it is not live. */
  #updated(one: number): number {
    return one < this.#venues ? this.#bids.updated[one]! : this.#asks.updated[one - this.#venues]!
  }

  /** The best key of a venue that is not better than `limit`; −Infinity when there is none. */
  #bestBelow(side: ConsolidatedSide, sign: 1 | -1, venue: number, limit: number): number {
    for (let levels = CHUNK; ; levels *= 4) {
      if (levels > this.#ticks.length) {
        this.#ticks = new Float64Array(levels)
        this.#lots = new Float64Array(levels)
      }
      const count = side.sum.top(levels, this.#ticks, this.#lots)
      for (let i = 0; i < count; i++) {
        const ticks = this.#ticks[i]!
        if (sign * ticks <= limit && side.get(venue, ticks) !== 0) return sign * ticks
      }
      if (count < levels) return -Infinity
    }
  }

  #sideBest(bid: boolean): SideBest {
    const [side, from] = [bid ? this.#bids : this.#asks, bid ? 0 : this.#venues]
    let key = -Infinity
    for (let venue = 0; venue < this.#venues; venue++) key = Math.max(key, this.#best[from + venue]!)
    if (key === -Infinity) return { ticks: NaN, lots: NaN }
    const ticks = bid ? key : -key
    let lots = 0
    for (let venue = 0; venue < this.#venues; venue++) if (this.#best[from + venue]! >= key) lots += side.get(venue, ticks)
    return { ticks, lots }
  }
}
