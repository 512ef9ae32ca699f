import { TapeloomError } from '@tapeloom/core'
import type { LevelReader, LevelWriter } from './level-book.ts'

/** Shifts of the window are whole words of the upper bitmap, so that both bitmaps move by `copyWithin`. */
const STEP = 1024

/**
 * One side of a `LadderBook`: a window of integer lots indexed by tick, with one bit per level and one per non-empty word
 * of those bits, and a sorted overflow for the ticks worse than the window. The best level is always inside the window.
 */
export class LadderSide implements LevelReader, LevelWriter {
  // Keys are ticks for bids and negated ticks for asks: the better price has the larger key on both sides.
  readonly #sign: 1 | -1
  readonly #width: number
  readonly #lots: Float64Array
  readonly #low: Int32Array
  readonly #high: Int32Array
  // NaN while the side is empty: no tick is inside the window then. (It also keeps the fields doubles for the compiler.)
  #base = NaN
  #bestTicks = NaN
  #best = -1
  // Levels worse than the window, best first: snapshots come best first, and so append.
  #farKeys = new Float64Array(64)
  #farLots = new Float64Array(64)
  #far = 0

  /**
   * @param width ticks in the window, a power of two from 2^13 to 2^20
   * @throws TapeloomError `book.width`
   */
  constructor(side: 'bid' | 'ask', width: number) {
    if (!Number.isInteger(Math.log2(width)) || width < 8192 || width > 1 << 20) {
      throw new TapeloomError('book.width', `[ladder] width is ${width}. Give a power of two from 8192 to 1048576.`)
    }
    this.#sign = side === 'bid' ? 1 : -1
    this.#width = width
    this.#lots = new Float64Array(width)
    this.#low = new Int32Array(width / 32)
    this.#high = new Int32Array(width / STEP)
  }

  /** Counted when asked for: O(width / 32 + levels). */
  get levels(): number {
    return this.#far + this.#countBelow(this.#width)
  }
  /** How many of them lie in the overflow. */
  get overflow(): number {
    return this.#far
  }
  get bestTicks(): number {
    return this.#bestTicks
  }
  get bestLots(): number {
    return this.#best < 0 ? NaN : this.#lots[this.#best]!
  }

