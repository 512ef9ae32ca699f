/** An order as shares of a day: `share` of its volume over `days`; a day's deviation in bps, turnover = shares outstanding / volume. */
export interface ParentOrder {
  readonly share: number
  readonly days: number
  readonly sigmaBps: number
  readonly turnover: number
}

const power = (base: number, exponent: number): number => (base > 0 ? Math.exp(exponent * Math.log(base)) : 0)

/**
 * Permanent and temporary impact and expected cost of a stock order, bps: I = γσx·(Θ/V)^¼, K = ησ·(x/T)^⅗, J = I/2 + K with
 * γ .314, η .142; symmetric in the side.
 * @source Almgren, Thum, Hauptmann, Li (2005), Direct estimation of equity market impact
 */
export function almgrenImpact({ share, days, sigmaBps, turnover }: ParentOrder) {
  const permanentBps = 0.314 * sigmaBps * share * power(turnover, 0.25)
  const temporaryBps = 0.142 * sigmaBps * power(share / days, 0.6)
  return { permanentBps, temporaryBps, costBps: permanentBps / 2 + temporaryBps }
}

/** What Almgren and Chriss trade off: price deviation a step, temporary and permanent impact, aversion to variance. */
export interface ExecutionProblem {
  readonly quantity: number
  readonly steps: number
  readonly sigma: number
  readonly eta: number
  readonly gamma: number
  readonly lambda: number
}

/**
 * The path that trades expected cost against variance: what is left after each of `steps` steps of length 1, from the whole
 * quantity to 0, and the urgency κ = acosh(1 + λσ²/(2(η − γ/2))); a straight line where κ is 0.
 * @source Almgren, Chriss (2000), Optimal execution of portfolio transactions, eq. 17 and 18
 */
export function almgrenChriss({ quantity, steps, sigma, eta, gamma, lambda }: ExecutionProblem) {
  const kappa = Math.acosh(1 + (lambda * sigma * sigma) / (2 * (eta - gamma / 2)))
  const left = (step: number) => (kappa > 0 ? Math.sinh(kappa * (steps - step)) / Math.sinh(kappa * steps) : 1 - step / steps)
  return { kappa, path: Array.from({ length: steps + 1 }, (_, step) => quantity * left(step)) }
}
