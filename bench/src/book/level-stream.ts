import { createRandom } from '@tapeloom/core'

/** Level updates of one symbol in columns; what the next turn takes continues what the turn before left. */
export interface LevelStream {
  readonly name: string
  /** 1: bid; 0: ask. */
  readonly bid: Uint8Array
  readonly ticks: Float64Array
  readonly lots: Float64Array
  /** The first updates that fill the book. */
  readonly filling: number
}

const START = 1_000_000

/**
 * A book of 1,000 levels a side, `gap` ticks apart, around a price that walks: most changes are near the touch, two in
 * five delete. The last part brings the book back to where it began, so that the stream can be run again and again.
 */
export function levelStream(name: string, gap: number, count: number): LevelStream {
  const random = createRandom(11)
  const [bid, ticks, lots] = [[] as number[], [] as number[], [] as number[]]
  let middle = START
  const put = (isBid: boolean, away: number, quantity: number) => {
    bid.push(isBid ? 1 : 0)
    ticks.push(middle + (isBid ? -gap : gap) * (1 + away))
    lots.push(quantity)
  }
  for (let away = 0; away < 1000; away++) for (const isBid of [true, false]) put(isBid, away, 1 + random.integer(1000))
  const filling = bid.length
  const step = (up: boolean) => {
    // The level that the price walks over is eaten.
    put(!up, 0, 0)
    middle += up ? gap : -gap
    put(up, 0, 1 + random.integer(1000))
  }
  for (let i = 0; bid.length < count; i++) {
    const away = Math.min(999, Math.floor(-60 * Math.log(1 - random.next())))
    put(random.integer(2) === 1, away, random.integer(5) < 2 ? 0 : 1 + random.integer(1000))
    if (i % 20 === 0) step(random.integer(2) === 1)
  }
  while (middle !== START) step(middle < START)
  return { name, filling, bid: Uint8Array.from(bid), ticks: Float64Array.from(ticks), lots: Float64Array.from(lots) }
}
