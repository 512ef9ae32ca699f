import type { Candle } from '@tapeloom/core'
import { exceeds, nestedPivots, type NestedPivot } from '@tapeloom/indicators'
import type { PivotRules } from './pivot-structure.ts'

/**
 * The pivots that a run over all these candles announces, in its order: by confirming bar, level, highs before lows.
 * The oracle of the streaming structure: O(n · span), with the whole series in memory.
 */
export function batch(candles: readonly Candle[], rules: PivotRules): readonly NestedPivot[] {
  const [highs, lows] = [candles.map(({ high }) => high), candles.map(({ low }) => low)]
  const gapAt = (bar: number) =>
    rules.breakOnGap && (candles[bar]?.openTime ?? 0) > (candles[bar - 1]?.closeTime ?? Infinity)
  const nested = nestedPivots(highs, lows, rules, gapAt)
  const ordered = nested.toSorted((a, b) => a.confirmedBar - b.confirmedBar || a.depth - b.depth || a.side - b.side)
  const [ranges, newest] = [averageRanges(candles), new Map<number, NestedPivot>()]
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
