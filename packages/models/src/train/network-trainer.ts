import {
  TapeloomError,
  type Plain,
  type Tensors,
  type Trainer,
  type TrainingBatch,
  type TrainingResult,
} from '@tapeloom/core'
import type { CompiledModel } from '../define/compiled-model.ts'
import { initialWeights } from '../define/initial-weights.ts'
import { gradientName, PACKED_GRADIENTS, targetName, trainingGraph } from '../define/model-graphs.ts'
import { SAMPLE_WEIGHTS } from '../define/sample-weights.ts'
import { requireTensors } from '../define/require-tensors.ts'
import { attachTrainer, type TrainingClient } from './training-client.ts'
import type { TrainingPlan } from './training-session.ts'

/** Opens the trainer of `model` in the process's training worker, with the first weights of `seed`. */
export async function openTrainer(model: CompiledModel, seed: number): Promise<Trainer> {
  const plan = planTraining(model, initialWeights(model, seed), { seed })
  const { client, id } = await attachTrainer()
  try {
    await client.request(id, { kind: 'open', plan })
  } catch (cause) {
    await client.detach(id).catch(() => undefined) // the reason below is the one to report
    throw cause
  }
  return new NetworkTrainer(model, client, id)
}

/** What the worker needs to train `model` from `initial`; `pack` overrides whether gradients leave in one output. */
export function planTraining(
  model: CompiledModel,
  initial: Float32Array,
  { seed = 0, pack }: { readonly seed?: number; readonly pack?: boolean } = {},
): TrainingPlan {
  const { bytes, packed } = trainingGraph(model, 'float32', pack)
  const sized = (name: string, shape: readonly number[]) => ({ name, dimensions: [model.batch, ...shape] })
  const parameters = model.parameters.map(({ name, node, offset, size }) => ({
    name,
    dimensions: node.dimensions,
    offset,
    size,
  }))
  return {
    graph: bytes,
    batch: model.batch,
    fed: [
      ...[...model.inputs].map(([name, node]) => sized(name, node.shape)),
      ...[...model.targets].map(([name, node]) => sized(targetName(name), node.shape)),
      sized(SAMPLE_WEIGHTS, []),
    ],
    parameters,
    gradients: packed
      ? [{ name: PACKED_GRADIENTS, dimensions: [model.size], offset: 0, size: model.size }]
      : parameters.map((slot) => ({ ...slot, name: gradientName(slot.name) })),
    dropouts: model.dropouts.map(({ name, node, rate }) => ({ ...sized(name, node.shape), rate })),
    seed,
    optimizer: model.optimizer,
    layout: model.layout,
    initial,
  }
}

class NetworkTrainer implements Trainer {
  readonly #model: CompiledModel
  readonly #client: TrainingClient
  readonly #id: number
  #closing: Promise<void> | undefined

  constructor(model: CompiledModel, client: TrainingClient, id: number) {
    this.#model = model
    this.#client = client
    this.#id = id
  }

  async step(batch: TrainingBatch): Promise<TrainingResult> {
    requireBatch(this.#model, batch)
    const targets = Object.entries(batch.targets).map(([name, tensor]) => [targetName(name), tensor] as const)
    const tensors: Tensors = { ...batch.inputs, ...Object.fromEntries(targets), [SAMPLE_WEIGHTS]: batch.weights }
    return (await this.#client.request(this.#id, { kind: 'step', tensors })) as TrainingResult
  }

  async snapshot(): Promise<Plain> {
    return (await this.#client.request(this.#id, { kind: 'snapshot' })) as Plain
  }

  async restore(state: Plain): Promise<void> {
    await this.#client.request(this.#id, { kind: 'restore', state })
  }

  /** Ends this trainer after the steps already asked for; the worker ends with its last trainer. */
  close(): Promise<void> {
    return (this.#closing ??= this.#client.detach(this.#id))
  }
}

/** @throws TapeloomError `models.batch`, `models.input`, `models.target`, before anything is trained */
function requireBatch(model: CompiledModel, batch: TrainingBatch): void {
  const fail = (what: string) => new TapeloomError('models.batch', `[models ${model.name}] ${what}`)
  const { samples, weights } = batch
  if (!Number.isInteger(samples) || samples < 1 || samples > model.batch) {
    throw fail(`a batch of ${samples} samples does not fit. Pass 1..${model.batch} samples.`)
  }
  requireTensors(model, 'input', model.inputs, batch.inputs, samples)
  requireTensors(model, 'target', model.targets, batch.targets, samples)
  for (const [name, kind] of Object.entries(model.targetSet)) {
    const wrong =
      kind === 'class' ? batch.targets[name]!.find((index) => !(Number.isInteger(index) && index >= 0)) : undefined
    const classes = model.classes.get(name) ?? Infinity
    const outside = wrong ?? (kind === 'class' ? batch.targets[name]!.find((index) => index >= classes) : undefined)
    if (outside !== undefined) {
      throw new TapeloomError(
        'models.target',
        `[models ${model.name}] target '${name}' is ${outside}. Use a whole number 0..${classes - 1}.`,
      )
    }
  }
  if (weights.length !== samples)
    throw fail(`there are ${weights.length} weights for ${samples} samples. Pass one a sample.`)
  const bad = weights.find((weight) => !(weight >= 0 && weight < Infinity))
  if (bad !== undefined) throw fail(`a sample weighs ${bad}. Use finite weights of at least 0.`)
  if (!weights.some((weight) => weight > 0)) throw fail('every sample weighs 0. Pass at least one weight above 0.')
}