  /** The price farthest from the best; NaN when the side is empty. O(width / 1024). */
  get worstTicks(): number {
    if (this.#best < 0) return NaN
    if (this.#far > 0) return this.#sign * this.#farKeys[this.#far - 1]! + 0
    const upper = this.#high.findIndex((bits) => bits !== 0)
    const word = (upper << 5) + lowest(this.#high[upper]!)
    return this.#sign * (this.#base + (word << 5) + lowest(this.#low[word]!)) + 0
  }

  get(ticks: number): number {
    const index = this.#sign * ticks - this.#base
    if (this.#best < 0 || index >= this.#width) return 0
    if (index >= 0) return this.#lots[index]!
    const at = this.#findFar(this.#sign * ticks)
    return at < this.#far && this.#farKeys[at] === this.#sign * ticks ? this.#farLots[at]! : 0
  }

  /**
   * O(1), outside the window O(overflow). Whether a level comes, changes or goes is as good as random, so the bits are
   * written without asking: a branch that is guessed wrong costs more than all of this.
   */
  set(ticks: number, lots: number): number {
    const offset = this.#sign * ticks - this.#base
    if (!(offset >= 0 && offset < this.#width)) return this.#setOutside(this.#sign * ticks, lots)
    const index = offset | 0
    const previous = this.#lots[index]! // 0 <= index < width
    this.#lots[index] = lots
    this.#write(index, bitOf(lots !== 0))
    if (index >= this.#best) this.#touch(index, lots)
    return previous
  }

  /** As `set`, with so many lots more than there are (fewer when negative). */
  add(ticks: number, lots: number): void {
    const offset = this.#sign * ticks - this.#base
    if (!(offset >= 0 && offset < this.#width)) return void this.#setOutside(this.#sign * ticks, this.get(ticks) + lots)
    const index = offset | 0
    const total = this.#lots[index]! + lots
    this.#lots[index] = total
    this.#write(index, bitOf(total !== 0))
    if (index >= this.#best) this.#touch(index, total)
  }

  clear(): void {
    this.#lots.fill(0)
    this.#low.fill(0)
    this.#high.fill(0)
    this.#far = 0
    this.#empty()
  }

  top(levels: number, ticks: Float64Array, lots: Float64Array): number {
    let count = 0
    let word = this.#best < 0 ? -1 : this.#best >> 5
    while (word >= 0 && count < levels) {
      let bits = this.#low[word]!
      while (bits !== 0 && count < levels) {
        const bit = 31 - Math.clz32(bits)
        bits ^= 1 << bit
        const index = (word << 5) + bit
        ticks[count] = this.#sign * (this.#base + index) + 0
        lots[count++] = this.#lots[index]!
      }
      word = this.#wordBelow(word)
    }
    for (let i = 0; i < this.#far && count < levels; i++) {
      ticks[count] = this.#sign * this.#farKeys[i]! + 0
      lots[count++] = this.#farLots[i]!
    }
    return count
  }

  /** Sets or clears the bit of a level, and the bit of its word where the word is empty or not. */
  #write(index: number, bit: number): void {
    const word = index >> 5
    const bits = (this.#low[word]! & ~(1 << index)) | (bit << index)
    this.#low[word] = bits
    this.#high[word >> 5] = (this.#high[word >> 5]! & ~(1 << word)) | (bitOf(bits !== 0) << word)
  }

  /** A price outside the window, or the first of an empty side. */
  #setOutside(key: number, lots: number): number {
    if (key < this.#base) return this.#setFar(key, lots)
    if (lots === 0) return 0
    if (this.#best < 0) this.#base = key - 0.75 * this.#width
    else this.#recentre(key)
    const index = key - this.#base
    this.#lots[index] = lots
    this.#write(index, 1)
    if (index > this.#best) this.#touch(index, lots)
    return 0
  }

  /** Something happened at the best or above it. */
  #touch(index: number, lots: number): void {
    if (lots === 0) {
      if (index > this.#best) return
      let word = index >> 5
      if (this.#low[word] === 0) word = this.#wordBelow(word)
      if (word < 0) return this.#far > 0 ? this.#recentre(this.#farKeys[0]!) : this.#empty()
      this.#best = (word << 5) + 31 - Math.clz32(this.#low[word]!)
    } else this.#best = index
    this.#bestTicks = this.#sign * (this.#base + this.#best) + 0
    if (this.#best < this.#width / 8 || this.#best >= 0.875 * this.#width) this.#recentre(this.#base + this.#best)
  }

  /** The last level went: the next one places the window. */
  #empty(): void {
    this.#best = -1
    this.#base = this.#bestTicks = NaN
  }

  /** The next lower word with a level in it, or -1. */
  #wordBelow(word: number): number {
    let upper = word >> 5
    let bits = this.#high[upper]! & ((1 << (word & 31)) - 1)
    while (bits === 0) {
      if (--upper < 0) return -1
      bits = this.#high[upper]!
    }
    return (upper << 5) + 31 - Math.clz32(bits)
  }

  /** Moves the window so that `key`, the best, stands at three quarters of it. */
  #recentre(key: number): void {
    const by = Math.floor((key - this.#base - 0.75 * this.#width) / STEP) * STEP
    if (by > 0) this.#spill(Math.min(by, this.#width))
    this.#shift(by)
    this.#base += by
    this.#pull()
    this.#best = key - this.#base
    this.#bestTicks = this.#sign * key + 0
  }

  /** Levels in the lowest `ticks` of the window, whole words. */
  #countBelow(ticks: number): number {
    let count = 0
    for (let word = 0; word < ticks / 32; word++) {
      for (let bits = this.#low[word]!; bits !== 0; bits &= bits - 1) count++
    }
    return count
  }

  /** Moves the lowest `ticks` of the window to the front of the overflow. */
  #spill(ticks: number): void {
    const count = this.#countBelow(ticks)
    if (count === 0) return
    this.#reserveFar(this.#far + count)
    this.#farKeys.copyWithin(count, 0, this.#far)
    this.#farLots.copyWithin(count, 0, this.#far)
    this.#far += count
    for (let index = 0, at = count; at > 0; index++) {
      if (this.#lots[index] === 0) continue
      this.#farKeys[--at] = this.#base + index
      this.#farLots[at] = this.#lots[index]!
      this.#lots[index] = 0
      this.#write(index, 0)
    }
  }

  #shift(by: number): void {
    moveBy(this.#lots, by)
    moveBy(this.#low, by / 32)
    moveBy(this.#high, by / STEP)
  }

  /** Takes from the overflow what lies in the window. */
  #pull(): void {
    let count = 0
    for (; count < this.#far && this.#farKeys[count]! >= this.#base; count++) {
      const index = this.#farKeys[count]! - this.#base
      this.#lots[index] = this.#farLots[count]!
      this.#write(index, 1)
    }
    if (count === 0) return
    this.#farKeys.copyWithin(0, count, this.#far)
    this.#farLots.copyWithin(0, count, this.#far)
    this.#far -= count
  }

  #setFar(key: number, lots: number): number {
    const at = this.#findFar(key)
    const found = at < this.#far && this.#farKeys[at] === key
    const previous = found ? this.#farLots[at]! : 0
    if (lots !== 0 && !found) {
      this.#reserveFar(this.#far + 1)
      this.#farKeys.copyWithin(at + 1, at, this.#far)
      this.#farLots.copyWithin(at + 1, at, this.#far)
      this.#far++
      this.#farKeys[at] = key
    }
    if (lots !== 0) this.#farLots[at] = lots
    else if (found) {
      this.#farKeys.copyWithin(at, at + 1, this.#far)
      this.#farLots.copyWithin(at, at + 1, this.#far)
      this.#far--
    }
    return previous
  }

  /** Where a key stands, or would stand, in the overflow. */
  #findFar(key: number): number {
    let [from, to] = [0, this.#far]
    if (to > 0 && this.#farKeys[to - 1]! > key) return to
    while (from < to) {
      const middle = (from + to) >> 1
      if (this.#farKeys[middle]! > key) from = middle + 1
      else to = middle
    }
    return from
  }

  #reserveFar(count: number): void {
    if (count <= this.#farKeys.length) return
    const room = Math.max(count, 2 * this.#farKeys.length)
    this.#farKeys = grown(this.#farKeys, room)
    this.#farLots = grown(this.#farLots, room)
  }
}

/** A truth as 1 or 0, without a branch. */
const bitOf = (truth: boolean): number => (truth as unknown as number) | 0

/** The place of the lowest bit that is set. */
const lowest = (bits: number): number => 31 - Math.clz32(bits & -bits)

/** Moves contents down by `by` (up when negative); zeros come in. */
function moveBy(array: Float64Array | Int32Array, by: number): void {
  if (Math.abs(by) >= array.length) array.fill(0)
  else if (by > 0) {
    array.copyWithin(0, by)
    array.fill(0, array.length - by)
  } else if (by < 0) {
    array.copyWithin(-by, 0)
    array.fill(0, 0, -by)
  }
}

function grown(array: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const copy = new Float64Array(length)
  copy.set(array)
  return copy
}
