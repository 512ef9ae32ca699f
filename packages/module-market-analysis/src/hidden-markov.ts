/** Two states of normal returns, the one of low variance first. */
export interface TwoStates {
  readonly meanLow: number
  readonly meanHigh: number
  readonly varianceLow: number
  readonly varianceHigh: number
  /** Probability that low variance stays, and that high variance falls to low, from one return to the next. */
  readonly stayLow: number
  readonly highToLow: number
}

/** EM ends when the log-likelihood grows by less than this a return, or after so many steps. */
const ENOUGH = 1e-6
const MAX_STEPS = 50
/** Probabilities of a change are kept so far from 0 and 1, variances above this share of the variance of all. */
const LEAST_CHANGE = 1e-4
const LEAST_VARIANCE = 1e-6
const LOG_2PI = Math.log(2 * Math.PI)

/** What one pass of the filter leaves. */
interface Filtered {
  readonly logLikelihood: number
  /** Probability of high variance given all returns up to each. */
  readonly high: Float64Array
  /** The same given the returns before each. */
  readonly predicted: Float64Array
}

/** Probability of high variance before any return: the stationary one. */
export const stationaryHigh = ({ stayLow, highToLow }: TwoStates): number => (1 - stayLow) / (1 - stayLow + highToLow)

/** Log density of a return in the state of high over that of low variance. */
function logOdds({ meanLow, meanHigh, varianceLow, varianceHigh }: TwoStates, change: number): number {
  const [low, high] = [change - meanLow, change - meanHigh]
  return ((low * low) / varianceLow - (high * high) / varianceHigh - Math.log(varianceHigh / varianceLow)) / 2
}

/** Probability of high variance at the next return, before it is known. */
const predictHigh = ({ stayLow, highToLow }: TwoStates, high: number): number =>
  (1 - high) * (1 - stayLow) + high * (1 - highToLow)

/** One step of the filter: the probability of high variance once a return is known. */
export function updateHigh(states: TwoStates, high: number, change: number): number {
  const prior = predictHigh(states, high)
  const odds = Math.exp(-Math.abs(logOdds(states, change))) // of the less likely: an outlier does not make it 0/0
  return logOdds(states, change) > 0 ? prior / (prior + (1 - prior) * odds) : (prior * odds) / (1 - prior + prior * odds)
}

/**
 * Hamilton's filter over log returns, from the stationary start: it knows, at each return, that and the ones before.
 * @source Hamilton (1989), A new approach to the economic analysis of nonstationary time series
 */
export function filterStates(returns: ArrayLike<number>, states: TwoStates): Filtered {
  const [high, predicted] = [new Float64Array(returns.length), new Float64Array(returns.length)]
  return { logLikelihood: filterInto(high, predicted, returns, states), high, predicted }
}

// In one function, in scalars: fifty passes over a thousand returns fit into one candle's time.
function filterInto(high: Float64Array, predicted: Float64Array, returns: ArrayLike<number>, states: TwoStates): number {
  const { meanLow, meanHigh, varianceLow, varianceHigh, stayLow, highToLow } = states
  const [halfLow, halfHigh] = [0.5 / varianceLow, 0.5 / varianceHigh]
  const logRatio = Math.log(varianceHigh / varianceLow) / 2
  let prior = stationaryHigh(states)
  let sum = (-returns.length * (LOG_2PI + Math.log(varianceLow))) / 2
  for (let i = 0; i < returns.length; i++) {
    const change = returns[i]!
    const low = -(change - meanLow) * (change - meanLow) * halfLow
    const odds = -(change - meanHigh) * (change - meanHigh) * halfHigh - logRatio - low
    const less = Math.exp(odds > 0 ? -odds : odds)
    const lowPart = odds > 0 ? (1 - prior) * less : 1 - prior
    const highPart = odds > 0 ? prior : prior * less
    const probability = highPart / (lowPart + highPart)
    predicted[i] = prior
    high[i] = probability
    sum += low + (odds > 0 ? odds : 0) + Math.log(lowPart + highPart)
    prior = (1 - probability) * (1 - stayLow) + probability * (1 - highToLow)
  }
  return sum
}

/**
 * Probability of high variance at each return given all of them, later ones too: for labels, never for features.
 * @source Kim (1994), Dynamic linear models with Markov-switching
 */
