import type { LevelReader } from '../book/level-book.ts'
import { checksum } from '../journal/checksum.ts'

let numbers = new Float64Array(256)

/**
 * The CRC-32 of a whole book: of each side, bids first, the number of its levels, then their ticks and their lots, best
 * first, as 64-bit floating-point numbers. Two books of one sum are equal but for one chance in 2^32.
 */
export function bookChecksum({ bids, asks }: { readonly bids: LevelReader; readonly asks: LevelReader }): number {
  const room = 2 + 2 * (bids.levels + asks.levels)
  if (numbers.length < room) numbers = new Float64Array(2 * room)
  let at = 0
  for (const side of [bids, asks]) {
    const { levels } = side
    numbers[at++] = levels
    side.top(levels, numbers.subarray(at, at + levels), numbers.subarray(at + levels, at + 2 * levels))
    at += 2 * levels
  }
  return checksum(new Uint8Array(numbers.buffer, 0, 8 * at))
}
