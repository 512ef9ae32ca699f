/** Σws/Σw over the trends that are known, |Σws|/Σ|ws|, and the known share of all weight. All NaN where nothing is known. */
export interface Score {
  readonly score: number
  readonly agreement: number
  readonly available: number
}

/** Weighs trends: NaN is an absent one, its weight goes to the others. `weights` ≥ 0, read from `at` on. */
// `!`: i < trends.length, and weights reach that far from `at` on.
export function scoreOf(trends: ArrayLike<number>, weights: ArrayLike<number>, at = 0): Score {
  let [sum, size, known, all] = [0, 0, 0, 0]
  for (let i = 0; i < trends.length; i++) {
    const [trend, weight] = [trends[i]!, weights[at + i]!]
    all += weight
    if (trend !== trend) continue
    sum += weight * trend
    size += weight * Math.abs(trend)
    known += weight
  }
  // Rounding may carry a mean of equal trends past them.
  return {
    score: Math.max(-1, Math.min(1, sum / known)),
    agreement: Math.min(1, Math.abs(sum) / size),
    available: known === 0 ? NaN : Math.min(1, known / all),
  }
}
