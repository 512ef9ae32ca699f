import type { Abstention, Prediction, Probabilities } from '../vocabulary/prediction.ts'
import type { MarketSymbol } from '../vocabulary/symbol.ts'

/** Makes one set of probabilities of several predictions, or abstains. Program, not state. */
export type Combiner = (
  predictions: readonly Prediction[],
  context: { readonly symbol: MarketSymbol; readonly asOf: number; readonly weights: Readonly<Record<string, number>> },
) => Probabilities | Abstention

/** Weighted sums of a function of each probability, and the sum of the weights. */
function weigh(predictions: readonly Prediction[], weights: Readonly<Record<string, number>>, of: (p: number) => number) {
  const sums = { buy: 0, hold: 0, sell: 0, weight: 0 }
  for (const { module, probabilities: p } of predictions) {
    const weight = weights[module] ?? 1
    sums.buy += weight * of(p.buy)
    sums.hold += weight * of(p.hold)
    sums.sell += weight * of(p.sell)
    sums.weight += weight
  }
  return sums
}

/**
 * Linear opinion pool Σwp/Σw.
 * @source Genest & Zidek (1986), Statistical Science 1(1)
 */
export const linearPool: Combiner = (predictions, { weights }) => {
  const { buy, hold, sell, weight } = weigh(predictions, weights, (p) => p)
  return weight > 0 ? { buy: buy / weight, hold: hold / weight, sell: sell / weight } : { abstain: 'no-predictions' }
}

const FLOOR = 1e-6

/** Logarithmic opinion pool p ∝ Π p_i^(w_i/Σw), p clipped to [1e-6, 1 − 1e-6]. @source Genest & Zidek (1986) */
export const logPool: Combiner = (predictions, { weights }) => {
  const { buy, hold, sell, weight } = weigh(predictions, weights, (p) => Math.log(Math.min(1 - FLOOR, Math.max(FLOOR, p))))
  if (!(weight > 0)) return { abstain: 'no-predictions' }
  const [b, h, s] = [Math.exp(buy / weight), Math.exp(hold / weight), Math.exp(sell / weight)]
  return { buy: b / (b + h + s), hold: h / (b + h + s), sell: s / (b + h + s) }
}
