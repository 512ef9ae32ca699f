const [ZERO, NINE, DOT, QUOTE, BACKSLASH] = [48, 57, 46, 34, 92]
const POWERS = Array.from({ length: 16 }, (_, i) => Number(`1e${i}`))

/**
 * Reads JSON bytes of which the shape is known. Whatever it does not recognise makes it return false, NaN or '':
 * the caller then leaves the text to JSON.parse. What it does accept, it reads as JSON.parse and Number would.
 */
export class ByteCursor {
  #bytes: Uint8Array = new Uint8Array(0)
  #end = 0
  at = 0
  #word = ''
  #wordBytes: Uint8Array = new Uint8Array(0)

  reset(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes
    this.at = start
    this.#end = end
  }
  get atEnd(): boolean {
    return this.at === this.#end
  }

  /** Steps over exactly these bytes, or stays. */
  skip(literal: Uint8Array): boolean {
    const [bytes, at] = [this.#bytes, this.at]
    if (at + literal.length > this.#end) return false
    for (let i = 0; i < literal.length; i++) if (bytes[at + i] !== literal[i]) return false
    this.at = at + literal.length
    return true
  }

  /** An unsigned integer up to 15 digits without leading zero, else NaN. */
  integer(): number {
    const [bytes, start] = [this.#bytes, this.at]
    let value = 0
    let at = start
    for (; at < this.#end; at++) {
      const digit = bytes[at]! - ZERO
      if (digit < 0 || digit > 9) break
      value = value * 10 + digit
    }
    if (at === start || at - start > 15 || (bytes[start] === ZERO && at - start > 1)) return NaN
    this.at = at
    return value
  }

  /** An unsigned decimal up to 15 digits in quotes, such as `"0.0100"`, else NaN. Exact: one division by a power of ten. */
  decimal(): number {
    const bytes = this.#bytes
    let at = this.at
    if (bytes[at++] !== QUOTE) return NaN
    let [value, digits, dot] = [0, 0, -1]
    for (; at < this.#end; at++) {
      const byte = bytes[at]!
      if (byte >= ZERO && byte <= NINE) {
        value = value * 10 + (byte - ZERO)
        if (value !== 0) digits++
      } else if (byte === DOT && dot < 0) dot = at
      else break
    }
    if (at >= this.#end || bytes[at] !== QUOTE || digits > 15) return NaN
    const from = this.at + 1
    if (dot < 0) {
      if (at === from) return NaN
    } else if (dot === from || dot === at - 1) return NaN
    const places = dot < 0 ? 0 : at - dot - 1
    if (places > 15) return NaN
    this.at = at + 1
    return places === 0 ? value : value / POWERS[places]!
  }

  /** Steps over printable ASCII and the quote after it; false when it is empty or holds anything else. */
  skipWord(): boolean {
    const [bytes, start] = [this.#bytes, this.at]
    let at = start
    for (; at < this.#end && bytes[at] !== QUOTE; at++) {
      const byte = bytes[at]!
      if (byte < 32 || byte > 126 || byte === BACKSLASH) return false
    }
    if (at >= this.#end || at === start) return false
    this.at = at + 1
    return true
  }

  /** The word that `skipWord` steps over, or ''. */
  word(): string {
    const start = this.at
    if (!this.skipWord()) return ''
    if (!this.#isLastWord(start, this.at - 1)) {
      this.#wordBytes = this.#bytes.slice(start, this.at - 1)
      this.#word = String.fromCharCode(...this.#wordBytes)
    }
    return this.#word
  }

  /** A capture names few symbols, mostly the same again: decoding is skipped then. */
  #isLastWord(start: number, end: number): boolean {
    const last = this.#wordBytes
    if (last.length !== end - start) return false
    for (let i = 0; i < last.length; i++) if (last[i] !== this.#bytes[start + i]) return false
    return true
  }
}
