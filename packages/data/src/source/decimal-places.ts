/** Places after the point at most: with more, prices no longer are whole numbers of ticks below 2^53. */
const MOST = 12

/**
 * Counts decimal places: the most that any value shown to it has in its shortest text, at most 12 and never so many
 * that the largest value would not be a safe integer of steps. Floating dust (17 digits) is thereby cut off.
 */
export class DecimalPlaces {
  places = 0
  #largest = 0

  /** Takes values; missing ones are left out. */
  // Hot: no text is made. A value has d places when round(v·10^d)/10^d is v itself.
  add(values: Float64Array): void {
    let scale = Number(`1e${this.places}`)
    for (const value of values) {
      if (!Number.isFinite(value)) continue
      const size = Math.abs(value)
      if (size > this.#largest) this.#largest = size
      while (Math.round(size * scale) / scale !== size && this.places < MOST && size * scale < 9e14) {
        this.places++
        scale = Number(`1e${this.places}`)
      }
    }
  }

  /** The step as a decimal string: `'0.01'`, `'1'`. */
  get step(): string {
    let places = this.places
    while (places > 0 && this.#largest * Number(`1e${places}`) > Number.MAX_SAFE_INTEGER) places--
    return places === 0 ? '1' : `0.${'0'.repeat(places - 1)}1`
  }
}
