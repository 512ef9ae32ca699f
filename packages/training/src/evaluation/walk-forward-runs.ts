import { durationUs, type Orchestrator } from '@tapeloom/core'
import type { Split } from '../split/folds.ts'
import type { LabelInterval, Span } from '../split/label-interval.ts'
import { DecisionRecorder, type FillRules } from './decision-recorder.ts'
import type { Observation } from './observation.ts'
import { trainedIn, type TrainedModel } from './trained-model.ts'

/** A fold that was run: what was seen in its test, and what had been trained before. */
export interface FoldRun {
  readonly span: Span
  readonly observations: readonly Observation[]
  readonly trained: readonly TrainedModel[]
  /** Samples trained that were not known when the test began: 0, or the fold has leaked. */
  readonly lateSamples: number
  /** Largest difference the skew meter found; null without one. */
  readonly skew: number | null
}

/** How long after its horizon the outcome of a last forecast is waited for. */
const SETTLE_US = 120e6

/** Makes an orchestrator over a new run of the source; it is stopped by whoever asked. */
export type Open = () => Promise<Orchestrator>

/** Every boundary of the source, as an interval without a label: enough to divide time by. */
export async function surveyed(open: Open): Promise<readonly LabelInterval[]> {
  const orchestrator = await open()
  const seen = new Set<number>()
  try {
    await orchestrator.initialize()
    await switched(orchestrator, 'inference', false)
    orchestrator.on('decision', ({ asOf }) => void seen.add(asOf))
    await orchestrator.run()
  } finally {
    await orchestrator.stop()
  }
  return [...seen].sort((a, b) => a - b).map((asOf) => ({ asOf, knownAt: asOf + 1 }))
}

/**
 * One fold from new weights: modules warm up on all that came before, models learn in the training stretch as they would
 * have, each label when it was known, and learn nothing from the moment the test begins.
 */
export async function walkFold(open: Open, samples: readonly LabelInterval[], { train, spans: [span] }: Split, rules: FillRules): Promise<FoldRun> {
  const orchestrator = await open()
  const tested = span! // a walk has one stretch
  let horizonUs = 0
  try {
    await orchestrator.initialize()
    orchestrator.on('prediction:made', ({ horizon }) => void (horizonUs = Math.max(horizonUs, durationUs(horizon))))
    await switched(orchestrator, 'inference', false)
    await orchestrator.run({ until: samples[train[0]!]!.asOf })
    await switched(orchestrator, 'inference', true)
    const before = trainedIn((await orchestrator.run({ until: tested.from })).participants).trained
    await switched(orchestrator, 'training', false)
    const recorder = new DecisionRecorder(orchestrator, tested, rules)
    await orchestrator.run({ until: tested.to })
    const { participants } = await orchestrator.run({ until: tested.to + 2 * horizonUs + SETTLE_US })
    const { trained, skew } = trainedIn(participants)
    const known = new Map(before.map((model) => [model.model, model.samples + model.waiting]))
    const lateSamples = trained.reduce((sum, { model, samples: count }) => sum + Math.max(0, count - (known.get(model) ?? 0)), 0)
    return { span: tested, observations: recorder.finish(), trained, lateSamples, skew }
  } finally {
    await orchestrator.stop()
  }
}

async function switched(orchestrator: Orchestrator, kind: 'inference' | 'training', enabled: boolean): Promise<void> {
  for (const { name } of orchestrator.models()) await orchestrator.command({ kind, model: name, enabled })
}
