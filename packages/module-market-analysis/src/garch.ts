import { minimise } from '@tapeloom/indicators'

/** Garch(1,1) of returns around a constant mean: h = omega + alpha · e² + beta · h, in the squared unit of the returns. */
export interface Garch {
  readonly mean: number
  readonly omega: number
  readonly alpha: number
  readonly beta: number
}

/** The variance of the next return: after one that had `variance` and came out as `change`. */
export function nextVariance({ mean, omega, alpha, beta }: Garch, variance: number, change: number): number {
  const error = change - mean
  return omega + alpha * error * error + beta * variance
}

/**
 * Log-likelihood and the variance that each return had, known one return before; what was before the first is taken to
 * have varied as all of them do, which looks ahead: for fits, not for features.
 * @source Bollerslev (1986), Generalized autoregressive conditional heteroskedasticity
 */
export function filterGarch(returns: ArrayLike<number>, model: Garch) {
  const rows = returns.length
  const variances = new Float64Array(rows)
  let squares = 0
  for (let i = 0; i < rows; i++) squares += (returns[i]! - model.mean) * (returns[i]! - model.mean)
  const presample = squares / rows
  let variance = model.omega + (model.alpha + model.beta) * presample
  let logLikelihood = (-rows * Math.log(2 * Math.PI)) / 2
  for (let i = 0; i < rows; i++) {
    variances[i] = variance
    const error = returns[i]! - model.mean
    logLikelihood -= (Math.log(variance) + (error * error) / variance) / 2
    variance = nextVariance(model, variance, returns[i]!)
  }
  return { logLikelihood, variances, next: variance }
}

/** Free numbers as a model: omega above 0, alpha and beta not below 0 and below 1 together. */
function modelOf([mean = 0, logOmega = 0, toAlpha = 0, toBeta = 0]: readonly number[]): Garch {
  const [a, b] = [Math.exp(toAlpha), Math.exp(toBeta)]
  return { mean, omega: Math.exp(logOmega), alpha: a / (1 + a + b), beta: b / (1 + a + b) }
}

/**
 * The Garch(1,1) of greatest likelihood, normal errors. Offline: some thousand passes over the returns.
 * @throws RangeError when the returns are fewer than ten, not finite or do not vary
 */
export function fitGarch(returns: ArrayLike<number>): Garch & { readonly logLikelihood: number } {
  const rows = returns.length
  const mean = Array.from(returns).reduce((a, b) => a + b, 0) / rows
  const variance = Array.from(returns).reduce((a, b) => a + (b - mean) * (b - mean), 0) / rows
  if (rows < 10 || !(variance > 0) || variance === Infinity)
    throw new RangeError(`[market-analysis fitGarch] ${rows} returns have the variance ${variance}. Give ten or more that are finite and vary.`)
  const scale = Math.sqrt(variance)
  const start = [mean / scale, Math.log(0.1), 0, Math.log(8)] // alpha .1, beta .8
  const scaled = Float64Array.from(returns, (one) => one / scale)
  const { at } = minimise((point) => -filterGarch(scaled, modelOf(point)).logLikelihood, start, [0.1, 0.5, 0.5, 0.5])
  const found = modelOf(at)
  const model = { ...found, mean: found.mean * scale, omega: found.omega * variance }
  return { ...model, logLikelihood: filterGarch(returns, model).logLikelihood }
}
