import type { Orchestrator, Probabilities } from '@tapeloom/core'
import type { TradableLabel } from '../replay/label.ts'
import type { LabelCollection } from '../replay/label-collection.ts'
import { rescore } from '../replay/rescore.ts'
import { trainRetrospectively } from '../replay/train-retrospectively.ts'
import type { Folds, Split } from '../split/folds.ts'
import type { LabelInterval } from '../split/label-interval.ts'
import { training } from '../training.ts'
import { DecisionRecorder, type FillRules } from './decision-recorder.ts'
import type { Observation } from './observation.ts'
import { trainedIn, type TrainedModel } from './trained-model.ts'

/** How often each label is drawn, on average. */
const PASSES = 2

/** A fold whose models were trained from stored references: what they would have said in its test. */
export interface RetrainedFold {
  readonly split: Split
  readonly observations: readonly Observation[]
  readonly trained: readonly TrainedModel[]
}
/** All folds of one run, and the label intervals they were divided by. */
export interface RetrainedRun {
  readonly intervals: readonly LabelInterval[]
  readonly folds: readonly RetrainedFold[]
  readonly skew: number | null
}

/**
 * Runs the market once, collects a reference and a label for each inference, and then, for each split, trains every model
 * anew on the references of its training and asks it again about those of its test. Training may lie after the test: what
 * the labels share is purged. @throws TapeloomError `module.participant` without the module training
 */
export async function retrainedFolds(orchestrator: Orchestrator, folds: Folds, rules: FillRules): Promise<RetrainedRun> {
  try {
    await orchestrator.initialize()
    const collection = orchestrator.participant(training).collectLabels()
    const recorder = new DecisionRecorder(orchestrator, { from: -Infinity, to: Infinity }, rules)
    const { participants } = await orchestrator.run()
    const seen = recorder.finish().filter(({ fill, outcome }) => fill && outcome)
    const intervals = seen.map(({ asOf, horizonUs }) => ({ asOf, knownAt: asOf + horizonUs }))
    const splits = folds.split(intervals, { horizonUs: Math.max(0, ...seen.map(({ horizonUs }) => horizonUs)) })
    const byModel = new Map(collection.models.map((model) => [model, labelsByPlace(collection.labels(model))]))
    const found: RetrainedFold[] = []
    for (const split of splits) found.push(await retrained(collection, byModel, seen, split))
    return { intervals, folds: found, skew: trainedIn(participants).skew }
  } finally {
    await orchestrator.stop()
  }
}

async function retrained(
  collection: LabelCollection, byModel: ReadonlyMap<string, ReadonlyMap<string, TradableLabel>>, seen: readonly Observation[], split: Split,
): Promise<RetrainedFold> {
  const trained: TrainedModel[] = []
  const answers = new Map<string, Map<string, Probabilities>>()
  for (const [model, labels] of byModel) {
    const given = split.train.flatMap((i) => labels.get(placeOf(seen[i]!)) ?? [])
    const asked = split.test.flatMap((i) => labels.get(placeOf(seen[i]!)) ?? [])
    if (given.length === 0) continue
    const parts = collection.of(model)
    const usedAt = given.reduce((latest, { knownAt }) => Math.max(latest, knownAt), 0)
    const steps = Math.ceil((PASSES * given.length) / parts.definition.model!.network.batch)
    const { weights } = await trainRetrospectively({ ...parts, labels: given, usedAt, steps })
    trained.push({ model, steps, samples: given.length, parameters: weights.length, waiting: 0 })
    const said = await rescore({ ...parts, weights, references: asked.map(({ reference }) => reference) })
    answers.set(model, new Map(said.flatMap(({ reference, answer }) => ('abstain' in answer ? [] : [[placeOf(reference), answer.probabilities] as const]))))
  }
  const observations = split.test.map((i) => {
    const observation = seen[i]!
    const others = Object.entries(observation.predictions).filter(([name]) => !byModel.has(name))
    const again = [...answers].flatMap(([name, said]) => { const own = said.get(placeOf(observation)); return own ? [[name, own] as const] : [] })
    return { ...observation, predictions: Object.fromEntries([...others, ...again]) }
  })
  return { split, observations, trained }
}

const labelsByPlace = (labels: readonly TradableLabel[]): ReadonlyMap<string, TradableLabel> =>
  new Map(labels.map((label) => [placeOf(label.reference), label]))
const placeOf = ({ symbol, asOf }: { readonly symbol: string; readonly asOf: number }): string => `${symbol}|${asOf}`
