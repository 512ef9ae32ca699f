import { baseline, createRandom, TapeloomError, type Orchestrator } from '@tapeloom/core'
import type { Folds, Split } from '../split/folds.ts'
import { alone, buyAndHold, decided, equalWeights, fixedShare, momentum, randomSign, type Contestant } from './baselines.ts'
import { checksOf, type Check, type NullMarket } from './checks.ts'
import type { FillRules } from './decision-recorder.ts'
import { metricsOf, type Metrics, type Trials } from './metrics.ts'
import { sharpeMoments } from './sharpe-statistics.ts'
import { strategyReturns, stretchesOf, type Stretch } from './strategy-returns.ts'
import { logTrial, readTrials, trialsOf } from './trial-log.ts'
import { surveyed, walkFold, type FoldRun } from './walk-forward-runs.ts'

/** What an evaluation found. */
export interface Evaluation {
  /** Each test by itself; `from` and `to` in µs. */
  readonly folds: readonly { readonly from: number; readonly to: number; readonly metrics: Metrics }[]
  /** All tests together: what the orchestrator decided. */
  readonly metrics: Metrics
  /** The same observations, fills and costs for others: each predictor alone, pools of them, and strategies without a model. */
  readonly baselines: Readonly<Record<string, Metrics>>
  readonly checks: readonly Check[]
  /** How many strategies the deflated Sharpe ratio counts, and the variance of their Sharpe ratios. */
  readonly trials: Trials
}

/** How to run what is evaluated. */
export interface EvaluatedRuns {
  readonly folds: Folds
  readonly seed: number
  readonly takerBps: number
  readonly rules: FillRules
  /** Stands for what is evaluated in the log of trials. */
  readonly name: string
  readonly trialLog?: string
  /** An orchestrator over a new run of the source; with a seed, over the same market with mirrored moves. */
  open(nullSeed?: number): Promise<Orchestrator>
}

/** Evaluates what `open` makes; see `evaluate`. @throws TapeloomError `training.folds` */
export async function evaluateRuns(runs: EvaluatedRuns): Promise<Evaluation> {
  const { folds, seed, takerBps } = runs
  if (folds.kind !== 'walk-forward') {
    throw new TapeloomError('training.folds', `[evaluation] folds of kind '${folds.kind}' train on a later market than the one they test. Use walkForward, or rescore with trainRetrospectively.`)
  }
  const samples = await surveyed(() => runs.open())
  const splits = folds.split(samples)
  if (splits.length === 0) throw new TapeloomError('training.folds', '[evaluation] the market is shorter than one training and one test. Give a longer one, or shorter folds.')
  const found: FoldRun[] = []
  for (const split of splits) found.push(await walkFold(() => runs.open(), samples, split, runs.rules))
  const stretches = found.map(({ observations }) => stretchesOf(observations))
  const all = stretches.flat()
  if (all.length === 0) throw new TapeloomError('training.folds', '[evaluation] nothing was forecast in any test. Check the warm-up of the modules, or train longer.')
  const trials = await trialsWith(runs, all)
  const score = (contestant: Contestant) => metricsOf(all, contestant, takerBps, trials)
  const uniform = createRandom(seed, 'evaluation', 'random-sign')
  const metrics = score(decided)
  return {
    folds: found.map(({ span: { from, to } }, k) => ({ from, to, metrics: metricsOf(stretches[k]!, decided, takerBps, trials) })),
    metrics, trials,
    baselines: Object.fromEntries(Object.entries(contestants(all, () => uniform.next())).map(([name, one]) => [name, score(one)])),
    checks: checksOf({
      observations: found.flatMap(({ observations }) => observations), scores: metrics, trained: found.map(({ trained }) => trained),
      skew: mostOf(found.map(({ skew }) => skew)), leaks: found.reduce((sum, { lateSamples }) => sum + lateSamples, 0),
      nullMarket: await onNullMarket(runs, samples, splits),
    }),
  }
}

function contestants(stretches: readonly Stretch[], uniform: () => number): Readonly<Record<string, Contestant>> {
  const names = [...new Set(stretches.flatMap((stretch) => stretch.flatMap(({ predictions }) => Object.keys(predictions))))]
  const models = names.filter((name) => name !== baseline.name)
  return {
    buyAndHold, momentum, randomSign: randomSign(uniform), equalWeights: equalWeights(models),
    ...(models.length > 1 && { fixedShare: fixedShare(models), ...Object.fromEntries(models.map((name) => [`${name} alone`, alone(name)])) }),
    ...(names.includes(baseline.name) && { [baseline.name]: alone(baseline.name) }),
  }
}

/** The trials so far with this one, which is logged. */
async function trialsWith({ trialLog, name, takerBps }: EvaluatedRuns, stretches: readonly Stretch[]): Promise<Trials> {
  const { net } = strategyReturns(stretches, stretches.map((stretch) => decided(stretch).sides), takerBps)
  const sharpe = sharpeMoments(net)?.sharpe
  if (trialLog === undefined || sharpe === undefined) return trialsOf(sharpe === undefined ? [] : [sharpe])
  await logTrial(trialLog, { name, sharpe })
  return trialsOf((await readTrials(trialLog)).map((trial) => trial.sharpe))
}

/** The last fold once more where nothing can be known. */
async function onNullMarket(runs: EvaluatedRuns, samples: Parameters<typeof walkFold>[1], splits: readonly Split[]): Promise<NullMarket> {
  try {
    const { observations } = await walkFold(() => runs.open(runs.seed), samples, splits.at(-1)!, runs.rules)
    const { calls, hitRate } = metricsOf(stretchesOf(observations), decided, runs.takerBps, { count: 1, variance: 0 })
    return { calls, hits: Math.round(calls * (hitRate ?? 0)) }
  } catch (error) {
    if (!(error instanceof TapeloomError)) throw error
    return { skipped: error.message }
  }
}

const mostOf = (values: readonly (number | null)[]): number | null => {
  const known = values.filter((value) => value !== null)
  return known.length > 0 ? Math.max(...known) : null
}
