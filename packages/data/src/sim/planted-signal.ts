import { TapeloomError } from '@tapeloom/core'

/**
 * Standard normal distribution function, absolute error below 1e-15 for |x| < 6.
 * @source G. Marsaglia (2004), Evaluating the normal distribution, eq. 3
 */
export function normalProbability(x: number): number {
  let [sum, term] = [x, x]
  for (let k = 3; Math.abs(term) > 1e-18 * Math.abs(sum); k += 2) {
    term *= (x * x) / k
    sum += term
  }
  return 0.5 + (sum * Math.exp(-0.5 * x * x)) / Math.sqrt(2 * Math.PI)
}

/**
 * How often the best possible prediction of a minute's direction is right when its move is beta·S·sigma + e, S = ±1
 * visible beforehand and e normal with deviation sigma: Φ(beta). No other rule can do better, since all else that is
 * visible is independent of e.
 */
export const bayesAccuracy = (beta: number): number => normalProbability(beta)

/**
 * The beta whose Bayes accuracy is `predictability`: Φ⁻¹, by bisection.
 * @throws TapeloomError `sim.predictability` outside [0.5, 0.999]
 */
export function plantedBeta(predictability: number): number {
  if (!(predictability >= 0.5 && predictability <= 0.999)) {
    throw new TapeloomError(
      'sim.predictability',
      `[simulatedMarket] predictability ${predictability} is not in [0.5, 0.999]. Give the share of minutes foretold.`,
    )
  }
  let [low, high] = [0, 4]
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    if (bayesAccuracy(middle) < predictability) low = middle
    else high = middle
  }
  return predictability === 0.5 ? 0 : (low + high) / 2
}
