import type { Plain } from '../module/state.ts'
import type { Action, Prediction, PredictionResolved } from '../vocabulary/prediction.ts'
import { strongest } from './prediction-board.ts'

/** What the predictions of one (model, symbol, horizon) were worth; null where nothing is resolved. */
export interface ModelPerformance {
  readonly model: string
  readonly symbol: string
  readonly horizon: string
  /** Resolved predictions. */
  readonly n: number
  /** Those that called a direction. */
  readonly calls: number
  /** Share of calls whose direction came, with the 95 % Wilson interval. */
  readonly hitRate: number | null
  readonly interval: readonly [low: number, high: number] | null
  /** Mean Σ(p − y)², in [0, 2]. */
  readonly brier: number | null
  /** Mean −ln p of what came. */
  readonly logLoss: number | null
  /** Mean move in the called direction, before costs. */
  readonly bps: number | null
}
interface Sums {
  n: number
  /** How often each action came. */
  came: Record<Action, number>
  calls: number
  hits: number
  brier: number
  logLoss: number
  bps: number
}

const nothing = (): Sums => ({ n: 0, came: { buy: 0, hold: 0, sell: 0 }, calls: 0, hits: 0, brier: 0, logLoss: 0, bps: 0 })

/** Resolved predictions at which a learned model's own word weighs half. */
export const RESOLVED_NEEDED = 200

/** Wilson's score interval of k of n. @source Wilson (1927); @example wilson(8, 10) // => [0.490162, 0.943318] */
export function wilson(k: number, n: number, z = 1.959963984540054): readonly [number, number] {
  const [p, z2] = [k / n, z * z]
  const centre = (p + z2 / (2 * n)) / (1 + z2 / n)
  const half = (z / (1 + z2 / n)) * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n * n))
  return [Math.max(0, centre - half), Math.min(1, centre + half)]
}

/** Keeps score of resolved predictions; O(1) each. */
export class Performance {
  readonly #sums = new Map<string, Sums>()

  add({ probabilities: p, module, symbol, horizon }: Prediction, { realised, bps }: PredictionResolved): void {
    const key = `${module}|${symbol}|${horizon}`
    const sums = this.#sums.get(key) ?? nothing()
    this.#sums.set(key, sums)
    const call = strongest(p)
    sums.n++
    sums.came[realised]++
    if (call !== 'hold') {
      sums.calls++
      sums.hits += call === realised ? 1 : 0
      sums.bps += call === 'buy' ? bps : -bps
    }
    for (const action of ['buy', 'hold', 'sell'] as const) {
      const miss = p[action] - (action === realised ? 1 : 0)
      sums.brier += miss * miss
    }
    sums.logLoss -= Math.log(Math.max(1e-12, p[realised]))
  }

  /** Resolved predictions of a model for a symbol: of the horizon that has most. */
  resolved(model: string, symbol: string): number {
    return Math.max(0, ...[...this.#sums].filter(([key]) => key.startsWith(`${model}|${symbol}|`)).map(([, { n }]) => n))
  }

  /**
   * What a learned model's prediction is worth while few of its predictions are resolved: p = n/(n+k)·p + k/(n+k)·prior,
   * where the prior is the share in which each action came, with one of each added.
   * @source Dirichlet(1, 1, 1) prior of a multinomial: Gelman et al., Bayesian Data Analysis (3rd ed.), 3.4
   */
  tempered(prediction: Prediction): Prediction {
    const { module, symbol, horizon, probabilities: p, confidence } = prediction
    const { n, came } = this.#sums.get(`${module}|${symbol}|${horizon}`) ?? nothing()
    const own = n / (n + RESOLVED_NEEDED)
    const blend = (action: Action) => own * p[action] + (1 - own) * ((came[action] + 1) / (n + 3))
    const probabilities = Object.freeze({ buy: blend('buy'), hold: blend('hold'), sell: blend('sell') })
    return Object.freeze({ ...prediction, probabilities, confidence: Math.min(confidence, own) })
  }

  list(): readonly ModelPerformance[] {
    return [...this.#sums].map(([key, { n, calls, hits, brier, logLoss, bps }]) => {
      const [model = '', symbol = '', horizon = ''] = key.split('|')
      const of = (count: number, value: number) => (count > 0 ? value / count : null)
      const interval = calls > 0 ? wilson(hits, calls) : null
      return { model, symbol, horizon, n, calls, hitRate: of(calls, hits), interval, brier: of(n, brier), logLoss: of(n, logLoss), bps: of(calls, bps) }
    })
  }

  snapshot(): Plain { return [...this.#sums].map(([key, sums]) => [key, { ...sums, came: { ...sums.came } }]) }
  restore(state: Plain): void {
    this.#sums.clear()
    for (const [key, sums] of state as unknown as [string, Sums][]) this.#sums.set(key, sums)
  }
}
