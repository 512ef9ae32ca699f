const [ZERO, DOT, QUOTE, BACKSLASH, OPEN, SHUT, COMMA] = [48, 46, 34, 92, 91, 93, 44]
/** What `ByteCursor.pairs` returns when it needs more room. */
export const FULL = -2
const POWERS = Array.from({ length: 16 }, (_, i) => Number(`1e${i}`))

/**
 * Reads JSON bytes of which the shape is known. Whatever it does not recognise makes it return false, NaN or '':
 * the caller then leaves the text to JSON.parse. What it does accept, it reads as JSON.parse and Number would.
 */
export class ByteCursor {
  #bytes: Uint8Array = new Uint8Array(0)
  #end = 0
  at = 0
  #part = 0
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
    let at = start
    let head = 0
    let digit = 0
    while ((digit = bytes[at]! - ZERO) >= 0 && digit <= 9 && at - start < 9) {
      head = (head * 10 + digit) | 0
      at++
    }
    const more = at - start === 9 ? Math.max(0, this.#digits(at)) : 0
    const end = at + more
    if (end === start || end - start > 15 || end > this.#end || (bytes[start] === ZERO && end - start > 1)) return NaN
    this.at = end
    return more === 0 ? head : head * POWERS[more]! + this.#part
  }

  /**
   * An unsigned decimal in quotes, such as `"0.0100"`, of up to 9 digits before and 9 after the point and 15 in all; else NaN.
   * Exact: digits make whole numbers, and one division by a power of ten makes the double.
   */
  decimal(): number {
    const [bytes, start] = [this.#bytes, this.at + 1]
    if (bytes[this.at] !== QUOTE) return NaN
    let at = start
    let whole = 0
    let digit = 0
    while ((digit = bytes[at]! - ZERO) >= 0 && digit <= 9 && at - start < 9) {
      whole = (whole * 10 + digit) | 0
      at++
    }
    const places = bytes[at] === DOT ? this.#digits(at + 1) : 0
    const end = places === 0 ? at : at + 1 + places
    if (at === start || places < 0 || end - start > 16 || end >= this.#end || bytes[end] !== QUOTE) return NaN
    this.at = end + 1
    return places === 0 ? whole : (whole * POWERS[places]! + this.#part) / POWERS[places]!
  }

  /**
   * Reads `[["1.5","20"],…]` into `into`, two numbers a pair, each as `decimal` would. Returns how many pairs, −1 when it is
   * anything else, or `FULL` when there is no room: then nothing was read.
   */
  pairs(into: Float64Array, first: number): number {
    const [bytes, from] = [this.#bytes, this.at]
    if (bytes[from] !== OPEN) return -1
    let [at, count] = [from + 1, 0]
    if (bytes[at] !== SHUT) {
      for (let index = first; ; index += 2) {
        if (index + 2 > into.length) return FULL
        if (bytes[at] !== OPEN) return -1
        at = this.#number(into, index, at + 1)
        if (bytes[at] !== COMMA) return -1
        at = this.#number(into, index + 1, at + 1)
        if (bytes[at] !== SHUT) return -1
        count++
        if (bytes[++at] !== COMMA) break
        at++
      }
    }
    if (at >= this.#end || bytes[at] !== SHUT) return -1
    this.at = at + 1
    return count
  }

  /**
   * `decimal` at a place, into an array, where a double needs no memory of its own; returns the place behind it, or −1. Up to
   * nine digits in all, as most have, are one whole number of 32 bits and one division.
   */
  #number(into: Float64Array, index: number, quote: number): number {
    const [bytes, start] = [this.#bytes, quote + 1]
    if (bytes[quote] !== QUOTE) return -1
    let [at, units, point] = [start, 0, 0]
    for (;;) {
      const digit = bytes[at]! - ZERO
      if (digit >= 0 && digit <= 9) units = (units * 10 + digit) | 0
      else if (digit === DOT - ZERO && point === 0 && at > start) point = at + 1
      else break
      at++
    }
    const digits = at - start - (point === 0 ? 0 : 1)
    if (digits === 0 || digits > 9 || point === at) return this.#long(into, index, quote)
    if (at >= this.#end || bytes[at] !== QUOTE) return -1
    into[index] = point === 0 ? units : units / POWERS[at - point]!
    return at + 1
  }

  #long(into: Float64Array, index: number, quote: number): number {
    const before = this.at
    this.at = quote
    const value = this.decimal()
    const after = this.at
    this.at = before
    into[index] = value
    return value >= 0 ? after : -1
  }

  /** Reads one to nine digits into #part, as whole numbers of 32 bits are fast; returns how many, or -1. */
  #digits(start: number): number {
    const bytes = this.#bytes
    let at = start
    let part = 0
    let digit = 0
    while ((digit = bytes[at]! - ZERO) >= 0 && digit <= 9 && at - start < 9) {
      part = (part * 10 + digit) | 0
      at++
    }
    this.#part = part
    return at === start ? -1 : at - start
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
