/** A filtered random walk seen through noise, a row each: level and its variance, and the log-likelihood of the rows. */
export interface KalmanLevel {
  readonly level: Float64Array
  readonly variance: Float64Array
  /** Σ ln density of the rows after the first, whose prediction is the diffuse start. */
  readonly logLikelihood: number
}

/**
 * Filters y = level + noise, level a random walk: variances `noise` and `walk`, start `(level, variance)`. A NaN row is
 * predicted, not learnt. O(n).
 * @source Durbin & Koopman (2012), Time Series Analysis by State Space Methods, 2.2
 */
// `!`: i < y.length.
export function kalmanLevel(
  y: ArrayLike<number>,
  { noise, walk, start = [0, 1e7] }: { readonly noise: number; readonly walk: number; readonly start?: readonly [number, number] },
): KalmanLevel {
  const [levels, variances] = [new Float64Array(y.length), new Float64Array(y.length)]
  let [level, variance] = start
  let logLikelihood = 0
  for (let i = 0; i < y.length; i++) {
    if (i > 0) variance += walk
    const error = y[i]! - level
    if (error === error) {
      const scale = variance + noise
      if (i > 0) logLikelihood -= 0.5 * (Math.log(2 * Math.PI * scale) + (error * error) / scale)
      const gain = variance / scale
      level += gain * error
      variance = (1 - gain) * (1 - gain) * variance + gain * gain * noise // Joseph's form
    }
    levels[i] = level
    variances[i] = variance
  }
  return { level: levels, variance: variances, logLikelihood }
}
