import type { Plain } from '@tapeloom/core'
import type { MemoryBudget } from './memory-budget.ts'
import type { RowBlock } from './row-block.ts'
import { RowVersions } from './row-versions.ts'

/** First capacity of a ring, rows. */
const START = 256

/** Bytes of one row of `width` doubles with its time, sequence and flags. */
export const rowBytes = (width: number): number => 8 * width + 18

/**
 * The newest rows of one series: a power-of-two ring, row-interleaved, rising in time; it grows to `maxRows` while the
 * budget allows, then the oldest rows leave. A range that reaches into what has left is detected by `floor`.
 * A newer version of a row replaces it; the older one stays for reads as of an earlier sequence.
 */
// `!` below: every slot is masked to the capacity of arrays of that length.
export class RowRing {
  readonly width: number
  readonly maxRows: number
  /** Every row ever put at or after this time is here. */
  floor = -Infinity
  /** Ring of rows; slot s begins at s × width. */
  rows: Float64Array<ArrayBuffer>
  readonly #budget: MemoryBudget
  readonly #versions: RowVersions
  #times: Float64Array<ArrayBuffer>
  #knowns: Float64Array<ArrayBuffer>
  #flags: Uint16Array<ArrayBuffer>
  #mask: number
  #first = 0
  #end = 0
  /** From here on each row was known no earlier than the one before it. */
  #orderedFrom = 0

  /** @param maxRows a power of two; the caller has taken `START` rows of the budget. */
  constructor(width: number, maxRows: number, budget: MemoryBudget) {
    this.width = width
    this.maxRows = maxRows
    this.#budget = budget
    this.#versions = new RowVersions(width)
    const room = Math.min(START, maxRows)
    this.rows = new Float64Array(room * width)
    this.#times = new Float64Array(room)
    this.#knowns = new Float64Array(room)
    this.#flags = new Uint16Array(room)
    this.#mask = room - 1
  }

  /** Bytes that a new ring needs. */
  static startBytes(width: number, maxRows: number): number {
    return Math.min(START, maxRows) * rowBytes(width)
  }

  get count(): number {
    return this.#end - this.#first
  }

