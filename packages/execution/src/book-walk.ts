import { toGrid, type BookReader, type Instrument } from '@tapeloom/core'

/** More levels than this are not walked: what lies beyond counts as unknown. */
const MOST = 4096
const prices = new Float64Array(MOST)
const quantities = new Float64Array(MOST)

/**
 * Walks a book from the best price outwards, as an order of `lots` that takes what stands there would: `take` is told
 * ticks and lots of each level. Returns the lots for which the book, as far as it is known, holds nothing.
 */
export function walkBook(book: BookReader, side: 1 | -1, lots: number, { tick, lot }: Instrument, take: (ticks: number, lots: number) => void): number {
  let [left, seen] = [lots, 0]
  for (let levels = 8; left > 0 && levels <= MOST; levels *= 2) {
    const count = book.depth(side === 1 ? 'ask' : 'bid', levels, prices, quantities)
    for (; seen < count && left > 0; seen++) {
      const [ticks, there] = [toGrid(tick, prices[seen] as number), toGrid(lot, quantities[seen] as number)]
      if (!(ticks > 0 && there >= 0)) return left
      const part = Math.min(left, there)
      if (part > 0) take(ticks, part)
      left -= part
    }
    if (count < levels) break
  }
  return left
}
