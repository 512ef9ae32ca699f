/** A level as the venue writes it: price, quantity and whatever follows. */
export type Level = readonly [price: string, quantity: string, ...rest: string[]]

/** The whole book of one symbol as the capture has it at the tape's place, in the venue's own digits. */
export class TrueBook {
  readonly #bids = new Map<number, Level>()
  readonly #asks = new Map<number, Level>()

  clear(): void {
    this.#bids.clear()
    this.#asks.clear()
  }

  /** Absolute quantities; 0 deletes. */
  apply(bids: readonly Level[], asks: readonly Level[]): void {
    for (const [side, levels] of [[this.#bids, bids], [this.#asks, asks]] as const) {
      for (const level of levels) {
        if (Number(level[1]) === 0) side.delete(Number(level[0]))
        else side.set(Number(level[0]), level)
      }
    }
  }

  /** The best levels of a side, best first. */
  bids(depth = Infinity): readonly Level[] {
    return [...this.#bids].sort(([a], [b]) => b - a).slice(0, depth).map(([, level]) => level)
  }
  asks(depth = Infinity): readonly Level[] {
    return [...this.#asks].sort(([a], [b]) => a - b).slice(0, depth).map(([, level]) => level)
  }

  /** Forgets what lies beyond a depth, as venues do that keep only so much. */
  cut(depth: number): void {
    for (const [side, sign] of [[this.#bids, -1], [this.#asks, 1]] as const) {
      if (side.size > depth) for (const price of [...side.keys()].sort((a, b) => sign * (a - b)).slice(depth)) side.delete(price)
    }
  }
}
