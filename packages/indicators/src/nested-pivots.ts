/** Which of equal extremes is the pivot: the first of them, none (`strict`), or the last. */
export type Tie = 'first' | 'strict' | 'last'
/** 0: highs, 1: lows. */
export type Side = 0 | 1

/** A pivot found with the whole series at hand. Bars count from 0. */
export interface NestedPivot {
  /** Its level, from 1. */
  readonly depth: number
  /** 0: high, 1: low. */
  readonly side: Side
  readonly bar: number
  readonly price: number
  /** The bar that proves it. */
  readonly confirmedBar: number
}

/** Whether a price is beyond another on its side; `equal` lets a tie pass. NaN never passes. */
export function exceeds(price: number, other: number, side: Side, equal: boolean): boolean {
  if (price === other) return equal
  return side === 0 ? price > other : price < other
}

/**
 * All nested pivots of two columns of prices, each level by its definition over the whole level below: first highs, then
 * lows, each level after the one below. A level 1 high is above the `span` highs before and not below the `span` after it; a
 * high of the next level is above its left and not below its right neighbour on the level below; `tie` says which of equal
 * ones counts. `gapAt(bar)`: level 1 is not to span the gap before this bar. O(n · span).
 * @source Williams (1995), Trading Chaos; levels nested
 */
export function nestedPivots(
  high: ArrayLike<number>, low: ArrayLike<number>,
  { span, levels, tie }: { readonly span: number; readonly levels: number; readonly tie: Tie },
  gapAt: (bar: number) => boolean = () => false,
): readonly NestedPivot[] {
  const found: NestedPivot[] = []
  for (const side of [0, 1] as const) {
    const prices = side === 0 ? high : low
    let below: Level = { bars: [], confirmed: [] }
    for (let bar = 0; bar < prices.length; bar++) below.bars.push(bar)
    for (let depth = 1; depth <= levels; depth++) {
      const level: Level = { bars: [], confirmed: [] }
      const reach = depth === 1 ? span : 1
      for (let i = reach; i < below.bars.length - reach; i++) {
        if (!isPivot(below.bars, prices, i, reach, side, tie) || (depth === 1 && spansGap(i, span, gapAt))) continue
        const bar = below.bars[i]! // i is in range
        const confirmedBar = depth === 1 ? bar + span : below.confirmed[i + 1]!
        level.bars.push(bar)
        level.confirmed.push(confirmedBar)
        found.push({ depth, side, bar, price: prices[bar]!, confirmedBar })
      }
      below = level
    }
  }
  return found
}

interface Level {
  readonly bars: number[]
  readonly confirmed: number[]
}

/** Whether member `i` of a level is beyond its `reach` neighbours on each side, all of which exist. */
function isPivot(
  bars: readonly number[], prices: ArrayLike<number>, i: number, reach: number, side: Side, tie: Tie,
): boolean {
  const price = prices[bars[i]!]!
  const [right, left] = [tie === 'first', tie === 'last']
  for (let j = 1; j <= reach; j++) {
    if (!exceeds(price, prices[bars[i + j]!]!, side, right)) return false
    if (!exceeds(price, prices[bars[i - j]!]!, side, left)) return false
  }
  return true
}

function spansGap(bar: number, span: number, gapAt: (bar: number) => boolean): boolean {
  for (let j = bar - span + 1; j <= bar + span; j++) if (gapAt(j)) return true
  return false
}
