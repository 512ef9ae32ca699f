/** One side of a book, best first: the first `count` levels; `ended` when it is known to end with the last of them. */
export interface LevelArrays {
  readonly prices: Float64Array
  readonly quantities: Float64Array
  readonly count: number
  readonly ended: boolean
}

/** Quantity in base units, and its value in quote units. */
export interface Depth {
  readonly base: number
  readonly quote: number
}

/**
 * What stands between the best and `price`, that price included; NaN when the side is empty or is not known that far.
 * O(levels)
 */
export function depthTo({ prices, quantities, count, ended }: LevelArrays, side: 'bid' | 'ask', price: number): Depth {
  let [base, quote] = [0, 0]
  for (let i = 0; i < count; i++) {
    const at = prices[i]!
    if (side === 'bid' ? at < price : at > price) return { base, quote }
    base += quantities[i]!
    quote += at * quantities[i]!
  }
  return ended && count > 0 ? { base, quote } : { base: NaN, quote: NaN }
}

/**
 * How fast a side deepens: slope of the least squares line through the mid price of cumulative value (quote units) on
 * distance (bps), over its levels as far as `price`; NaN where the side is empty or not known that far. O(levels)
 * @source after Næs, Skjeltorp (2006), Order book characteristics and the volume–volatility relation
 */
export function depthSlope({ prices, quantities, count, ended }: LevelArrays, side: 'bid' | 'ask', mid: number, price: number, value: (base: number, quote: number) => number): number {
  let [sum, products, squares] = [0, 0, 0]
  for (let i = 0; i < count; i++) {
    const at = prices[i]!
    if (side === 'bid' ? at < price : at > price) return products / squares
    const distanceBps = (1e4 * Math.abs(at - mid)) / mid
    sum += value(quantities[i]!, at * quantities[i]!)
    products += distanceBps * sum
    squares += distanceBps * distanceBps
  }
  return ended ? products / squares : NaN
}

/** The mean price of taking `quantity` (base units) from the levels; NaN when they do not hold as much. O(levels) */
export function fillPrice({ prices, quantities, count }: LevelArrays, quantity: number): number {
  let [left, paid] = [quantity, 0]
  for (let i = 0; i < count && left > 0; i++) {
    const taken = Math.min(left, quantities[i]!)
    paid += taken * prices[i]!
    left -= taken
  }
  return left > 0 ? NaN : paid / quantity
}
