import type { Plain } from '@tapeloom/core'

const LIMIT = 4096

/** Older versions of rows that a backfill replaced, few by nature: kept for reads as of an earlier sequence. */
export class RowVersions {
  readonly width: number
  #times: number[] = []
  #knowns: number[] = []
  #flags: number[] = []
  #rows: Float64Array[] = []
  /** Whether some were dropped to bound memory: what is not found here may then still be in the store. */
  lossy = false

  constructor(width: number) {
    this.width = width
  }

  get count(): number {
    return this.#times.length
  }

  /** Keeps a copy of a replaced row; those before `floor` go. */
  keep(time: number, known: number, flags: number, row: Float64Array, floor: number): void {
    if (this.#times.length >= LIMIT) this.#prune(floor)
    this.#times.push(time)
    this.#knowns.push(known)
    this.#flags.push(flags)
    this.#rows.push(row.slice())
  }

  /** Index of the newest version of the row at `time` that was known by `knownBy`; −1 when there is none. */
  find(time: number, knownBy: number): number {
    let best = -1
    for (let i = 0; i < this.#times.length; i++) {
      if (this.#times[i] !== time || this.#knowns[i]! > knownBy) continue
      if (best < 0 || this.#knowns[i]! > this.#knowns[best]!) best = i
    }
    return best
  }

  row(index: number): Float64Array {
    return this.#rows[index]!
  }

  flags(index: number): number {
    return this.#flags[index]!
  }

  snapshot(): Plain {
    const rows = new Float64Array(this.count * this.width)
    this.#rows.forEach((row, i) => rows.set(row, i * this.width))
    return {
      times: Float64Array.from(this.#times),
      knowns: Float64Array.from(this.#knowns),
      flags: Uint16Array.from(this.#flags),
      rows,
      lossy: this.lossy,
    }
  }

  restore(state: Plain): void {
    const { times, knowns, flags, rows, lossy } = state as unknown as {
      times: Float64Array
      knowns: Float64Array
      flags: Uint16Array
      rows: Float64Array
      lossy: boolean
    }
    this.#times = Array.from(times)
    this.#knowns = Array.from(knowns)
    this.#flags = Array.from(flags)
    this.#rows = this.#times.map((_, i) => rows.slice(i * this.width, (i + 1) * this.width))
    this.lossy = lossy
  }

  #prune(floor: number): void {
    let keep = this.#times.map((time) => time >= floor)
    if (keep.every(Boolean)) {
      this.lossy = true
      keep = keep.map((_, i) => i >= LIMIT / 2)
    }
    const kept = <T>(list: T[]): T[] => list.filter((_, i) => keep[i])
    this.#times = kept(this.#times)
    this.#knowns = kept(this.#knowns)
    this.#flags = kept(this.#flags)
    this.#rows = kept(this.#rows)
  }
}
