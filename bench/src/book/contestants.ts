import { createRequire } from 'node:module'
import { instrument } from '@tapeloom/core'
import { ConsolidatedBook, LadderBook, TailBook } from '@tapeloom/data/book'
import type { LevelStream } from './level-stream.ts'

/** Applies a stream once; each answers the sum of best bid and best ask after every update. */
export type Run = (stream: LevelStream, from: number) => number

/** The floor: one typed-array store an update, and nothing is known of the best. */
export function bareStore(): Run {
  const [bids, asks] = [new Float64Array(1 << 20), new Float64Array(1 << 20)]
  return ({ bid, ticks, lots }, from) => {
    const mask = bids.length - 1
    for (let i = from; i < ticks.length; i++) (bid[i] === 1 ? bids : asks)[ticks[i]! & mask] = lots[i]!
    return bids[5]! + asks[5]!
  }
}

export function ladder(): Run {
  const { bids, asks } = new LadderBook()
  return ({ bid, ticks, lots }, from) => {
    let sum = 0
    for (let i = from; i < ticks.length; i++) {
      if (bid[i] === 1) bids.set(ticks[i]!, lots[i]!)
      else asks.set(ticks[i]!, lots[i]!)
      sum += bids.bestTicks + asks.bestTicks
    }
    return sum
  }
}

export function tail(): Run {
  const { bids, asks } = new TailBook()
  return ({ bid, ticks, lots }, from) => {
    let sum = 0
    for (let i = from; i < ticks.length; i++) {
      if (bid[i] === 1) bids.set(ticks[i]!, lots[i]!)
      else asks.set(ticks[i]!, lots[i]!)
      sum += bids.bestTicks + asks.bestTicks
    }
    return sum
  }
}

/** Updates go to the venues in turn; what one deletes the others may still have. */
export function consolidated(venues: number): Run {
  const of = (_: unknown, i: number) => instrument('BTC/USDT', { venue: `v${i}`, tickSize: '0.1', lotSize: '0.001' })
  const book = new ConsolidatedBook(Array.from({ length: venues }, of))
  const { bids, asks } = book
  return ({ bid, ticks, lots }, from) => {
    let sum = 0
    for (let i = from, venue = 0; i < ticks.length; i++) {
      book.set(venue, bid[i] === 1 ? 'bid' : 'ask', ticks[i]!, lots[i]!)
      venue = venue + 1 === venues ? 0 : venue + 1
      sum += bids.sum.bestTicks + asks.sum.bestTicks
    }
    return sum
  }
}

// The rivals are outside the workspace and have no types here.
type Loose = any // eslint-disable-line
const rivals = createRequire(new URL('../../rivals/package.json', import.meta.url))

/** What ccxt keeps live books in; undefined where it is not installed. */
export async function ccxtSides(): Promise<{ readonly Asks: Loose; readonly Bids: Loose } | undefined> {
  try {
    const file = rivals.resolve('ccxt').replace(/\/js\/.*$|\/dist\/.*$/, '/js/src/base/ws/OrderBookSide.js')
    return (await import(file)) as Loose
  } catch {
    return undefined
  }
}

export async function ccxt(): Promise<Run | undefined> {
  const sides = await ccxtSides()
  if (!sides) return undefined
  const [bids, asks] = [new sides.Bids(), new sides.Asks()]
  return ({ bid, ticks, lots }, from) => {
    let sum = 0
    for (let i = from; i < ticks.length; i++) {
      if (bid[i] === 1) bids.store(ticks[i]!, lots[i]!)
      else asks.store(ticks[i]!, lots[i]!)
      sum += (bids[0]?.[0] ?? NaN) + (asks[0]?.[0] ?? NaN)
    }
    return sum
  }
}

export function btree(): Run | undefined {
  let BTree: Loose
  try {
    BTree = rivals('sorted-btree').default
  } catch {
    return undefined
  }
  const [bids, asks] = [new BTree(undefined, (a: number, b: number) => b - a), new BTree(undefined, (a: number, b: number) => a - b)]
  return ({ bid, ticks, lots }, from) => {
    let sum = 0
    for (let i = from; i < ticks.length; i++) {
      const side = bid[i] === 1 ? bids : asks
      if (lots[i] === 0) side.delete(ticks[i])
      else side.set(ticks[i], lots[i])
      sum += (bids.minKey() ?? NaN) + (asks.minKey() ?? NaN)
    }
    return sum
  }
}
