import { TapeloomError } from '@tapeloom/core'

/** Levels of the side that is taken, best first; only the first `count` count. */
export interface Levels {
  readonly prices: Float64Array
  readonly quantities: Float64Array
  readonly count: number
}
/** The market's day: traded volume in the unit of quantities, and deviation of the price in bps; `y` .75 when absent. */
export interface MarketDay {
  readonly volume: number
  readonly sigmaBps: number
  readonly y?: number
}
/** What a market order is expected to cost against the mid price, bps, between `lowBps` and `highBps`. */
export interface Impact {
  readonly bps: number
  readonly lowBps: number
  readonly highBps: number
  /** Whether the levels hold the quantity; else the costs are those of `filled`, the part they hold. */
  readonly fillable: boolean
  readonly filled: number
}
const [LOW, MIDDLE, HIGH] = [0.5, 0.75, 1]

const squareRoot = (quantity: number, { volume, sigmaBps }: MarketDay, y: number): number => {
  const bps = y * sigmaBps * Math.sqrt(quantity / volume)
  return volume > 0 && sigmaBps > 0 ? bps : 0
}

/**
 * Cost of a market order of `quantity`: the larger of walking the book and Y·σ·√(Q/V), which is what a book that fills up
 * again hides; Y .5 and 1 make the interval, unless `y` is given (fitted). Where volume or deviation are not known, or 0,
 * the walk alone. 0 at 0, and never falls with the quantity. O(levels)
 * @source Almgren, Thum, Hauptmann, Li (2005); Tóth et al. (2011), Anomalous price impact, Y between .5 and 1
 * @throws TapeloomError `microstructure.quantity` when it is not a number from 0 on
 */
export function marketImpact({ prices, quantities, count }: Levels, mid: number, quantity: number, day: MarketDay): Impact {
  if (!(quantity >= 0 && quantity < Infinity)) {
    throw new TapeloomError('microstructure.quantity', `[microstructure impact] quantity ${quantity} cannot be traded. Give 0 or more.`)
  }
  let [left, paid] = [quantity, 0]
  for (let i = 0; i < count && left > 0; i++) {
    const taken = Math.min(left, quantities[i]!)
    paid += taken * Math.abs(prices[i]! - mid)
    left -= taken
  }
  const filled = quantity - left
  const walk = quantity === 0 ? 0 : filled > 0 ? (1e4 * paid) / (filled * mid) : NaN
  const least = (y: number) => Math.max(walk, squareRoot(filled, day, y))
  const [low, middle, high] = [day.y ?? LOW, day.y ?? MIDDLE, day.y ?? HIGH].map(least) as [number, number, number]
  return { bps: middle, lowBps: low, highBps: high, fillable: left <= 0, filled }
}

/** The largest quantity that costs at most `bps`, the inverse of `marketImpact`; no more than the levels hold. O(levels) */
export function largestQuantity({ prices, quantities, count }: Levels, mid: number, bps: number, day: MarketDay): number {
  let [filled, cost] = [0, 0]
  for (let i = 0; i < count; i++) {
    const beyond = (1e4 * Math.abs(prices[i]! - mid)) / mid - bps
    const taken = beyond > 0 ? Math.min(quantities[i]!, (bps * filled - cost) / beyond) : quantities[i]!
    cost += taken * (beyond + bps)
    filled += taken
    if (taken < quantities[i]!) break
  }
  const root = bps / ((day.y ?? MIDDLE) * day.sigmaBps)
  return day.volume > 0 && day.sigmaBps > 0 ? Math.min(filled, day.volume * root * root) : filled
}