export function smoothStates(returns: ArrayLike<number>, states: TwoStates): Float64Array {
  const { high, predicted } = filterStates(returns, states)
  for (let i = high.length - 2; i >= 0; i--)
    high[i] = high[i]! * ((1 - states.highToLow) * (high[i + 1]! / predicted[i + 1]!) + states.highToLow * ((1 - high[i + 1]!) / (1 - predicted[i + 1]!)))
  return high
}

/**
 * Fits two states to log returns by EM, from their variance halved and doubled: the same returns give the same states,
 * whatever was fitted before. Ends after `maxSteps`, or when a step wins less than `enough` of log-likelihood a return.
 * Undefined where the returns do not vary. A step is O(returns).
 * @source Hamilton (1990), Analysis of time series subject to changes in regime; Baum et al. (1970)
 */
export function fitStates(returns: ArrayLike<number>, maxSteps = MAX_STEPS, enough = ENOUGH): TwoStates | undefined {
  const { mean, variance } = momentsOf(returns)
  if (!(variance > 0)) return undefined
  const [high, predicted] = [new Float64Array(returns.length), new Float64Array(returns.length)]
  let states: TwoStates = {
    meanLow: mean, meanHigh: mean, varianceLow: variance / 2, varianceHigh: 2 * variance, stayLow: 0.95, highToLow: 0.1,
  }
  let before = -Infinity
  for (let step = 0; step < maxSteps; step++) {
    const logLikelihood = filterInto(high, predicted, returns, states)
    if (logLikelihood - before < enough * returns.length) break
    before = logLikelihood
    states = improve(returns, high, predicted, states, mean, LEAST_VARIANCE * variance)
  }
  return states.varianceHigh >= states.varianceLow ? states : swapped(states)
}

/** Smooths backwards and sums on the way what makes the next states; sums are about `center`, so that they stay exact. */
function improve(
  returns: ArrayLike<number>, high: Float64Array, predicted: Float64Array, states: TwoStates, center: number, least: number,
): TwoStates {
  const { stayLow, highToLow } = states
  const last = returns.length - 1
  let smoothed = high[last]!
  let [weight, sum, squares, rises, falls] = [0, 0, 0, 0, 0] // of the state of high variance
  let [allSum, allSquares] = [0, 0]
  for (let i = last; i >= 0; i--) {
    if (i < last) {
      const toHigh = smoothed / predicted[i + 1]!
      const toLow = (1 - smoothed) / (1 - predicted[i + 1]!)
      const fall = high[i]! * highToLow * toLow
      rises += (1 - high[i]!) * (1 - stayLow) * toHigh
      falls += fall
      smoothed = high[i]! * (1 - highToLow) * toHigh + fall
    }
    const away = returns[i]! - center
    weight += smoothed
    sum += smoothed * away
    squares += smoothed * away * away
    allSum += away
    allSquares += away * away
  }
  const rest = Math.max(1e-9, returns.length - weight)
  weight = Math.max(1e-9, weight)
  const [meanLow, meanHigh] = [(allSum - sum) / rest, sum / weight]
  return {
    meanLow: center + meanLow, meanHigh: center + meanHigh,
    varianceLow: Math.max(least, (allSquares - squares) / rest - meanLow * meanLow),
    varianceHigh: Math.max(least, squares / weight - meanHigh * meanHigh),
    stayLow: 1 - probability(rises, rest - 1 + high[last]!), highToLow: probability(falls, weight - high[last]!),
  }
}

/** `part` of `whole`, not so near to 0 or 1 that a state is for ever; ½ of nothing. */
const probability = (part: number, whole: number): number =>
  whole > 0 ? Math.min(1 - LEAST_CHANGE, Math.max(LEAST_CHANGE, part / whole)) : 0.5

/** Mean and population variance, in two passes. */
export function momentsOf(values: ArrayLike<number>) {
  let [sum, squares] = [0, 0]
  for (let i = 0; i < values.length; i++) sum += values[i]!
  const mean = sum / values.length
  for (let i = 0; i < values.length; i++) squares += (values[i]! - mean) * (values[i]! - mean)
  return { mean, variance: squares / values.length }
}

const swapped = ({ meanLow, meanHigh, varianceLow, varianceHigh, stayLow, highToLow }: TwoStates): TwoStates => ({
  meanLow: meanHigh, meanHigh: meanLow, varianceLow: varianceHigh, varianceHigh: varianceLow,
  stayLow: 1 - highToLow, highToLow: 1 - stayLow,
})
