import { TapeloomError, type FedTensor, type Host, type InferenceFrame, type MarketSymbol, type Module, type Participant, type Plain, type Prediction } from '@tapeloom/core'
import { contentHash } from './reference/content-hash.ts'
import type { InferenceFrameReference, ResolvedFrame } from './reference/inference-frame-reference.ts'
import { ownLabels } from './outcome/label-adapters.ts'
import { promoteByRule, type ChallengerTrial, type ChallengerVerdict, type VersionRoles } from './evaluation/judge-challenger.ts'
import { DriftMonitor } from './monitor/drift-monitor.ts'
import { SkewMeter } from './monitor/skew-meter.ts'
import { hardnessOf } from './replay/label-weights.ts'
import { progressOf, type ModelProgress } from './step/model-progress.ts'
import { ModelTraining } from './step/model-training.ts'
import { OutcomeMatcher } from './outcome/outcome-matcher.ts'
import { leakOf } from './replay/check-leak.ts'
import { LabelCollection } from './replay/label-collection.ts'
import { ReferenceLedger, type ReferenceCounts } from './reference/reference-ledger.ts'
import { resolveFrame } from './reference/resolve-frame.ts'
import { ReferenceLookup, type ReferenceFilter } from './reference/reference-lookup.ts'
import { SampleIntake } from './outcome/sample-intake.ts'
import { SubscriberList } from './outcome/subscriber-list.ts'
import { TextPool } from './reference/text-pool.ts'
import type { TrainingContext, TrainingEventSubscriber } from './outcome/training-event-subscriber.ts'
import { TrainingSteps } from './step/training-steps.ts'

/** How a coordinator trains; all times in µs. */
export interface CoordinatorOptions {
  /** Which of a model's own labels it is trained on. */
  readonly adapter?: 'perCandle' | 'pivotsOnly' | 'retrospective' | 'none'
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
  /** Share of the inferences that are built again, to see that training sees what was served; 0: none. */
  readonly skewShare?: number
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
  readonly #verdicts = new Map<string, ChallengerVerdict>()
  #attached: Attached | undefined
  #collects = false
  #incarnations = 0

