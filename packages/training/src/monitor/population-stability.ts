/** Quantile of χ² with 9 degrees of freedom that one in a thousand exceeds. */
const CHI2 = 27.877164871256568
const BINS = 10

/** How far a distribution has moved from an earlier one. */
export interface Stability {
  /** Σ (a − e) ln(a / e) over ten bins. */
  readonly index: number
  /** What it is on average when nothing has moved: (B − 1)(1/n + 1/m). */
  readonly nullMean: number
  /** What it exceeds once in a thousand when nothing has moved and values are independent. */
  readonly nullQuantile: number
}

/** Upper edges of the first nine of ten bins that hold a tenth of the values each; ties fall into the lower bin. */
export function decileEdges(values: ArrayLike<number>): Float64Array {
  const sorted = Float64Array.from(values).sort()
  return Float64Array.from({ length: BINS - 1 }, (_, i) => sorted[Math.ceil(((i + 1) * sorted.length) / BINS) - 1]!)
}

/** How many values are in each bin. */
export function countBins(values: ArrayLike<number>, edges: Float64Array): Float64Array {
  const counts = new Float64Array(BINS)
  for (let i = 0; i < values.length; i++) {
    let bin = 0
    while (bin < BINS - 1 && values[i]! > edges[bin]!) bin++
    counts[bin]!++
  }
  return counts
}

/**
 * Population stability index of two counts over the same bins, half a value added to each bin so that none is empty. The
 * usual limit of .1 is the mean under no change at n = m ≈ 180: compare it with its own null instead.
 * @source Yurdakul, Naranjo (2020), Statistical properties of the population stability index: (1/n + 1/m) χ²(B − 1)
 */
export function populationStability(expected: Float64Array, actual: Float64Array): Stability {
  const [n, m] = [expected, actual].map((counts) => counts.reduce((sum, count) => sum + count, 0)) as [number, number]
  let index = 0
  for (let bin = 0; bin < BINS; bin++) {
    const [e, a] = [(expected[bin]! + 0.5) / (n + BINS / 2), (actual[bin]! + 0.5) / (m + BINS / 2)]
    index += (a - e) * Math.log(a / e)
  }
  const scale = 1 / n + 1 / m
  return { index, nullMean: (BINS - 1) * scale, nullQuantile: CHI2 * scale }
}
