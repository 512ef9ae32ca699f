import { TapeloomError, type FedTensor, type Host, type InferenceFrame, type MarketSymbol, type Module, type Participant, type Plain, type Prediction } from '@tapeloom/core'
import { contentHash } from './reference/content-hash.ts'
import { emptyTensors, fedTensors, rebuilding } from './reference/frame-tensors.ts'
import type { InferenceFrameReference, ResolvedFrame } from './reference/inference-frame-reference.ts'
import { perCandle, pivotsOnly } from './outcome/label-adapters.ts'
import { ModelTraining } from './step/model-training.ts'
import { OutcomeMatcher } from './outcome/outcome-matcher.ts'
import { leakOf } from './replay/check-leak.ts'
import { LabelCollection } from './replay/label-collection.ts'
import { ReferenceLedger, type ReferenceCounts } from './reference/reference-ledger.ts'
import { ReferenceLookup, type ReferenceFilter } from './reference/reference-lookup.ts'
import { SampleIntake } from './outcome/sample-intake.ts'
import { SubscriberList } from './outcome/subscriber-list.ts'
import { TextPool } from './reference/text-pool.ts'
import type { TrainingContext, TrainingEventSubscriber } from './outcome/training-event-subscriber.ts'
import { TrainingSteps } from './step/training-steps.ts'

/** How a coordinator trains; all times in µs. */
export interface CoordinatorOptions {
  /** Which of a model's own labels it is trained on. */
  readonly adapter?: 'perCandle' | 'pivotsOnly' | 'none'
  /** Which references a model's own pivot label sees. */
  readonly pivotPhase?: 'tradable' | 'anticipation'
  /** Samples per step; 0 or absent: as many as the network takes. */
  readonly batch?: number
  /** How long after its batch is full a step takes effect. */
  readonly trainLatency?: number
  /** How far from a pivot references are taken; `levelWindows` by level, from 1. */
  readonly window?: number
  readonly levelWindows?: readonly number[]
  /** Weight of samples whose data or target is doubtful; 0: they are not trained and expire. */
  readonly taintWeight?: number
  /** References of one model on one symbol kept in memory; the oldest beyond that expire. */
  readonly mostReferences?: number
}

/** What one model has been trained. `loss`: mean loss of the first and of the last step, null before the first. */
export interface ModelProgress {
  readonly model: string
  readonly steps: number
  readonly loss: readonly [first: number | null, last: number | null]
  /** Samples that wait for a batch or a step, and those dropped because 10,000 waited. */
  readonly waiting: number
  readonly dropped: number
  /** Samples it was trained on, and weights of its network. */
  readonly samples: number
  readonly parameters: number
}

const VERSION = 2

/**
 * Keeps a reference for each inference, finds its outcome, asks subscribers what it teaches, and trains: each sample is
 * rebuilt from its reference and used only when its bytes equal those that were served.
 */
export class InferenceTrainingCoordinator implements Participant {
  readonly name = 'training'
  readonly #options: Required<CoordinatorOptions>
  readonly #texts = new TextPool()
  readonly #models = new Map<string, ModelTraining>()
  readonly #subscribers = new SubscriberList()
  #attached: Attached | undefined
  #collects = false
  #incarnations = 0

