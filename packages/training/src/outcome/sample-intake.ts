import type { EventOf, Host, MarketSymbol, Plain, WorkHandler } from '@tapeloom/core'
import type { InferenceFrameReference } from '../reference/inference-frame-reference.ts'
import { fromPlain, toPlain } from '../reference/frame-tensors.ts'
import { leakOf } from '../replay/check-leak.ts'
import type { ModelTraining } from '../step/model-training.ts'
import type { PlainTargets } from '../step/queued-sample.ts'
import type { ReferenceLedger } from '../reference/reference-ledger.ts'
import type { ReferenceTable } from '../reference/reference-table.ts'
import type { SubscriberList } from './subscriber-list.ts'
import { checkSamples, type CheckedSample } from './target-check.ts'
import type { PivotTrainingEvent, TrainingContext, TrainingEventSubscriber } from './training-event-subscriber.ts'
import type { TrainingSteps } from '../step/training-steps.ts'

/** How often a subscriber is asked before its references fail. */
const TRIES = 3

/** Something that happened to references of one model on one symbol. */
export type Occasion = { readonly id: string; readonly rows: readonly number[]; readonly tainted: boolean } & (
  | { readonly kind: 'candle'; readonly event: EventOf<'candle:close'> }
  | { readonly kind: 'pivot'; readonly event: PivotTrainingEvent }
)
/** A question that is answered later: plain data. Rows are named by their sequences. */
interface Question {
  readonly job: number
  readonly model: string
  readonly symbol: MarketSymbol
  readonly subscriber: string
  readonly occasion: { readonly id: string; readonly tainted: boolean; readonly kind: 'candle' | 'pivot'; readonly event: Plain }
  readonly sequences: readonly number[]
}
interface PlainSample {
  readonly reference: Plain
  readonly targets: PlainTargets
  readonly weight: number
  readonly knownAt?: number
}
type Answer = { readonly samples: readonly PlainSample[] } | { readonly error: string }

/** Asks subscribers what references teach, and hands their samples on; late answers take their place in the order. */
export class SampleIntake {
  readonly #host: Host
  readonly #ledger: ReferenceLedger
  readonly #steps: TrainingSteps
  readonly #models: ReadonlyMap<string, ModelTraining>
  readonly #subscribers: SubscriberList
  readonly #context: TrainingContext
  readonly #taintWeight: number
  readonly #latencyUs: number
  readonly #judged: (model: ModelTraining, reference: InferenceFrameReference, targets: PlainTargets) => void
  /** Answers under way, by job. */
  readonly #awaited = new Map<number, Promise<unknown>>()
  jobs = 0

