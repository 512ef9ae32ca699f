import { CLASS, TapeloomError, type Outcome } from '@tapeloom/core'

export interface BarrierSpec {
  /** Barriers stand k · sigma above and below the entry's close. */
  readonly k: number
  /** Standard deviation of one step in bps: a number, or from what the label sees; NaN: no label. See `ewmSigmaBps`. */
  readonly sigmaBps: number | ((outcome: Outcome) => number)
}
/** Which barrier the path touched first. */
export interface BarrierTouch {
  /** `CLASS.buy` for the upper, `CLASS.sell` for the lower, `CLASS.hold` for the end of the path. */
  readonly direction: number
  /** Index of the candle in the path; its last one where neither barrier was touched. */
  readonly at: number
  /** Both barriers lie in that candle: the one adverse to the prediction was taken. */
  readonly ambiguous: boolean
}

/**
 * The first of the upper barrier, the lower barrier and the end of the path. A candle that opens beyond a barrier touched
 * that one. Where one candle holds both, the one adverse to the prediction counts: the lower for a predicted buy, the
 * upper for a sell, and for a hold the one nearer to the open. `undefined` where a price or sigma is not above 0.
 * @source López de Prado (2018), Advances in Financial Machine Learning, section 3.4
 */
export function barrierTouch({ k, sigmaBps }: BarrierSpec, outcome: Outcome): BarrierTouch | undefined {
  const { entry, path } = outcome
  const widthBps = k * (typeof sigmaBps === 'number' ? sigmaBps : sigmaBps(outcome))
  if (!(widthBps > 0 && widthBps < Infinity && entry.close > 0) || path.length === 0) return undefined
  const [upper, lower] = [entry.close * Math.exp(widthBps / 1e4), entry.close * Math.exp(-widthBps / 1e4)]
  for (const [at, { open, high, low }] of path.entries()) {
    if (!(open > 0 && high > 0 && low > 0)) return undefined
    if (open >= upper) return { direction: CLASS.buy, at, ambiguous: false }
    if (open <= lower) return { direction: CLASS.sell, at, ambiguous: false }
    const [up, down] = [high >= upper, low <= lower]
    if (up && down) return { direction: adverse(outcome, upper - open < open - lower), at, ambiguous: true }
    if (up || down) return { direction: up ? CLASS.buy : CLASS.sell, at, ambiguous: false }
  }
  return { direction: CLASS.hold, at: path.length - 1, ambiguous: false }
}

function adverse({ prediction }: Outcome, upperIsNearer: boolean): number {
  const { buy, hold, sell } = prediction.probabilities
  if (buy > sell && buy > hold) return CLASS.sell
  if (sell > buy && sell > hold) return CLASS.buy
  return upperIsNearer ? CLASS.buy : CLASS.sell
}

/**
 * Labels by the first barrier that the path touches, as `labels.candle`; `barrierTouch` says also when, and whether one
 * candle held both. @throws TapeloomError `models.label` when k or sigmaBps is not above 0
 */
export function tripleBarrier(spec: BarrierSpec): (outcome: Outcome) => { readonly direction: number } | undefined {
  if (!(spec.k > 0 && spec.k < Infinity) || (typeof spec.sigmaBps === 'number' && !(spec.sigmaBps > 0))) {
    throw new TapeloomError(
      'models.label',
      `[models tripleBarrier] k is ${spec.k}, sigmaBps ${String(spec.sigmaBps)}. Use numbers above 0.`,
    )
  }
  return (outcome) => {
    const touch = barrierTouch(spec, outcome)
    return touch && { direction: touch.direction }
  }
}

/**
 * Exponentially weighted standard deviation of the logarithmic returns of `closes`, oldest first, in bps; weights fall by
 * 1 − 2 / (span + 1) a step and are corrected for their number. NaN for fewer than three closes.
 * @source López de Prado (2018), snippet 3.1; pandas ewm(span).std()
 */
export function ewmSigmaBps(closes: ArrayLike<number>, span = 100): number {
  const keep = 1 - 2 / (span + 1)
  let [weight, squares, mean, deviations] = [0, 0, 0, 0]
  for (let i = 1; i < closes.length; i++) {
    const step = Math.log(closes[i]! / closes[i - 1]!)
    const old = keep * weight
    weight = old + 1
    squares = keep * keep * squares + 1
    const change = step - mean
    mean += change / weight
    deviations = keep * deviations + (change * change * old) / weight
  }
  // Weighted sum of squared deviations over weight − squares / weight: unbiased, as pandas corrects it.
  const freedom = weight - squares / weight
  return freedom > 1e-12 ? 1e4 * Math.sqrt(deviations / freedom) : NaN
}