  constructor(options: CoordinatorOptions = {}) {
    this.#options = {
      adapter: 'perCandle', pivotPhase: 'tradable', batch: 0, trainLatency: 1e6, window: 300e6, levelWindows: [],
      taintWeight: 0, mostReferences: 200_000, ...options,
    }
  }

  attach(host: Host): void {
    const ledger = new ReferenceLedger(host)
    const { window, levelWindows, trainLatency: latencyUs, taintWeight, mostReferences } = this.#options
    const [models, subscribers, context] = [this.#models, this.#subscribers, this.#context(host)]
    const steps = new TrainingSteps(host, ledger, models, latencyUs)
    const intake = new SampleIntake({ host, ledger, steps, models, subscribers, context, taintWeight, latencyUs })
    const windowUs = (level: number): number => levelWindows[level - 1] ?? window
    const matcher = new OutcomeMatcher({ models, subscribers, ledger, intake, windowUs, mostReferences })
    const lookup = new ReferenceLookup(host.data.store, models, () => host.feed.flush())
    this.#attached = { host, ledger, steps, intake, matcher, lookup }
    host.onInference((frame, prediction, tensors) => this.#register(frame, prediction, tensors))
    host.on('candle:close', (event) => matcher.candle(event))
    host.on('pivot:confirm', (event) => matcher.pivot(event))
    host.onOutcomes((symbol, time) => {
      this.#dropGone()
      matcher.outcomes(symbol, time)
    })
  }

  /** Adds a subscriber; returns its remover. @throws TapeloomError `training.subscriber` for a second of the same name */
  subscribe<M extends Module>(subscriber: TrainingEventSubscriber<M>): () => void {
    return this.#subscribers.add(subscriber as unknown as TrainingEventSubscriber)
  }

  /** References that fit, oldest first: those in memory as they stand, others as the store has them. */
  references(filter: ReferenceFilter = {}): Promise<readonly InferenceFrameReference[]> {
    return this.#with().lookup.many(filter)
  }
  /** One reference, from memory, else from the store. */
  reference(id: string): Promise<InferenceFrameReference | undefined> {
    return this.#with().lookup.one(id)
  }

  /**
   * The tensors behind a reference, exactly as they were served.
   * @throws TapeloomError `training.hash` rather than return other bytes; `data.range` when rows are gone
   */
  resolve(reference: InferenceFrameReference): Promise<ResolvedFrame> {
    return resolveFrame(this.#with().host, reference)
  }

  /** From here on the models' own candle labels are collected in place of being trained; call it before the first input. */
  collectLabels(): LabelCollection {
    this.#collects = true
    return new LabelCollection(this.#with().host, this.#subscribers)
  }

  /** How many references there have been, by what became of them. */
  counts(): ReferenceCounts {
    return { ...this.#with().ledger.counts }
  }

  /** What each model has been trained. */
  models(): readonly ModelProgress[] {
    return [...this.#models.values()].map(({ id, steps, firstLoss, lastLoss, waiting, dropped, position, parameters }) => {
      const loss = [steps > 0 ? firstLoss : null, steps > 0 ? lastLoss : null] as const
      return { model: id, steps, loss, waiting, dropped, samples: position, parameters }
    })
  }

  report(): Readonly<Record<string, Plain>> {
    return { references: this.counts() as unknown as Plain, training: this.models() as unknown as Plain }
  }

  async snapshot(): Promise<Plain> {
    const { ledger, steps, intake, matcher } = this.#with()
    const models: Plain[] = []
    for (const model of this.#models.values()) models.push(model.snapshot(await steps.trainerState(model)))
    return { version: VERSION, counts: { ...ledger.counts }, jobs: intake.jobs, outcomes: matcher.snapshot(), models }
  }

  /** @throws TapeloomError `training.snapshot` when it is of another version, `training.schema` when a model is fed otherwise */
  restore(state: Plain): void {
    const { version, counts, jobs, outcomes, models } = state as unknown as Snapshot
    if (version !== VERSION) {
      throw new TapeloomError('training.snapshot', `[training] the snapshot has version ${version}, not ${VERSION}. Start from the journal.`)
    }
    const { host, ledger, intake, matcher } = this.#with()
    Object.assign(ledger.counts, counts)
    intake.jobs = jobs
    matcher.restore(outcomes)
    for (const saved of models) {
      const served = host.models.get(saved.id)
      if (served?.schemaHash !== saved.schemaHash) {
        throw new TapeloomError(
          'training.schema',
          `[model ${saved.id}] was trained with schema '${saved.schemaHash}', and now has '${served?.schemaHash}'. Restore its modules and options.`,
        )
      }
      this.#model(saved.id)?.restore(saved as unknown as Plain)
      this.#incarnations = Math.max(this.#incarnations, saved.incarnation)
    }
  }

  /** Ends the trainers. */
  async close(): Promise<void> {
    await this.#attached?.steps.close()
  }

  #register(frame: InferenceFrame, prediction: Prediction, tensors: readonly FedTensor[]): void {
    const model = this.#model(frame.model)
    if (!model) return
    const hash = contentHash(frame.schemaHash, tensors)
    const { ledger, host } = this.#with()
    const table = model.table(frame.symbol)
    if (!ledger.register(table, frame, prediction, hash, tensors)) return
    const leak = leakOf({ ...frame, inputs: model.inputs })
    if (leak === undefined) return
    const row = table.find(frame.sequence)
    table.setSettled(row)
    ledger.move(table, row, 'failed', `training.leak: ${leak}`)
    const message = `[reference ${frame.id}] ${leak}. Check the source of its lanes.`
    host.emit('module:fault', { module: frame.model, code: 'training.leak', message }, frame.symbol)
  }

  /** What is known of a served model; the first time, its own labels are subscribed. */
  #model(id: string): ModelTraining | undefined {
    const known = this.#models.get(id)
    if (known) return known
    const { host } = this.#with()
    const served = host.models.get(id)
    if (!served) return undefined
    const model = new ModelTraining(served, ++this.#incarnations, host.stream, this.#options.batch, this.#texts)
    this.#models.set(id, model)
    this.#subscribeOwn(model)
    return model
  }

  /** Subscribes a model's own labels, in place of those it had. */
  #subscribeOwn(model: ModelTraining): void {
    const { adapter, pivotPhase } = this.#options
    model.unsubscribe?.()
    const own = this.#collects ? undefined : adapter === 'perCandle' ? perCandle(model.served) : adapter === 'pivotsOnly' ? pivotsOnly(model.served, pivotPhase) : undefined
    model.unsubscribe = own && this.#subscribers.add(own)
  }

  /** References of models that are gone, or fed otherwise by now, teach nothing. */
  #dropGone(): void {
    const { host, ledger, steps } = this.#with()
    for (const model of this.#models.values()) {
      const served = host.models.get(model.id)
      if (served === model.served) continue
      if (served?.schemaHash === model.schemaHash) {
        steps.retire(model)
        model.renew(served, ++this.#incarnations)
        this.#subscribeOwn(model)
        continue
      }
      const reason = served ? 'schema' : 'model-gone'
      for (const table of model.tables.values()) {
        for (; table.length > 0; table.shift()) {
          if (table.state(table.first) === 'open') ledger.move(table, table.first, 'expired', reason)
        }
      }
      for (const queue of Object.values(model.queues)) steps.expire(queue.splice(0), reason)
      model.unsubscribe?.()
      steps.retire(model)
      this.#models.delete(model.id)
    }
  }

  #context(host: Host): TrainingContext {
    return {
      resolve: (reference) => resolveFrame(host, reference),
      candles: (symbol: MarketSymbol, timeframe, from, to) => host.feed.lanes.candles(symbol, timeframe, from, to),
    }
  }

  #with(): Attached {
    if (this.#attached) return this.#attached
    throw new TapeloomError('training.attached', '[training] has no orchestrator yet. List the module training among its modules and initialize it.')
  }
}

interface Attached {
  readonly host: Host
  readonly ledger: ReferenceLedger
  readonly steps: TrainingSteps
  readonly intake: SampleIntake
  readonly matcher: OutcomeMatcher
  readonly lookup: ReferenceLookup
}
interface Snapshot {
  readonly version: number
  readonly counts: ReferenceCounts
  readonly jobs: number
  readonly outcomes: Plain
  readonly models: readonly { readonly id: string; readonly schemaHash: string; readonly incarnation: number }[]
}

async function resolveFrame(host: Host, reference: InferenceFrameReference): Promise<ResolvedFrame> {
  const { inputs, schemaHash } = reference
  const tensors = emptyTensors(inputs)
  const { requests, finish } = rebuilding(reference, inputs, tensors)
  await host.feed.lanes.rebuild(requests)
  finish()
  const found = contentHash(schemaHash, fedTensors(inputs, tensors))
  if (found === reference.contentHash) return { reference, tensors, contentHash: found }
  const ranges = reference.lanes.map(({ series, start, end }) => `${series} ${start}–${end}`).join(', ')
  throw new TapeloomError(
    'training.hash',
    `[reference ${reference.id}] resolves to ${found}, not to ${reference.contentHash}: a row of ${ranges} has changed. Do not train on it.`,
  )
}