  constructor(parts: {
    readonly host: Host; readonly ledger: ReferenceLedger; readonly steps: TrainingSteps
    readonly models: ReadonlyMap<string, ModelTraining>; readonly subscribers: SubscriberList
    readonly context: TrainingContext; readonly taintWeight: number; readonly latencyUs: number
    /** Told each sample of what could have been traded. */
    readonly judged: (model: ModelTraining, reference: InferenceFrameReference, targets: PlainTargets) => void
  }) {
    this.#host = parts.host
    this.#ledger = parts.ledger
    this.#steps = parts.steps
    this.#models = parts.models
    this.#subscribers = parts.subscribers
    this.#context = parts.context
    this.#taintWeight = parts.taintWeight
    this.#latencyUs = parts.latencyUs
    this.#judged = parts.judged
    parts.host.work('label', this.#handler())
  }

  /** Weight of a row's samples before what the subscriber gives: doubtful data counts for less, by default for nothing. */
  weightOf(table: ReferenceTable, row: number, tainted: boolean): number {
    return tainted || table.isTainted(row) ? this.#taintWeight : 1
  }

  /** Asks one subscriber about an occasion; nobody is asked while the model's training switch is off. */
  ask(model: ModelTraining, table: ReferenceTable, subscriber: TrainingEventSubscriber, occasion: Occasion): void {
    if (this.#host.models.get(model.id)?.training === false) return
    const references = occasion.rows.map((row) => table.reference(row))
    for (let tries = 1; ; tries++) {
      try {
        const answer = call(subscriber, occasion, references, this.#context)
        if (answer instanceof Promise) this.#await(model, table, subscriber, occasion, answer)
        else this.#accept(model, subscriber, occasion, checkSamples(model, subscriber.name, answer))
        return
      } catch (error) {
        if (tries === TRIES) return this.#fail(table, occasion.rows, textOf(error))
      }
    }
  }

  #await(
    model: ModelTraining, table: ReferenceTable, subscriber: TrainingEventSubscriber, occasion: Occasion, answer: Promise<unknown>,
  ): void {
    answer.catch(() => {}) // looked at when it is due
    const job = this.jobs++
    this.#awaited.set(job, answer)
    for (const row of occasion.rows) table.pin(row)
    const { id, tainted, kind, event, rows } = occasion
    const question: Question = {
      job, model: model.id, symbol: table.family.symbol, subscriber: subscriber.name,
      occasion: { id, tainted, kind, event: event as unknown as Plain }, sequences: rows.map((row) => table.sequence(row)),
    }
    this.#host.defer({ handler: 'label', due: this.#host.clock.now() + this.#latencyUs, payload: question as unknown as Plain })
  }

  #handler(): WorkHandler {
    return {
      kind: 'inference',
      fromRecord: true,
      compute: async (payload) => (await this.#answer(payload as unknown as Question)) as unknown as Plain,
      apply: (payload, answer) => this.#apply(payload as unknown as Question, answer as unknown as Answer),
    }
  }

  /** Waits for an answer; one that fails, or that a restart lost, is asked for again. */
  async #answer(question: Question): Promise<Answer> {
    const { model: id, subscriber: name, job } = question
    const [model, subscriber] = [this.#models.get(id), this.#subscribers.find(id, name)]
    if (!model || !subscriber) return { error: `[subscriber ${name} of model ${id}] is gone. Subscribe it before a restart.` }
    const found = this.#locate(question)
    const references = found ? found.occasion.rows.map((row) => found.table.reference(row)) : []
    let answer = this.#awaited.get(job) ?? Promise.reject(new Error('lost by a restart'))
    let tries = this.#awaited.has(job) ? 1 : 0
    for (;;) {
      try {
        const samples = checkSamples(model, name, await answer)
        return { samples: samples.map(({ reference, ...sample }) => ({ ...sample, reference: toPlain(reference) })) }
      } catch (error) {
        if (tries++ === TRIES || !found) return { error: textOf(error) }
        answer = (async () => call(subscriber, found.occasion, references, this.#context))()
      }
    }
  }

  #apply(question: Question, answer: Answer): void {
    this.#awaited.delete(question.job)
    const [model, found] = [this.#models.get(question.model), this.#locate(question)]
    if (!model || !found) return
    const { table, occasion } = found
    for (const row of occasion.rows) table.unpin(row)
    if ('error' in answer) return this.#fail(table, occasion.rows, answer.error)
    const samples = answer.samples.map((sample) => ({ ...sample, reference: fromPlain(sample.reference, model.inputs) }))
    this.#accept(model, { name: question.subscriber }, occasion, samples)
  }

  #locate({ model, symbol, sequences, occasion }: Question): { table: ReferenceTable; occasion: Occasion } | undefined {
    const table = this.#models.get(model)?.tables.get(symbol)
    if (!table) return undefined
    const rows = sequences.map((sequence) => table.find(sequence)).filter((row) => row >= 0)
    if (rows.length === 0) return undefined
    return { table, occasion: { ...occasion, rows } as unknown as Occasion }
  }

  /** Hands checked samples on; those of no weight teach nothing. */
  #accept(
    model: ModelTraining, { name }: { readonly name: string }, occasion: Occasion, samples: readonly CheckedSample[],
  ): void {
    const queue = occasion.kind === 'pivot' && occasion.event.phase === 'anticipation' ? 'anticipation' : 'main'
    for (const { reference, targets, weight, knownAt = -Infinity } of samples) {
      const table = model.tables.get(reference.symbol)
      const row = table?.find(reference.sequence) ?? -1
      if (this.#leaks(model, table, row, reference, knownAt)) continue
      const doubt = occasion.tainted || reference.taint.length > 0 ? this.#taintWeight : 1
      if (weight * doubt === 0) continue
      const first = table !== undefined && row >= 0 && !table.isSampled(row)
      if (first && queue === 'main') this.#judged(model, reference, targets)
      if (table && first) {
        table.setSampled(row)
        // one that expired, or that another subscriber failed, teaches all the same
        if (table.state(row) !== 'matched') this.#ledger.move(table, row, 'matched')
      }
      this.#steps.add(model, queue, {
        reference, targets, weight: weight * doubt, event: occasion.id, subscriber: name, first,
      })
    }
  }

  /** Refuses what was not known yet: a label of the future, or a window that reaches into it. */
  #leaks(model: ModelTraining, table: ReferenceTable | undefined, row: number, reference: InferenceFrameReference, knownAt: number): boolean {
    const now = this.#host.clock.now()
    const what = knownAt > now ? `its label is known at ${knownAt}, and used at ${now}` : leakOf(reference)
    if (what === undefined) return false
    if (table && row >= 0) this.#fail(table, [row], `training.leak: ${what}`)
    const message = `[reference ${reference.id}] ${what}. Teach what is known.`
    this.#host.emit('module:fault', { module: model.id, code: 'training.leak', message }, reference.symbol)
    return true
  }

  #fail(table: ReferenceTable, rows: readonly number[], reason: string): void {
    for (const row of rows) {
      if (table.state(row) === 'open') this.#ledger.move(table, row, 'matched')
      if (table.state(row) === 'matched' && !table.isSampled(row)) this.#ledger.move(table, row, 'failed', reason)
    }
  }
}

function call(
  subscriber: TrainingEventSubscriber, occasion: Occasion, references: readonly InferenceFrameReference[], context: TrainingContext,
): unknown {
  return occasion.kind === 'candle'
    ? subscriber.onCandleCompletion?.(occasion.event, references[0]!, context)
    : subscriber.onPivotEvent?.(occasion.event, references, context)
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
