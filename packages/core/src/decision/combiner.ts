import type { Abstention, Prediction, Probabilities } from '../vocabulary/prediction.ts'
import type { MarketSymbol } from '../vocabulary/symbol.ts'

/** Makes one set of probabilities of several predictions, or abstains. Program, not state. */
export type Combiner = (
  predictions: readonly Prediction[],
  context: { readonly symbol: MarketSymbol; readonly asOf: number; readonly weights: Readonly<Record<string, number>> },
) => Probabilities | Abstention

/**
 * Linear opinion pool Σwp/Σw.
 * @source Genest & Zidek (1986), Statistical Science 1(1)
 */
export const linearPool: Combiner = (predictions, { weights }) => {
  let [buy, hold, sell, sum] = [0, 0, 0, 0]
  for (const { module, probabilities: p } of predictions) {
    const weight = weights[module] ?? 1
    buy += weight * p.buy
    hold += weight * p.hold
    sell += weight * p.sell
    sum += weight
  }
  return sum > 0 ? { buy: buy / sum, hold: hold / sum, sell: sell / sum } : { abstain: 'no-predictions' }
}

const FLOOR = 1e-6
const logClipped = (p: number) => Math.log(Math.min(1 - FLOOR, Math.max(FLOOR, p)))

/** Logarithmic opinion pool p ∝ Π p_i^(w_i/Σw), p clipped to [1e-6, 1 − 1e-6]. @source Genest & Zidek (1986) */
export const logPool: Combiner = (predictions, { weights }) => {
  let [buy, hold, sell, sum] = [0, 0, 0, 0]
  for (const { module, probabilities: p } of predictions) {
    const weight = weights[module] ?? 1
    buy += weight * logClipped(p.buy)
    hold += weight * logClipped(p.hold)
    sell += weight * logClipped(p.sell)
    sum += weight
  }
  if (!(sum > 0)) return { abstain: 'no-predictions' }
  const [b, h, s] = [Math.exp(buy / sum), Math.exp(hold / sum), Math.exp(sell / sum)]
  return { buy: b / (b + h + s), hold: h / (b + h + s), sell: s / (b + h + s) }
}
