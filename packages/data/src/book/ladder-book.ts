import { LadderSide } from './ladder-side.ts'
import type { LevelBook } from './level-book.ts'

/**
 * An order book over a grid of ticks: an update is a store, two bits and a compare; best and top-N walk the bits.
 * Prices are integer ticks, quantities integer lots; it holds what it is told, crossed or not.
 */
export class LadderBook implements LevelBook {
  readonly bids: LadderSide
  readonly asks: LadderSide

  /**
   * @param width ticks near the best kept in the indexed window of a side, a power of two; 2^15 takes 256 KB a side
   * @throws TapeloomError `book.width` when it is no power of two from 2^13 to 2^20
   */
  constructor(width = 32_768) {
    this.bids = new LadderSide('bid', width)
    this.asks = new LadderSide('ask', width)
  }

  set(side: 'bid' | 'ask', ticks: number, lots: number): number {
    return side === 'bid' ? this.bids.set(ticks, lots) : this.asks.set(ticks, lots)
  }

  get crossed(): boolean {
    return this.bids.bestTicks >= this.asks.bestTicks
  }

  clear(): void {
    this.bids.clear()
    this.asks.clear()
  }
}
