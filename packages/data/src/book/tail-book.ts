import type { LevelBook } from './level-book.ts'
import { TailSide } from './tail-side.ts'

/**
 * An order book in sorted arrays with the best at their end: a few KB a symbol and no grid, for ticks that are irregular
 * or unknown and for many symbols. Updates cost some times those of a `LadderBook`, reading many levels less.
 */
export class TailBook implements LevelBook {
  readonly bids = new TailSide('bid')
  readonly asks = new TailSide('ask')

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