  get bytes(): number {
    return (this.#mask + 1) * rowBytes(this.width)
  }

  /** Time of the newest row; −Infinity when empty. */
  get lastTime(): number {
    return this.#end === this.#first ? -Infinity : this.#times[(this.#end - 1) & this.#mask]!
  }

  /**
   * Makes the slot for the row at `time`: appended, replacing an older version, or inserted in its place.
   * Returns the slot to write the values into, or −1 when the row is older than what is kept.
   */
  put(time: number, known: number, flags: number): number {
    if (time > this.lastTime) return this.#append(time, known, flags)
    if (time < this.floor) return -1
    const at = this.#lowerBound(time)
    const slot = at & this.#mask
    if (at < this.#end && this.#times[slot] === time) {
      this.#versions.keep(time, this.#knowns[slot]!, this.#flags[slot]!, this.#row(slot), this.floor)
      this.#orderedFrom = Math.max(this.#orderedFrom, at + 1)
      return this.#stamp(slot, time, known, flags)
    }
    return this.#insert(time, known, flags)
  }

  /** Adds flags to the row at `time`, if it is here. */
  flag(time: number, flags: number): void {
    const at = this.#lowerBound(time)
    if (at < this.#end && this.#times[at & this.#mask] === time) this.#flags[at & this.#mask]! |= flags
  }

  /** Writes the newest `count` rows, as known now, into `block`; returns how many there are. */
  newest(count: number, block: RowBlock): number {
    const n = Math.min(count, this.count)
    block.reserve(n)
    this.#copy(this.#end - n, n, block)
    return n
  }

  /**
   * Writes the rows with time in [from, to), as known by sequence `knownBy`, into `block`.
   * Returns how many, or −1 when some may have left the ring: then the store answers.
   */
  read(from: number, to: number, knownBy: number, block: RowBlock): number {
    if (from < this.floor) return -1
    const [first, end] = [this.#lowerBound(from), this.#lowerBound(to)]
    block.reserve(end - first)
    if (this.#allKnown(first, end, knownBy)) {
      this.#copy(first, end - first, block)
      return end - first
    }
    for (let at = first; at < end; at++) if (!this.#readVersion(at & this.#mask, knownBy, block)) return -1
    return block.count
  }

  /**
   * Slot of the first of the rows with time in [from, to), where there are exactly `count` of them and sequence `knownBy`
   * saw them as they stand; the others follow it, from slot 0 on after the last. −1 where `read` must look.
   */
  locate(from: number, to: number, count: number, knownBy: number): number {
    if (from < this.floor) return -1
    const first = this.#lowerBound(from)
    const end = first + count
    if (end > this.#end || (count > 0 && this.#times[(end - 1) & this.#mask]! >= to)) return -1
    if (end < this.#end && this.#times[end & this.#mask]! < to) return -1
    return this.#allKnown(first, end, knownBy) ? first & this.#mask : -1
  }

  /** Rows there is room for: slots are below it. */
  get room(): number {
    return this.#mask + 1
  }

  /** Slot of the newest row, or −1. */
  get lastSlot(): number {
    return this.#end === this.#first ? -1 : (this.#end - 1) & this.#mask
  }

  timeAt(slot: number): number {
    return this.#times[slot]!
  }

  flagsAt(slot: number): number {
    return this.#flags[slot]!
  }

  snapshot(): Plain {
    const { count, width } = this
    const [rows, times] = [new Float64Array(count * width), new Float64Array(count)]
    const [knowns, flags] = [new Float64Array(count), new Uint16Array(count)]
    for (let i = 0; i < count; i++) {
      const slot = (this.#first + i) & this.#mask
      rows.set(this.#row(slot), i * width)
      times[i] = this.#times[slot]!
      knowns[i] = this.#knowns[slot]!
      flags[i] = this.#flags[slot]!
    }
    return { rows, times, knowns, flags, floor: this.floor, versions: this.#versions.snapshot() }
  }

  restore(state: Plain): void {
    const { rows, times, knowns, flags, floor, versions } = state as unknown as {
      rows: Float64Array
      times: Float64Array
      knowns: Float64Array
      flags: Uint16Array
      floor: number
      versions: Plain
    }
    this.#first = this.#end = this.#orderedFrom = 0
    this.floor = -Infinity
    for (let i = 0; i < times.length; i++) {
      const slot = this.#append(times[i]!, knowns[i]!, flags[i]!)
      this.rows.set(rows.subarray(i * this.width, (i + 1) * this.width), slot * this.width)
    }
    this.floor = Math.max(floor, this.floor)
    this.#versions.restore(versions)
  }

  #row(slot: number): Float64Array {
    return this.rows.subarray(slot * this.width, (slot + 1) * this.width)
  }

  #stamp(slot: number, time: number, known: number, flags: number): number {
    this.#times[slot] = time
    this.#knowns[slot] = known
    this.#flags[slot] = flags
    return slot
  }

  #append(time: number, known: number, flags: number): number {
    const before = this.#end - 1
    if (before >= this.#first && this.#knowns[before & this.#mask]! > known) this.#orderedFrom = this.#end
    return this.#stamp(this.#push(), time, known, flags)
  }

  #push(): number {
    if (this.count > this.#mask && !this.#grow()) {
      this.floor = this.#times[this.#first & this.#mask]! + 1
      this.#first++
    }
    return this.#end++ & this.#mask
  }

  #grow(): boolean {
    const room = 2 * (this.#mask + 1)
    if (room > this.maxRows || !this.#budget.take(this.bytes)) return false
    const [rows, times] = [new Float64Array(room * this.width), new Float64Array(room)]
    const [knowns, flags] = [new Float64Array(room), new Uint16Array(room)]
    for (let at = this.#first; at < this.#end; at++) {
      const [from, to] = [at & this.#mask, at & (room - 1)]
      rows.set(this.#row(from), to * this.width)
      times[to] = this.#times[from]!
      knowns[to] = this.#knowns[from]!
      flags[to] = this.#flags[from]!
    }
    this.rows = rows
    this.#times = times
    this.#knowns = knowns
    this.#flags = flags
    this.#mask = room - 1
    return true
  }

  /** Opens a slot between rows: O(rows after it), for backfills alone. */
  #insert(time: number, known: number, flags: number): number {
    if (this.count > this.#mask && !this.#grow() && time < this.#times[this.#first & this.#mask]!) {
      this.floor = time + 1
      return -1
    }
    this.#push()
    this.#orderedFrom = this.#end
    let at = this.#end - 1
    for (; at > this.#first && this.#times[(at - 1) & this.#mask]! > time; at--) {
      const [from, to] = [(at - 1) & this.#mask, at & this.#mask]
      this.rows.copyWithin(to * this.width, from * this.width, (from + 1) * this.width)
      this.#stamp(to, this.#times[from]!, this.#knowns[from]!, this.#flags[from]!)
    }
    return this.#stamp(at & this.#mask, time, known, flags)
  }

  /** First logical index whose time is at or after `time`. */
  #lowerBound(time: number): number {
    let [low, high] = [this.#first, this.#end]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#times[middle & this.#mask]! < time) low = middle + 1
      else high = middle
    }
    return low
  }

  #allKnown(first: number, end: number, knownBy: number): boolean {
    if (first >= this.#orderedFrom) return first >= end || this.#knowns[(end - 1) & this.#mask]! <= knownBy
    for (let at = first; at < end; at++) if (this.#knowns[at & this.#mask]! > knownBy) return false
    return true
  }

  #copy(first: number, count: number, block: RowBlock): void {
    const head = Math.min(count, this.#mask + 1 - (first & this.#mask))
    this.#copyPart(first & this.#mask, head, 0, block)
    if (count > head) this.#copyPart(0, count - head, head, block)
    block.count = count
  }

  #copyPart(slot: number, count: number, to: number, block: RowBlock): void {
    block.rows.set(this.rows.subarray(slot * this.width, (slot + count) * this.width), to * this.width)
    block.times.set(this.#times.subarray(slot, slot + count), to)
    block.flags.set(this.#flags.subarray(slot, slot + count), to)
  }

  #readVersion(slot: number, knownBy: number, block: RowBlock): boolean {
    const to = block.count
    if (this.#knowns[slot]! <= knownBy) this.#copyPart(slot, 1, to, block)
    else {
      const version = this.#versions.find(this.#times[slot]!, knownBy)
      if (version < 0) return !this.#versions.lossy // not known then: no row
      block.rows.set(this.#versions.row(version), to * this.width)
      block.times[to] = this.#times[slot]!
      block.flags[to] = this.#versions.flags(version)
    }
    block.count++
    return true
  }
}
