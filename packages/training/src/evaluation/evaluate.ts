import { baseline, durationUs, Orchestrator, TapeloomError, type Duration, type Source, type Usable } from '@tapeloom/core'
import { DataProvider } from '@tapeloom/data'
import type { Folds } from '../split/folds.ts'
import { evaluateRuns, type Evaluation } from './evaluate-runs.ts'
import { nullMarket } from './null-market.ts'

/** What trading costs. */
export interface Costs {
  /** Fee of each side traded, in basis points; the spread is paid as well where books are fed. */
  readonly takerBps: number
  /** From a decision to its order's arrival; default 0. The order is filled by the first price at or after that. */
  readonly latency?: Duration
  /** Where candles alone are fed the first price is the next close (`next`, the default); `open` takes the open before. */
  readonly candleFills?: 'next' | 'open'
}

/** What is evaluated, on what, and how. */
export interface EvaluationSpec {
  /** As for an orchestrator; with `training` where models are to learn. */
  readonly modules: readonly Usable[]
  /** A new run of the same market, each time it is called. */
  readonly source: () => Source
  readonly folds: Folds
  readonly costs: Costs
  /** Seeds modules, networks, training and random baselines; default 1. */
  readonly seed?: number
  /** File in which what was tried is counted, one JSON object a line: the deflated Sharpe ratio rests on it. */
  readonly trialLog?: string
}

/**
 * Says what modules are worth on a market they did not learn from: folds without a label in common, costs, delay, and
 * baselines in the same run. Each fold is a run of its own from new weights; nothing is trained while it is tested.
 * @throws TapeloomError `training.costs` for costs that are none, `training.folds` when nothing can be tested
 */
export async function evaluate(spec: EvaluationSpec): Promise<Evaluation> {
  const { modules, source, folds, seed = 1, trialLog } = spec
  const names = modules.map((usable) => ('use' in usable ? usable.id : usable.name))
  const withBaseline = names.includes('cob') && !names.includes(baseline.name)
  return evaluateRuns({
    folds, seed, ...checkedCosts(spec.costs), ...(trialLog !== undefined && { trialLog }),
    name: JSON.stringify([modules.map((usable) => ('use' in usable ? [usable.id, usable.options ?? {}] : usable.name)), folds.kind, spec.costs]),
    open: async (nullSeed) => {
      const market = nullSeed === undefined ? source() : nullMarket(source(), nullSeed)
      const listed = withBaseline ? [...modules, baseline] : modules
      const weights = withBaseline ? { [baseline.name]: 0 } : {}
      return new Orchestrator({ data: new DataProvider({ sources: [market], repeat: false }), modules: listed, seed, weights })
    },
  })
}

/** @throws TapeloomError `training.costs` */
export function checkedCosts({ takerBps, latency, candleFills = 'next' }: Costs): {
  readonly takerBps: number; readonly rules: { readonly latencyUs: number; readonly candles: 'next' | 'open' }
} {
  if (!(takerBps >= 0 && takerBps < 1e4)) {
    throw new TapeloomError('training.costs', `[costs] a taker fee of ${takerBps} bps is none. Give a number from 0, in basis points.`)
  }
  return { takerBps, rules: { latencyUs: latency === undefined ? 0 : durationUs(latency), candles: candleFills } }
}
