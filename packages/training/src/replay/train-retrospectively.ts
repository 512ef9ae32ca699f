import { createRandom, TapeloomError, type AnyDefinition, type LaneReader, type Plain, type TargetSet } from '@tapeloom/core'
import { inputsOf } from '../reference/reference-inputs.ts'
import { assembleBatch, type BatchSample } from '../step/training-batch.ts'
import { checkLeak } from './check-leak.ts'
import { drawHardAndRandom, HARD_SHARE, type Drawn } from './hard-and-random.ts'
import type { HindsightLabel, TradableLabel } from './label.ts'
import { hardnessOf, labelWeights } from './label-weights.ts'

/** How to train a model again on references whose outcomes are known. */
export interface RetrospectiveTraining {
  /** The model's module. */
  readonly definition: AnyDefinition
  /** Where the windows behind the references are read: of a run, or `storeLanes(store)`. */
  readonly lanes: LaneReader
  /** Labels of one kind: what hindsight shows is not mixed with what could be traded. */
  readonly labels: readonly TradableLabel[] | readonly HindsightLabel[]
  /** The moment of the training, µs: no label may be known later. */
  readonly usedAt: number
  readonly seed: number
  readonly steps: number
  /** Share of each batch that is drawn because it is hard; default a quarter. */
  readonly hardShare?: number
  /** What an earlier training with this seed and these labels ended with: it goes on bit for bit. New weights without. */
  readonly checkpoint?: Plain
}

/** What came of it. */
export interface RetrospectiveResult {
  readonly weights: Float32Array
  /** The trainer's snapshot and the state of the draws: from them training goes on bit for bit. */
  readonly checkpoint: Plain
  readonly steps: number
  readonly loss: readonly [first: number | null, last: number | null]
  /** How samples were drawn. */
  readonly drawn: Drawn
  /** Labels that were not trained, by reason: `tainted`, `hash`, `retention`. */
  readonly excluded: Readonly<Record<string, number>>
}

/**
 * Trains a model on past references, a quarter of each batch the hardest and three quarters at random. Each window is
 * rebuilt and must hash to what was served. Deterministic in its arguments.
 * @throws TapeloomError `training.leak` for a label known after `usedAt`, or a window beyond its inference;
 * `training.labels` when none is left
 */
export async function trainRetrospectively(spec: RetrospectiveTraining): Promise<RetrospectiveResult> {
  const { definition, labels, usedAt, seed, steps, hardShare = HARD_SHARE } = spec
  for (const { reference, knownAt } of labels) checkLeak(reference, knownAt, usedAt)
  const network = definition.model?.network
  const inputs = inputsOf(definition)
  const targets = network!.targets as TargetSet // inputsOf refuses a module without a model
  const weights = labelWeights(labels, targets)
  const usable = labels.flatMap((label, i) => (weights[i]! > 0 ? [{ ...label, weight: weights[i]! }] : []))
  if (usable.length === 0) throw new TapeloomError('training.labels', `[model ${definition.name}] none of ${labels.length} labels can be trained on. Bring in references with outcomes.`)
  const excluded: Record<string, number> = { tainted: labels.length - usable.length }
  const hardness = usable.map(({ reference, targets: given }) => hardnessOf(reference.prediction, given, targets))
  const random = createRandom(seed, 'retrospective', definition.name)
  const trainer = await network!.train({ seed })
  const drawn = { hard: 0, random: 0 }
  const losses: number[] = []
  try {
    if (spec.checkpoint !== undefined) {
      const { state, draws } = spec.checkpoint as { readonly state: Plain; readonly draws: Float64Array }
      await trainer.restore(state)
      random.state.set(draws)
    }
    let trained = new Float32Array()
    for (let step = 0; step < steps; step++) {
      const { positions, drawn: of } = drawHardAndRandom(hardness, network!.batch, random, hardShare)
      const samples: BatchSample[] = positions.map((i) => usable[i]!)
      const { batch, failures } = await assembleBatch(spec.lanes, inputs, targets, samples)
      for (const { index, reason } of failures) {
        hardness[positions[index]!] = NaN
        excluded[reason] = (excluded[reason] ?? 0) + 1
      }
      if (batch.samples === 0) continue
      const result = await trainer.step(batch)
      drawn.hard += of.hard
      drawn.random += of.random
      if (!result.dropped) losses.push(result.loss)
      trained = new Float32Array(result.weights)
    }
    return { weights: trained, checkpoint: { state: await trainer.snapshot(), draws: random.state.slice() }, steps: losses.length, loss: [losses[0] ?? null, losses.at(-1) ?? null], drawn, excluded }
  } finally {
    await trainer.close()
  }
}
