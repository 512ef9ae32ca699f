/** Rows that were read from a series, oldest first; reused by its reader, valid until the next read. */
export class RowBlock {
  readonly width: number
  count = 0
  /** `[count × width]`. */
  rows: Float64Array<ArrayBuffer>
  /** Key of each row (open time, boundary time), µs, rising. */
  times: Float64Array<ArrayBuffer>
  flags: Uint16Array<ArrayBuffer>

  constructor(width: number, room = 64) {
    this.width = width
    this.rows = new Float64Array(room * width)
    this.times = new Float64Array(room)
    this.flags = new Uint16Array(room)
  }

  /** Empties it and makes room for `count` rows. */
  reserve(count: number): void {
    this.count = 0
    if (count <= this.times.length) return
    const room = Math.max(count, 2 * this.times.length)
    this.rows = new Float64Array(room * this.width)
    this.times = new Float64Array(room)
    this.flags = new Uint16Array(room)
  }
}
