import { baseline, createRandom, TapeloomError, type Orchestrator } from '@tapeloom/core'
import type { Folds, Split } from '../split/folds.ts'
import type { LabelInterval } from '../split/label-interval.ts'
import { leakCanary, type CanaryScore } from '../split/leak-canary.ts'
import { alone, buyAndHold, decided, equalWeights, fixedShare, momentum, randomSign, type Contestant } from './baselines.ts'
import { checksOf, type Check, type CheckedRun, type NullMarket } from './checks.ts'
import type { FillRules } from './decision-recorder.ts'
import { metricsOf, type Metrics, type Trials } from './metrics.ts'
import type { Observation } from './observation.ts'
import { retrainedFolds } from './retrained-folds.ts'
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

/** What was seen in the tests, however their models were trained. */
interface Tested {
  readonly folds: readonly { readonly from: number; readonly to: number; readonly observations: readonly Observation[] }[]
  readonly trained: CheckedRun['trained']
  readonly skew: number | null
  readonly leaks: number
  readonly canary: CanaryScore
  readonly subject: Contestant
  readonly nullMarket: NullMarket
}

/** Evaluates what `open` makes; see `evaluate`. @throws TapeloomError `training.folds` */
export async function evaluateRuns(runs: EvaluatedRuns): Promise<Evaluation> {
  const { seed, takerBps } = runs
  const tested = runs.folds.kind === 'walk-forward' ? await walked(runs) : await retrained(runs)
  const stretches = tested.folds.map(({ observations }) => stretchesOf(observations))
  const all = stretches.flat()
  if (all.length === 0) throw new TapeloomError('training.folds', '[evaluation] nothing was forecast in any test. Check the warm-up of the modules, or train longer.')
  const trials = await trialsWith(runs, all, tested.subject)
  const score = (contestant: Contestant) => metricsOf(all, contestant, takerBps, trials)
  const random = createRandom(seed, 'evaluation', 'random-sign')
  const metrics = score(tested.subject)
  return {
    folds: tested.folds.map(({ from, to }, k) => ({ from, to, metrics: metricsOf(stretches[k]!, tested.subject, takerBps, trials) })),
    metrics, trials,
    baselines: Object.fromEntries(Object.entries(contestants(all, () => random.next())).map(([name, one]) => [name, score(one)])),
    checks: checksOf({ ...tested, observations: tested.folds.flatMap(({ observations }) => observations), scores: metrics }),
  }
}

/** Each fold a run of its own, learning as it would have. */
async function walked(runs: EvaluatedRuns): Promise<Tested> {
  const samples = await surveyed(() => runs.open())
  const splits = runs.folds.split(samples)
  if (splits.length === 0) throw new TapeloomError('training.folds', '[evaluation] the market is shorter than one training and one test. Give a longer one, or shorter folds.')
  const found: FoldRun[] = []
  for (const split of splits) found.push(await walkFold(() => runs.open(), samples, split, runs.rules))
  const horizonUs = found.flatMap(({ observations }) => observations).reduce((most, one) => Math.max(most, one.horizonUs), 1)
  const labels = samples.map(({ asOf }) => ({ asOf, knownAt: asOf + horizonUs }))
  return {
    folds: found.map(({ span: { from, to }, observations }) => ({ from, to, observations })), trained: found.map(({ trained }) => trained),
    skew: mostOf(found.map(({ skew }) => skew)), leaks: found.reduce((sum, { lateSamples }) => sum + lateSamples, 0),
    canary: leakCanary(labels, runs.folds.split(labels, { horizonUs }), runs.seed), subject: decided,
    nullMarket: await onNullMarket(runs, samples, splits),
  }
}

/** One run, whose references train the models of each fold anew. */
async function retrained(runs: EvaluatedRuns): Promise<Tested> {
  const { folds, intervals, skew } = await retrainedFolds(await runs.open(), runs.folds, runs.rules)
  const models = namesIn(folds.flatMap(({ observations }) => observations))
  const subject = equalWeights(models)
  const calls = async (): Promise<NullMarket> => {
    const again = await retrainedFolds(await runs.open(runs.seed), lastOf(runs.folds), runs.rules)
    const stretches = again.folds.flatMap(({ observations }) => stretchesOf(observations))
    return callsOf(metricsOf(stretches, subject, runs.takerBps, { count: 1, variance: 0 }))
  }
  return {
    folds: folds.flatMap(({ split: { spans }, observations }) => spans.map(({ from, to }) =>
      ({ from, to, observations: observations.filter(({ asOf }) => asOf >= from && asOf < to) }))),
    trained: folds.map(({ trained }) => trained), skew, leaks: 0, canary: leakCanary(intervals, folds.map(({ split }) => split), runs.seed),
    subject, nullMarket: await skippable(calls),
  }
}

const lastOf = (folds: Folds): Folds => ({ kind: folds.kind, split: (samples, lengths) => folds.split(samples, lengths).slice(-1) })

const namesIn = (observations: readonly Observation[]): readonly string[] =>
  [...new Set(observations.flatMap(({ predictions }) => Object.keys(predictions)))].filter((name) => name !== baseline.name)

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
async function trialsWith({ trialLog, name, takerBps }: EvaluatedRuns, stretches: readonly Stretch[], subject: Contestant): Promise<Trials> {
  const { net } = strategyReturns(stretches, stretches.map((stretch) => subject(stretch).sides), takerBps)
  const sharpe = sharpeMoments(net)?.sharpe
  if (trialLog === undefined || sharpe === undefined) return trialsOf(sharpe === undefined ? [] : [sharpe])
  await logTrial(trialLog, { name, sharpe })
  return trialsOf((await readTrials(trialLog)).map((trial) => trial.sharpe))
}

/** The last of the longest tests. */
const longest = (splits: readonly Split[]): Split =>
  splits.reduce((best, split) => (split.test.length >= best.test.length ? split : best))

/** One fold once more where nothing can be known. */
const onNullMarket = (runs: EvaluatedRuns, samples: readonly LabelInterval[], splits: readonly Split[]): Promise<NullMarket> =>
  skippable(async () => {
    const { observations } = await walkFold(() => runs.open(runs.seed), samples, longest(splits), runs.rules)
    return callsOf(metricsOf(stretchesOf(observations), decided, runs.takerBps, { count: 1, variance: 0 }))
  })

const callsOf = ({ calls, hitRate }: Metrics): NullMarket => ({ calls, hits: Math.round(calls * (hitRate ?? 0)) })

async function skippable(run: () => Promise<NullMarket>): Promise<NullMarket> {
  try {
    return await run()
  } catch (error) {
    if (!(error instanceof TapeloomError)) throw error
    return { skipped: error.message }
  }
}

const mostOf = (values: readonly (number | null)[]): number | null => {
  const known = values.filter((value) => value !== null)
  return known.length > 0 ? Math.max(...known) : null
}
