import type { BookReader, Instrument } from '@tapeloom/core'
import { marketImpact, type Levels, type MarketDay } from './market-impact.ts'

/** More levels than this are not read. */
const MOST = 8192
/** Scratch only: nothing is kept in it from event to event. */
const prices = new Float64Array(MOST)
const quantities = new Float64Array(MOST)

/** Reads a side until it holds `quantity` or ends. The arrays hold until the next read. */
function readSide(book: BookReader, side: 'bid' | 'ask', quantity: number): Levels {
  for (let room = 64; ; room *= 8) {
    const count = book.depth(side, room, prices, quantities)
    let held = 0
    for (let i = 0; i < count; i++) held += quantities[i]!
    if (held >= quantity || count < room || room >= MOST) return { prices, quantities, count }
  }
}

/** Expected cost, bps, of buying and of selling `size` base units at once; NaN for a size of 0, or where the book does not hold it. */
export function bookImpact(book: BookReader, { kind, contractSize }: Instrument, size: number, day: MarketDay): readonly [number, number] {
  const mid = book.midPrice
  if (!(size > 0 && mid > 0)) return [NaN, NaN]
  const quantity = (kind === 'inverse' ? size * mid : size) / contractSize
  const volume = day.volume / contractSize / (kind === 'inverse' ? 1 : mid)
  const cost = (side: 'bid' | 'ask') => {
    const { bps, fillable } = marketImpact(readSide(book, side, quantity), mid, quantity, { ...day, volume })
    return fillable ? bps : NaN
  }
  return [cost('ask'), cost('bid')]
}
