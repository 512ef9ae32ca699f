/** The published sets of pivot points. */
export const classicKinds = ['floor', 'fibonacci', 'camarilla', 'woodie', 'demark'] as const
/** One of the published sets of pivot points. */
export type ClassicKind = (typeof classicKinds)[number]
/** Numbers in a set of pivot points: P, R1, S1, R2, S2, R3, S3, R4, S4. */
export const CLASSIC_POINTS = 9

/** Distances of a resistance and its support, 1 to 4, from the middle, in ranges of the period. */
const ranges: { readonly [K in ClassicKind]?: readonly number[] } = {
  fibonacci: [0.382, 0.618, 1],
  camarilla: [1.1 / 12, 1.1 / 6, 1.1 / 4, 1.1 / 2],
}

/** The middle of a set of pivot points, in price units; `current` is the first price of the period it is for. */
export function classicMiddle(kind: ClassicKind, open: number, high: number, low: number, close: number, current: number): number {
  if (kind === 'woodie') return (high + low + 2 * current) / 4
  if (kind === 'camarilla') return close
  if (kind !== 'demark') return (high + low + close) / 3
  return (high + low + close + (close < open ? low : close > open ? high : close)) / 4
}

/**
 * Pivot points of a period that is over, for the period that begins with the price `current`, written to `points` from
 * `at` on as `[P, R1, S1, R2, S2, R3, S3, R4, S4]`, in price units; NaN where the kind has no such point.
 * Floor: P = (H + L + C)/3, R1 = 2P − L, R2 = P + H − L, R3 = H + 2(P − L), supports mirrored; Woodie the same over
 * P = (H + L + 2 · current open)/4; Fibonacci P ± {.382, .618, 1}(H − L); Camarilla C ± 1.1(H − L)/{12, 6, 4, 2}, its P is C;
 * DeMark P = X/4, R1 = X/2 − L, S1 = X/2 − H, X = H + L + C and the low, high or close again as C < O, C > O, C = O.
 * @source Person (2004), A Complete Guide to Technical Trading Tactics; DeMark (1994), The New Science of Technical Analysis
 */
export function classicPivots(
  kind: ClassicKind, open: number, high: number, low: number, close: number, current: number,
  points: Float64Array = new Float64Array(CLASSIC_POINTS), at = 0,
): Float64Array {
  const [middle, range, steps] = [classicMiddle(kind, open, high, low, close, current), high - low, ranges[kind]]
  points.fill(NaN, at, at + CLASSIC_POINTS)
  points[at] = middle
  for (let i = 0; steps !== undefined && i < steps.length; i++) {
    points[at + 2 * i + 1] = middle + steps[i]! * range
    points[at + 2 * i + 2] = middle - steps[i]! * range
  }
  if (steps !== undefined) return points
  points[at + 1] = 2 * middle - low
  points[at + 2] = 2 * middle - high
  if (kind === 'demark') return points
  points[at + 3] = middle + range
  points[at + 4] = middle - range
  points[at + 5] = high + 2 * (middle - low)
  points[at + 6] = low - 2 * (high - middle)
  return points
}
