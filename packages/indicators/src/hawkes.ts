/** A Hawkes process that excites itself exponentially: λ(t) = mu + Σ alpha · e^(−beta (t − tᵢ)), times in any unit. */
export interface HawkesParameters {
  readonly mu: number
  readonly alpha: number
  readonly beta: number
}

/** Returns the parameters. @throws RangeError when mu or beta is not above 0, or alpha/beta not in [0, 1): it would explode */
export function checkHawkes({ mu, alpha, beta }: HawkesParameters): HawkesParameters {
  if (mu > 0 && beta > 0 && alpha >= 0 && alpha < beta) return { mu, alpha, beta }
  throw new RangeError(
    `[indicators hawkes] mu ${mu}, alpha ${alpha}, beta ${beta} are no stationary process. Give mu > 0 and 0 <= alpha < beta.`,
  )
}

/**
 * Log-likelihood of ascending event times over [0, `end`]: Σ ln(mu + alpha·R) − mu·T − (alpha/beta) Σ (1 − e^(−beta(T−t))),
 * R ← e^(−beta Δt)(1 + R). Give events of one timestamp once. O(n)
 * @source Ogata (1981), On Lewis' simulation method for point processes; Laub, Taimre, Pollett (2015)
 * @throws RangeError as `checkHawkes`
 */
export function hawkesLogLikelihood(times: ArrayLike<number>, end: number, parameters: HawkesParameters): number {
  const { mu, alpha, beta } = checkHawkes(parameters)
  let [excitation, sum, compensator] = [0, 0, 0]
  for (let i = 0; i < times.length; i++) {
    if (i > 0) excitation = Math.exp(-beta * (times[i]! - times[i - 1]!)) * (1 + excitation)
    sum += Math.log(mu + alpha * excitation)
    compensator += 1 - Math.exp(-beta * (end - times[i]!))
  }
  return sum - mu * end - (alpha / beta) * compensator
}
