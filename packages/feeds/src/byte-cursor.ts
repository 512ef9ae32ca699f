const [ZERO, DOT, QUOTE, BACKSLASH, OPEN, SHUT, COMMA] = [48, 46, 34, 92, 91, 93, 44]
/** What `ByteCursor.pairs` returns when it needs more room. */
export const FULL = -2
const POWERS = Float64Array.from({ length: 16 }, (_, i) => Number(`1e${i}`))
const NO_BYTES = new Uint8Array(0)

/**
 * Reads JSON bytes of which the shape is known. Whatever it does not recognise makes it return false, NaN or '':
 * the caller then leaves the text to JSON.parse. What it does accept, it reads as JSON.parse and Number would.
 */
export class ByteCursor {
  #bytes: Uint8Array = NO_BYTES
  #end = 0
  at = 0
  readonly #one = new Float64Array(1)
  #word = ''
  #wordBytes: Uint8Array = NO_BYTES

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
    const bytes = this.#bytes
    const at = this.at
    if (at + literal.length > this.#end) return false
    for (let i = 0; i < literal.length; i++) if (bytes[at + i] !== literal[i]) return false
    this.at = at + literal.length
    return true
  }

  /** An unsigned integer up to 15 digits without leading zero, else NaN. */
  integer(): number {
    const bytes = this.#bytes
    const start = this.at
    let at = start
    let digit = 0
    let head = 0
    let tail = 0
    while ((digit = bytes[at]! ^ ZERO) <= 9 && at - start < 9) {
      head = (Math.imul(head, 10) + digit) | 0
      at++
    }
    const cut = at
    while ((digit = bytes[at]! ^ ZERO) <= 9 && at - cut < 7) {
      tail = (Math.imul(tail, 10) + digit) | 0
      at++
    }
    if (at === start || at - start > 15 || at > this.#end || (bytes[start] === ZERO && at - start > 1)) return NaN
    this.at = at
    return head * POWERS[at - cut]! + tail
  }

  /** An unsigned decimal in quotes, such as `"0.0100"`, as `readDecimal` reads it; else NaN. */
  decimal(): number {
    const after = readDecimal(this.#bytes, this.at, this.#one, 0)
    if (after < 0 || after > this.#end) return NaN
    this.at = after
    return this.#one[0]!
  }

  /**
   * Reads `[["1.5","20"],…]` into `into`, two numbers a pair, each as `decimal` would. Returns how many pairs, −1 when it is
   * anything else, or `FULL` when there is no room: then nothing was read.
   */
  pairs(into: Float64Array, first: number): number {
    const bytes = this.#bytes
    const from = this.at
    if (bytes[from] !== OPEN) return -1
    let at = from + 1
    let index = first
    if (bytes[at] !== SHUT) {
      for (; ; at++) {
        if (index + 2 > into.length) return FULL
        if (bytes[at] !== OPEN) return -1
        at = readDecimal(bytes, at + 1, into, index)
        if (bytes[at] !== COMMA) return -1
        at = readDecimal(bytes, at + 1, into, index + 1)
        if (bytes[at] !== SHUT) return -1
        index += 2
        if (bytes[++at] !== COMMA) break
      }
    }
    if (at >= this.#end || bytes[at] !== SHUT) return -1
    this.at = at + 1
    return (index - first) / 2
  }

  /** Steps over printable ASCII and the quote after it; false when it is empty or holds anything else. */
  skipWord(): boolean {
    const bytes = this.#bytes
    const start = this.at
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

/**
 * Reads an unsigned decimal in quotes into an array, where a double needs no memory of its own: up to 9 digits before and 9
 * after the point and 15 in all. Exact: digits make whole numbers of 32 bits, one loop a part so that nothing but its length
 * has to be guessed, and one division by a power of ten makes the double. `byte ^ 48` is at most 9 for digits alone, nor for
 * what lies behind the last byte. (`let [a, b] = [0, 0]` would make all of it twice as slow.) Returns the place behind, or −1.
 */
function readDecimal(bytes: Uint8Array, quote: number, into: Float64Array, index: number): number {
  if (bytes[quote] !== QUOTE) return -1
  let at = quote + 1
  let digit = 0
  let whole = 0
  let part = 0
  while ((digit = bytes[at]! ^ ZERO) <= 9) {
    whole = (Math.imul(whole, 10) + digit) | 0
    at++
  }
  const before = at - quote - 1
  if (before === 0 || before > 9) return -1
  if (digit === (QUOTE ^ ZERO)) {
    into[index] = whole
    return at + 1
  }
  if (digit !== (DOT ^ ZERO)) return -1
  const point = ++at
  while ((digit = bytes[at]! ^ ZERO) <= 9) {
    part = (Math.imul(part, 10) + digit) | 0
    at++
  }
  const after = at - point
  if (after === 0 || after > 9 || before + after > 15 || digit !== (QUOTE ^ ZERO)) return -1
  const power = POWERS[after]!
  into[index] = (whole * power + part) / power
  return at + 1
}
