import type { MarketSymbol } from '@tapeloom/core'
import { PricePath } from './price-path.ts'
import { startLevel } from './simulated-symbol.ts'

/** The price moves this often, µs. */
export const TURN_US = 100_000
const PER_MINUTE = 600

/** The one price that all venues of a symbol follow, each later or sooner: the null market's walk in steps of 100 ms. */
export class EfficientPrice {
  readonly #path: PricePath
  #turns = 0

  constructor(seed: number, symbol: MarketSymbol) {
    this.#path = new PricePath(seed, symbol, startLevel(seed, symbol), 0, PER_MINUTE)
  }

  /** The price after `turns` steps, not fewer than asked for before; before the first step that of the beginning. */
  after(turns: number): number {
    for (; this.#turns < turns; this.#turns++) {
      if (this.#turns % PER_MINUTE === 0) this.#path.beginMinute()
      this.#path.move()
    }
    return this.#path.price
  }
}
