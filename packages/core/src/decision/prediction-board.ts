import type { Duration } from '../vocabulary/duration.ts'
import type { Plain } from '../module/state.ts'
import type { Action, Prediction, PredictionDraft, Probabilities } from '../vocabulary/prediction.ts'

/** A prediction and when its horizon is over. */
export interface OpenPrediction {
  readonly prediction: Prediction
  /** Time (µs) at which it is judged. */
  readonly due: number
  /** Price at the inference. */
  readonly price: number
}

/** Why a draft cannot be a prediction, or undefined. */
export function refusal({ probabilities: p, confidence = 0 }: PredictionDraft): string | undefined {
  const values = [p.buy, p.hold, p.sell]
  const valid = values.every((value) => value >= 0 && value <= 1) && Math.abs(p.buy + p.hold + p.sell - 1) <= 1e-6
  if (!valid) return `probabilities ${values.join(', ')} are not three shares of 1`
  return confidence >= 0 && confidence <= 1 ? undefined : `confidence ${confidence} is not in [0, 1]`
}

export const strongest = ({ buy, hold, sell }: Probabilities): Action =>
  buy > sell && buy >= hold ? 'buy' : sell > buy && sell >= hold ? 'sell' : 'hold'

/** The latest prediction a (module, horizon) and those whose horizon is not over yet, for one symbol. */
export class PredictionBoard {
  readonly #latest = new Map<string, Prediction>()
  #open: OpenPrediction[] = []

  add(prediction: Prediction, due: number, price: number): void {
    const key = `${prediction.module}|${prediction.horizon}`
    if (!((this.#latest.get(key)?.asOf ?? -Infinity) > prediction.asOf)) this.#latest.set(key, prediction) // a live answer may be late
    this.#open.push({ prediction, due, price })
  }

  /** Those not older than `oldest` (µs), in order of module registration. */
  latest(oldest: number): readonly Prediction[] { return [...this.#latest.values()].filter(({ asOf }) => asOf >= oldest) }

  /** Takes out those whose horizon ended at or before `time`. */
  due(time: number): readonly OpenPrediction[] {
    if (!this.#open.some(({ due }) => due <= time)) return []
    const over = this.#open.filter(({ due }) => due <= time)
    this.#open = this.#open.filter(({ due }) => due > time)
    return over
  }

  forget(module: string): void {
    for (const [key, prediction] of this.#latest) if (prediction.module === module) this.#latest.delete(key)
  }

  snapshot(): Plain { return { latest: [...this.#latest.values()], open: this.#open } as unknown as Plain }
  restore(state: Plain): void {
    const { latest, open } = state as unknown as { latest: Prediction[]; open: OpenPrediction[] }
    this.#latest.clear()
    for (const prediction of latest) this.#latest.set(`${prediction.module}|${prediction.horizon as Duration}`, Object.freeze(prediction))
    this.#open = open
  }
}
