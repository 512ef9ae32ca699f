import { join } from 'node:path'
import { TapeloomError, type Plain, type Trainer, type TrainingBatch, type TrainingResult } from '@tapeloom/core'
import { saveCheckpoint } from '../version/checkpoint.ts'
import { servedWeights, type ModelStore } from '../version/model-store.ts'

export interface GuardSpec {
  readonly store: ModelStore
  /** Where batches whose step was dropped are kept, the newest `kept` of them. */
  readonly directory: string
  readonly kept?: number
  /** Steps between two checkpoints; default 100. */
  readonly every?: number
  /** Hears what the guard did, and what it could not do. */
  readonly report?: (event: GuardEvent) => void
}
export type GuardEvent =
  | { readonly kind: 'dropped'; readonly step: number; readonly file: string }
  | { readonly kind: 'restored'; readonly version: string }
  | { readonly kind: 'saved'; readonly version: string }
  | { readonly kind: 'failed'; readonly error: TapeloomError }

const LIMIT = 3

/**
 * A trainer that saves the batch of every dropped step, restores the newest checkpoint after three dropped steps in a
 * row, and saves a checkpoint every `every` steps. A disk that fails is reported and stops nothing.
 */
export function guardTrainer(trainer: Trainer, spec: GuardSpec): Trainer {
  return new GuardedTrainer(trainer, spec)
}

class GuardedTrainer implements Trainer {
  readonly #trainer: Trainer
  readonly #spec: GuardSpec
  #dropped = 0
  #inRow = 0
  #losses = 0
  #counted = 0
  #tail: Promise<unknown> = Promise.resolve()

  constructor(trainer: Trainer, spec: GuardSpec) {
    this.#trainer = trainer
    this.#spec = spec
  }

  step(batch: TrainingBatch): Promise<TrainingResult> {
    return this.#queued(() => this.#step(batch))
  }
  snapshot(): Promise<Plain> { return this.#queued(() => this.#trainer.snapshot()) }
  restore(state: Plain): Promise<void> { return this.#queued(() => this.#trainer.restore(state)) }
  close(): Promise<void> { return this.#queued(() => this.#trainer.close()) }

  /** Requests run one after another: a restored checkpoint must stand before the next step. */
  #queued<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(work)
    this.#tail = result.catch(() => undefined)
    return result
  }

  async #step(batch: TrainingBatch): Promise<TrainingResult> {
    const result = await this.#trainer.step(batch)
    if (!result.dropped) {
      this.#inRow = 0
      this.#losses += result.loss
      this.#counted++
      if (result.step % (this.#spec.every ?? 100) === 0) await this.#attempt(() => this.#save())
      return result
    }
    await this.#attempt(() => this.#keep(batch, result))
    if (++this.#inRow < LIMIT) return result
    this.#inRow = 0
    return (await this.#attempt(() => this.#restore(result))) ?? result
  }

  async #keep({ samples, inputs, targets, weights }: TrainingBatch, { step, loss }: TrainingResult): Promise<void> {
    const file = join(this.#spec.directory, `dropped-${this.#dropped++ % (this.#spec.kept ?? 10)}.batch`)
    await saveCheckpoint(file, { metadata: { step, loss, samples }, state: { inputs, targets, weights } as unknown as Plain })
    this.#report({ kind: 'dropped', step, file })
  }

  async #restore(result: TrainingResult): Promise<TrainingResult | undefined> {
    if (this.#spec.store.newest === undefined) return undefined
    const { version, state } = await this.#spec.store.load('newest')
    await this.#trainer.restore(state)
    this.#report({ kind: 'restored', version })
    return { ...result, step: (state as { step: number }).step, weights: servedWeights(state).slice() }
  }

  async #save(): Promise<void> {
    const trained = this.#losses / this.#counted
    ;[this.#losses, this.#counted] = [0, 0]
    const { version } = await this.#spec.store.save(await this.#trainer.snapshot(), { metrics: { trainingLoss: trained } })
    this.#report({ kind: 'saved', version })
  }

  /** What fails on the way is reported; training goes on with what it has. */
  async #attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work()
    } catch (cause) {
      const error = cause instanceof TapeloomError
        ? cause
        : new TapeloomError('models.guard', `[models] ${(cause as Error).message}. Training goes on.`, { cause })
      this.#report({ kind: 'failed', error })
      return undefined
    }
  }
  #report(event: GuardEvent): void { this.#spec.report?.(event) }
}
