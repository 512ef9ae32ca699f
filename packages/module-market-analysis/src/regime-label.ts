/** What a market does, by number of the column `regime`. */
export const regimes = ['unknown', 'ranging', 'trending', 'volatile'] as const
/** The name of a regime. */
export type Regime = (typeof regimes)[number]

/** Probability of high variance above which a market is volatile, and below which it no longer is. */
const ENTER = 0.6
const LEAVE = 0.4
/** Efficiency ratio and average directional index from which on it trends. */
const EFFICIENT = 0.35
const DIRECTED = 25
/** Candles that a regime lasts at least. */
const DWELL = 5

/** The regime that is said, and the candles that it has lasted. */
export interface Label {
  regime: number
  age: number
}

/** 2: efficient and directed enough to trend, 1: not, 0: not known. */
export function trendOf(efficiencyRatio: number, adx: number): number {
  if (Number.isNaN(efficiencyRatio) || Number.isNaN(adx)) return 0
  return efficiencyRatio >= EFFICIENT && adx >= DIRECTED ? 2 : 1
}

/**
 * Takes a candle's probability of high variance and trend into the label. It needs more to become volatile than to stay
 * so, and a regime younger than five candles stays; unknown begins and ends at once.
 */
export function addToLabel(label: Label, pHigh: number, trend: number): void {
  const isVolatile = pHigh > ENTER || (label.regime === 3 && pHigh >= LEAVE)
  const found = Number.isNaN(pHigh) || trend === 0 ? 0 : isVolatile ? 3 : trend
  const mayChange = label.regime === 0 || found === 0 || label.age >= DWELL
  if (found === label.regime || !mayChange) label.age++
  else {
    label.regime = found
    label.age = 1
  }
}
