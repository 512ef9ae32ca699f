import { createHash } from 'node:crypto'
import type { Host, MarketSymbol, Plain, TrainingResult, Trainer, WorkHandler } from '@tapeloom/core'
import type { ModelTraining, QueueName } from './model-training.ts'
import type { QueuedSample } from './queued-sample.ts'
import { hardnessOf } from '../replay/label-weights.ts'
import { DurableTrainer } from './durable-trainer.ts'
import type { ReferenceLedger } from '../reference/reference-ledger.ts'
import type { ReplayMemory } from './replay-memory.ts'
import { assembleBatch, type BatchFailure, type BatchSample } from './training-batch.ts'

/** Samples of one model that may wait; further ones are dropped and counted. */
const MOST_WAITING = 10_000

interface StepSample extends BatchSample {
  readonly event: string
  readonly subscriber: string
  readonly first: boolean
}
type Expiring = { readonly reference: Pick<BatchSample['reference'], 'id' | 'symbol' | 'sequence'>; readonly first: boolean }
/** What is asked of one step: plain data, so that it can stand in a snapshot. */
interface StepRequest {
  readonly model: string
  readonly incarnation: number
  readonly samples: readonly StepSample[]
}
/** What came of it. `error`: no step was taken. */
interface StepResult {
  readonly step: number
  readonly loss: number
  readonly dropped: boolean
  readonly failures: readonly BatchFailure[]
  readonly error: string
  /** Absent from the journal, where their hash stands for them. */
  readonly weights?: Float32Array
  readonly weightsHash: string
}

/**
 * Batches samples and trains: one serial queue a model. A step is asked for as soon as a batch is full, and takes effect
 * one training latency later. Nothing here depends on when a promise settles.
 */
export class TrainingSteps {
  readonly #host: Host
  readonly #ledger: ReferenceLedger
  readonly #models: ReadonlyMap<string, ModelTraining>
  readonly #latencyUs: number
  readonly #opened: Promise<Trainer>[] = []
  readonly #closing: Promise<void>[] = []

  constructor(host: Host, ledger: ReferenceLedger, models: ReadonlyMap<string, ModelTraining>, latencyUs: number) {
    this.#host = host
    this.#ledger = ledger
    this.#models = models
    this.#latencyUs = latencyUs
    host.work('train', this.#handler())
  }

  /** Adds a sample; a full batch is asked to be trained. */
  add(model: ModelTraining, name: QueueName, sample: QueuedSample): void {
    if (model.waiting >= MOST_WAITING) {
      model.dropped++
      return
    }
    const samples = model.replay ? this.#replayed(model, model.replay[name], sample) : nextBatch(model, model.queues[name], sample)
    if (samples.length === 0) return
    model.underWay += samples.length
    const request: StepRequest = { model: model.id, incarnation: model.incarnation, samples: samples.map(stepSample) }
    this.#host.defer({ handler: 'train', due: this.#host.clock.now() + this.#latencyUs, payload: request as unknown as Plain })
  }

  /** A batch of the past for each batch of new samples. */
  #replayed(model: ModelTraining, memory: ReplayMemory, sample: QueuedSample): readonly QueuedSample[] {
    const left = memory.add(sample, hardnessOf(sample.reference.prediction, sample.targets, model.targets))
    if (left) this.expire([left], 'overflow', model)
    return memory.fresh < model.batch ? [] : memory.draw(model.batch)
  }

  /** Samples that no step will take: their references teach nothing any more. */
  expire(samples: readonly Expiring[], reason: string, model?: ModelTraining): void {
    for (const { reference, first } of samples) if (first) this.#end(model, reference, 'expired', reason)
  }

  /** What the trainer of a model says of itself, after all steps asked for; null when none was ever opened. */
  async trainerState(model: ModelTraining): Promise<Plain> {
    await model.tail
    return model.trainer ? (await model.trainer).snapshot() : model.trainerState
  }

  /** Ends a model's trainer after the steps it was asked for. */
  retire(model: ModelTraining): void {
    const { trainer } = model
    if (!trainer) return
    this.#opened.splice(this.#opened.indexOf(trainer), 1)
    this.#closing.push(model.tail.then(() => trainer).then((opened) => opened.close(), () => undefined))
  }