  constructor(options: CoordinatorOptions = {}) {
    this.#options = {
      adapter: 'perCandle', pivotPhase: 'tradable', batch: 0, trainLatency: 1e6, window: 300e6, levelWindows: [],
      taintWeight: 0, mostReferences: 200_000, skewShare: 0.01, ...options,
    }
  }

  attach(host: Host): void {
    const ledger = new ReferenceLedger(host)
    const { window, levelWindows, trainLatency: latencyUs, taintWeight, mostReferences, skewShare } = this.#options
    const [models, subscribers, context] = [this.#models, this.#subscribers, this.#context(host)]
    const steps = new TrainingSteps(host, ledger, models, latencyUs)
    const [skew, drift] = [new SkewMeter(host, skewShare), new DriftMonitor(host)]
    const judged: ConstructorParameters<typeof SampleIntake>[0]['judged'] = (model, { prediction }, targets) =>
      drift.missed(model.id, hardnessOf(prediction, targets, model.targets))
    const intake = new SampleIntake({ host, ledger, steps, models, subscribers, context, taintWeight, latencyUs, judged })
    const windowUs = (level: number): number => levelWindows[level - 1] ?? window
    const matcher = new OutcomeMatcher({ models, subscribers, ledger, intake, windowUs, mostReferences })
    const lookup = new ReferenceLookup(host.data.store, models, () => host.feed.flush())
    this.#attached = { host, ledger, steps, intake, matcher, lookup, skew, drift }
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

  /**
   * Judges the challenger of a served model beside the run, promotes it when the rule says so, and reports the verdict.
   * What serves is not swapped. @throws TapeloomError as `promoteByRule`, and `training.model` for a model that is not served
   */
  async promote(model: string, roles: VersionRoles, trial: Omit<ChallengerTrial, 'definition' | 'lanes'>): Promise<ChallengerVerdict> {
    const { host } = this.#with()
    const served = host.models.get(model)
    if (!served) throw new TapeloomError('training.model', `[model ${model}] is not served. Name one of ${[...host.models.keys()].join(', ') || 'none'}.`)
    const found = await promoteByRule(roles, { ...trial, definition: served.definition, lanes: host.feed.lanes })
    this.#verdicts.set(model, found)
    return found
  }

  /** How many references there have been, by what became of them. */
  counts(): ReferenceCounts {
    return { ...this.#with().ledger.counts }
  }

  /** What each model has been trained. */
  models(): readonly ModelProgress[] {
    return [...this.#models.values()].map(progressOf)
  }

  report(): Readonly<Record<string, Plain>> {
    const { skew, drift } = this.#with()
    return {
      references: this.counts() as unknown as Plain, training: this.models() as unknown as Plain,
      skew: skew.found as unknown as Plain, drift: drift.report() as unknown as Plain,
      ...(this.#verdicts.size > 0 && { promotion: Object.fromEntries(this.#verdicts) as unknown as Plain }),
    }
  }

  async snapshot(): Promise<Plain> {
    const { ledger, steps, intake, matcher, skew, drift } = this.#with()
    const models: Plain[] = []
    for (const model of this.#models.values()) models.push(model.snapshot(await steps.trainerState(model)))
    return { version: VERSION, counts: { ...ledger.counts }, jobs: intake.jobs, outcomes: matcher.snapshot(), models, skew: skew.snapshot(), drift: drift.snapshot() }
  }

  /** @throws TapeloomError `training.snapshot` when it is of another version, `training.schema` when a model is fed otherwise */
  restore(state: Plain): void {
    const { version, counts, jobs, outcomes, models, skew: skewState, drift: driftState } = state as unknown as Snapshot
    if (version !== VERSION) {
      throw new TapeloomError('training.snapshot', `[training] the snapshot has version ${version}, not ${VERSION}. Start from the journal.`)
    }
    const { host, ledger, intake, matcher, skew, drift } = this.#with()
    Object.assign(ledger.counts, counts)
    intake.jobs = jobs
    matcher.restore(outcomes)
    skew.restore(skewState)
    drift.restore(driftState)
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
    const { ledger, host, skew, drift } = this.#with()
    const table = model.table(frame.symbol)
    if (!ledger.register(table, frame, prediction, hash, tensors)) return
    const leak = leakOf({ ...frame, inputs: model.inputs })
    const row = table.find(frame.sequence)
    if (leak === undefined) {
      skew.served(frame, model.inputs, tensors, () => table.reference(row))
      drift.fed(frame.model, model.inputs, tensors, new Map(frame.lanes.map(({ input, columns }) => [input, columns])))
      return
    }
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
    if (this.#options.adapter === 'retrospective') model.replayFrom(host.seed)
    this.#models.set(id, model)
    this.#subscribeOwn(model)
    return model
  }

  /** Subscribes a model's own labels, in place of those it had. */
  #subscribeOwn(model: ModelTraining): void {
    const { adapter, pivotPhase } = this.#options
    model.unsubscribe?.()
    const own = this.#collects ? [] : ownLabels(model.served, adapter, pivotPhase)
    const removers = own.map((subscriber) => this.#subscribers.add(subscriber))
    model.unsubscribe = () => removers.forEach((remove) => remove())
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
      for (const memory of Object.values(model.replay ?? {})) steps.expire(memory.clear(), reason)
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
  readonly skew: SkewMeter
  readonly drift: DriftMonitor
}
interface Snapshot {
  readonly version: number
  readonly counts: ReferenceCounts
  readonly jobs: number
  readonly outcomes: Plain
  readonly skew: Plain
  readonly drift: Plain
  readonly models: readonly { readonly id: string; readonly schemaHash: string; readonly incarnation: number }[]
}
