/** How a live source stands. */
export interface LiveStatus {
  /** `idle` before it runs; `connecting`; `connected` but no data yet; `live`; `waiting` until the next attempt. */
  readonly state: 'idle' | 'connecting' | 'connected' | 'live' | 'waiting'
  /** Connections that were opened, and those of them that were lost. */
  readonly connections: number
  readonly disconnects: number
  /** Messages and answers of the venue. */
  readonly messages: number
  /** Books that were lost while connected (a missing update, a wrong checksum), and snapshots that were asked for. */
  readonly gaps: number
  readonly resyncs: number
  /** Median of receipt − venue time over the last 1,000 inputs, ms: negative where the venue's clock is ahead; NaN before. */
  readonly clockOffsetMs: number
  /** The venue's symbols whose books are not whole. */
  readonly booksAwaited: readonly string[]
}

/** The median of the newest 1,000 of a stream. */
export class RecentMedian {
  readonly #values = new Float64Array(1000)
  #count = 0

  add(value: number): void {
    this.#values[this.#count++ % this.#values.length] = value
  }

  /** NaN before the first. */
  get value(): number {
    const sorted = this.#values.slice(0, Math.min(this.#count, this.#values.length)).sort()
    const middle = sorted.length >> 1
    return sorted.length % 2 === 1 ? sorted[middle]! : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2
  }
}