  /** Ends all trainers. */
  async close(): Promise<void> {
    const open = this.#opened.splice(0).map((trainer) => trainer.then((opened) => opened.close(), () => undefined))
    await Promise.all([...open, ...this.#closing.splice(0)])
  }

  #handler(): WorkHandler {
    return {
      kind: 'swap',
      fromRecord: false,
      compute: async (payload) => (await this.#compute(payload as unknown as StepRequest)) as unknown as Plain,
      apply: (payload, result) => this.#apply(payload as unknown as StepRequest, result as unknown as StepResult),
      record: (result) => {
        const { weights: _, ...rest } = result as unknown as StepResult
        return rest as unknown as Plain
      },
    }
  }

  async #compute({ model: id, incarnation, samples }: StepRequest): Promise<StepResult> {
    const model = this.#models.get(id)
    if (model?.incarnation !== incarnation) return { ...none, error: 'model-gone' }
    const assembled = assembleBatch(this.#host.feed.lanes, model.inputs, model.targets, samples)
    const step = model.tail.then(async (): Promise<StepResult> => {
      const { batch, failures } = await assembled
      if (batch.samples === 0) return { ...none, failures }
      const result = await (await this.#trainer(model)).step(batch)
      return { ...plainResult(result), failures }
    }).catch((error: unknown) => ({ ...none, error: (error as Error).message }))
    model.tail = step
    return step
  }

  #trainer(model: ModelTraining): Promise<Trainer> {
    if (!model.trainer) {
      const trainer = this.#open(model)
      model.trainer = trainer
      this.#opened.push(trainer)
      trainer.catch(() => this.#forget(model, trainer))
    }
    return model.trainer
  }

  /** One that could not be opened is no trainer: the next step opens another. */
  #forget(model: ModelTraining, trainer: Promise<Trainer>): void {
    if (model.trainer === trainer) model.trainer = undefined
    const at = this.#opened.indexOf(trainer)
    if (at >= 0) this.#opened.splice(at, 1)
  }

  async #open(model: ModelTraining): Promise<Trainer> {
    const served = this.#host.models.get(model.id)
    if (!served) throw new Error('model-gone')
    const trainer = await DurableTrainer.open(() => served.definition.model!.network.train({ seed: served.seed }), model.trainerState)
    model.trainerState = null
    return trainer
  }

  #apply({ model: id, incarnation, samples }: StepRequest, result: StepResult): void {
    const model = this.#models.get(id)
    if (model?.schemaHash !== samples[0]?.reference.schemaHash) return this.expire(samples, model ? 'schema' : 'model-gone')
    if (!model) return
    if (model.incarnation !== incarnation || this.#host.models.get(id) !== model.served) return this.expire(samples, 'model-gone', model)
    model.underWay -= samples.length
    const failed = new Map(result.failures.map(({ index, reason }) => [index, reason]))
    samples.forEach((sample, i) => {
      const reason = result.error || failed.get(i) || (result.dropped ? 'loss' : '')
      this.#settle(model, sample, reason, result)
    })
    if (result.step > 0) this.#publish(model, samples.at(-1)!.reference.symbol, samples.length - failed.size, result)
  }

  #settle(model: ModelTraining, sample: StepSample, reason: string, { step, loss }: StepResult): void {
    const { reference, event, subscriber, targets, weight, first } = sample
    const state = reason === '' ? 'trained' : reason === 'retention' ? 'expired' : 'failed'
    if (state === 'trained') model.position++
    this.#host.feed.project('training_outcomes', {
      ref_id: reference.id, event_id: event, subscriber, label: JSON.stringify(targets), weight, loss, step,
      position: model.position, model: model.id, state,
    })
    if (first) this.#end(model, reference, state, reason)
  }

  #end(model: ModelTraining | undefined, { id, symbol, sequence }: Expiring['reference'], state: 'trained' | 'expired' | 'failed', reason: string): void {
    const table = model?.tables.get(symbol)
    const row = table?.find(sequence) ?? -1
    if (table && row >= 0) this.#ledger.move(table, row, state, reason)
    else this.#ledger.settle(id, state, reason)
  }

  #publish(model: ModelTraining, symbol: MarketSymbol, samples: number, result: StepResult): void {
    const { step, loss, dropped, weights, weightsHash } = result
    this.#host.digest('training', model.id, step, loss, weightsHash)
    this.#host.emit('training:step', { model: model.id, step, loss: dropped ? NaN : loss, samples }, symbol)
    if (dropped || !weights) return
    if (model.steps++ === 0) model.firstLoss = loss
    model.lastLoss = loss
    this.#host.swap(model.id, weights, String(step))
  }
}

function nextBatch(model: ModelTraining, queue: QueuedSample[], sample: QueuedSample): readonly QueuedSample[] {
  queue.push(sample)
  return queue.length < model.batch ? [] : queue.splice(0, model.batch)
}

const none: StepResult = { step: 0, loss: NaN, dropped: false, failures: [], error: '', weightsHash: '' }

function stepSample({ reference, ...sample }: QueuedSample): StepSample {
  const { id, symbol, sequence, schemaHash, lanes, norm, extras, contentHash } = reference
  return { ...sample, reference: { id, symbol, sequence, schemaHash, lanes, norm, extras, contentHash } }
}

function plainResult({ step, loss, dropped, weights }: TrainingResult): Omit<StepResult, 'failures'> {
  const bytes = new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength)
  const weightsHash = createHash('sha256').update(bytes).digest('hex').slice(0, 32)
  return { step, loss, dropped, weights, weightsHash, error: '' }
}

