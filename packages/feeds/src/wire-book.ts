import type { WireLevel } from './venue-decoder.ts'
import { isZero } from './wire-fields.ts'

interface Entry {
  readonly key: number
  readonly level: WireLevel
}

/** A book in the venue's own digits, for checksums over them and for cutting to a depth. */
export class WireBook {
  // Keys are prices for asks and negated prices for bids: best first on both sides.
  readonly #bids: Entry[] = []
  readonly #asks: Entry[] = []

  /** Replaces what there was. */
  reset(bids: readonly WireLevel[], asks: readonly WireLevel[]): void {
    this.#bids.length = this.#asks.length = 0
    this.apply(bids, asks)
  }

  /** Absolute quantities; 0 deletes. */
  apply(bids: readonly WireLevel[], asks: readonly WireLevel[]): void {
    for (const level of bids) put(this.#bids, -Number(level[0]), level)
    for (const level of asks) put(this.#asks, Number(level[0]), level)
  }

  /** Drops the levels beyond `depth` and returns them as deletions. */
  cut(depth: number): { readonly bids: readonly WireLevel[]; readonly asks: readonly WireLevel[] } {
    const dropped = (side: Entry[]) =>
      side.length <= depth ? [] : side.splice(depth).map(({ level: [price] }): WireLevel => [price, '0'])
    return { bids: dropped(this.#bids), asks: dropped(this.#asks) }
  }

  /** Whether a side has `depth` levels or more. */
  reaches(depth: number): boolean {
    return this.#bids.length >= depth || this.#asks.length >= depth
  }

  /** Up to `count` levels of each side, best first. */
  top(count: number): { readonly bids: readonly WireLevel[]; readonly asks: readonly WireLevel[] } {
    const levels = (side: readonly Entry[]) => side.slice(0, count).map(({ level }) => level)
    return { bids: levels(this.#bids), asks: levels(this.#asks) }
  }
}

function put(side: Entry[], key: number, level: WireLevel): void {
  let [from, to] = [0, side.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if (side[middle]!.key < key) from = middle + 1 // from <= middle < length
    else to = middle
  }
  const found = side[from]?.key === key ? 1 : 0
  if (isZero(level[1])) side.splice(from, found)
  else side.splice(from, found, { key, level })
}
