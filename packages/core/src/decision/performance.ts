import type { Plain } from '../module/state.ts'
import type { Prediction, PredictionResolved } from '../vocabulary/prediction.ts'
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
  calls: number
  hits: number
  brier: number
  logLoss: number
  bps: number
}

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
    const sums = this.#sums.get(key) ?? { n: 0, calls: 0, hits: 0, brier: 0, logLoss: 0, bps: 0 }
    this.#sums.set(key, sums)
    const call = strongest(p)
    sums.n++
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

  list(): readonly ModelPerformance[] {
    return [...this.#sums].map(([key, { n, calls, hits, brier, logLoss, bps }]) => {
      const [model = '', symbol = '', horizon = ''] = key.split('|')
      const of = (count: number, value: number) => (count > 0 ? value / count : null)
      const interval = calls > 0 ? wilson(hits, calls) : null
      return { model, symbol, horizon, n, calls, hitRate: of(calls, hits), interval, brier: of(n, brier), logLoss: of(n, logLoss), bps: of(calls, bps) }
    })
  }

  snapshot(): Plain {
    return [...this.#sums].map(([key, sums]) => [key, { ...sums }])
  }
  restore(state: Plain): void {
    this.#sums.clear()
    for (const [key, sums] of state as unknown as [string, Sums][]) this.#sums.set(key, sums)
  }
}
