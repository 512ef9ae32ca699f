import type { Candle } from '@tapeloom/core'
import type { PivotRules } from './pivot-structure.ts'
import { exceeds, type Side, type Tie } from './swing-level.ts'

/** A pivot found with the whole series at hand. Bars count from 0. */
export interface BatchPivot {
  /** Its level, from 1. */
  readonly depth: number
  /** 0: high, 1: low. */
  readonly side: Side
  readonly bar: number
  readonly price: number
  /** The bar that proves it. */
  readonly confirmedBar: number
}

/**
 * All nested pivots of two columns of prices, each level by its definition over the whole level below: first highs, then
 * lows, each level after the one below. `gapAt(bar)`: level 1 is not to span the gap before this bar.
 */
export function nestedPivots(
  high: ArrayLike<number>,
  low: ArrayLike<number>,
  { span, levels, tie }: Pick<PivotRules, 'span' | 'levels' | 'tie'>,
  gapAt: (bar: number) => boolean = () => false,
): readonly BatchPivot[] {
  const found: BatchPivot[] = []
  for (const side of [0, 1] as const) {
    const prices = side === 0 ? high : low
    let below: Level = { bars: Array.from({ length: prices.length }, (_, bar) => bar), confirmed: [] }
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
  bars: readonly number[],
  prices: ArrayLike<number>,
  i: number,
  reach: number,
  side: Side,
  tie: Tie,
): boolean {
  const price = prices[bars[i]!]!
  for (let j = 1; j <= reach; j++) {
    if (!exceeds(price, prices[bars[i + j]!]!, side, tie === 'first')) return false
    if (!exceeds(price, prices[bars[i - j]!]!, side, tie === 'last')) return false
  }
  return true
}

function spansGap(bar: number, span: number, gapAt: (bar: number) => boolean): boolean {
  for (let j = bar - span + 1; j <= bar + span; j++) if (gapAt(j)) return true
  return false
}

/**
 * The pivots that a run over all these candles announces, in its order: by confirming bar, level, highs before lows.
 * The oracle of the streaming structure: O(n · span), with the whole series in memory.
 */
export function batch(candles: readonly Candle[], rules: PivotRules): readonly BatchPivot[] {
  const [highs, lows] = [candles.map(({ high }) => high), candles.map(({ low }) => low)]
  const gapAt = (bar: number) =>
    rules.breakOnGap && (candles[bar]?.openTime ?? 0) > (candles[bar - 1]?.closeTime ?? Infinity)
  const nested = nestedPivots(highs, lows, rules, gapAt)
  const ordered = nested.toSorted((a, b) => a.confirmedBar - b.confirmedBar || a.depth - b.depth || a.side - b.side)
  const [ranges, newest] = [averageRanges(candles), new Map<number, BatchPivot>()]
  return ordered.filter((pivot) => {
    const [level, { depth, side, price }] = [8 * pivot.depth, pivot]
    const [last, opposite] = [newest.get(level), newest.get(level + 2 - side)]
    if (opposite && Math.abs(price - opposite.price) < rules.minAmplitude * (ranges[pivot.confirmedBar] ?? NaN))
      return false
    if (rules.alternate && last?.side === side && !exceeds(price, last.price, side, false)) return false
    newest.set(8 * depth, pivot).set(8 * depth + 1 + side, pivot)
    return true
  })
}

function averageRanges(candles: readonly Candle[]): readonly number[] {
  let [mean, before] = [0, NaN]
  return candles.map(({ high, low, close }, i) => {
    const range = i === 0 ? high - low : Math.max(high - low, Math.abs(high - before), Math.abs(low - before))
    mean += (range - mean) / Math.min(14, i + 1)
    before = close
    return mean
  })
}
