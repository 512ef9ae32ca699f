/** Net return of a step: equity after over equity before, less 1; NaN where there was none. */
export const netReturn = (before: number, after: number): number => (before > 0 ? after / before - 1 : NaN)

/** Exponential first and second moments of returns. */
export interface SharpeMoments {
  readonly a: number
  readonly b: number
}
/** Moments before the first return. */
export const noReturns: SharpeMoments = Object.freeze({ a: 0, b: 0 })

/**
 * Differential Sharpe ratio of a return, and the moments after it:
 * D = (B·ΔA − A·ΔB / 2) / (B − A²)^(3/2), ΔA = R − A, ΔB = R² − B. NaN while the variance is 0.
 * @source Moody & Saffell (2001), Learning to trade via direct reinforcement, eq. 14
 */
export function differentialSharpe({ a, b }: SharpeMoments, change: number, adaption = 0.01): { readonly reward: number; readonly moments: SharpeMoments } {
  const [da, db, variance] = [change - a, change * change - b, b - a * a]
  const reward = variance > 0 ? (b * da - 0.5 * a * db) / (variance * Math.sqrt(variance)) : NaN
  return { reward, moments: { a: a + adaption * da, b: b + adaption * db } }
}

/** −weight · drawdown, where the drawdown is the share of the highest equity so far that is lost; 0 at a new high. */
export function drawdownPenalty(equity: number, peak: number, weight = 1): number {
  if (!(peak > 0)) return NaN
  return equity < peak ? -weight * (1 - equity / peak) : 0
}
