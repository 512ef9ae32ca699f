import type { Plain, Trainer, TrainingBatch, TrainingResult } from '@tapeloom/core'

/** Steps after which a trainer is asked for its state, so that few are to be done again. */
const KEEP = 16

/**
 * A trainer that outlives its worker: one that fails is opened again, given the last state it told, and takes the steps
 * since then once more. As training is deterministic, no weight differs for it. A step that fails twice is an error.
 */
export class DurableTrainer implements Trainer {
  readonly #open: () => Promise<Trainer>
  #trainer: Trainer
  /** The last state it told; null: as it was opened. */
  #state: Plain
  #since: TrainingBatch[] = []
  #isClosed = false

  private constructor(open: () => Promise<Trainer>, trainer: Trainer, state: Plain) {
    this.#open = open
    this.#trainer = trainer
    this.#state = state
  }

  /** @param state to go on from; null for the initial weights */
  static async open(open: () => Promise<Trainer>, state: Plain): Promise<DurableTrainer> {
    const trainer = await open()
    if (state !== null) await trainer.restore(state)
    return new DurableTrainer(open, trainer, state)
  }

  async step(batch: TrainingBatch): Promise<TrainingResult> {
    const result = await this.#retried((trainer) => trainer.step(batch))
    this.#since.push(batch)
    if (this.#since.length >= KEEP) await this.snapshot()
    return result
  }

  async snapshot(): Promise<Plain> {
    const state = await this.#retried((trainer) => trainer.snapshot())
    this.#keep(state)
    return state
  }

  async restore(state: Plain): Promise<void> {
    await this.#retried((trainer) => trainer.restore(state))
    this.#keep(state)
  }

  close(): Promise<void> {
    this.#isClosed = true
    return this.#trainer.close()
  }

  #keep(state: Plain): void {
    this.#state = state
    this.#since = []
  }

  async #retried<T>(call: (trainer: Trainer) => Promise<T>): Promise<T> {
    try {
      return await call(this.#trainer)
    } catch (error) {
      if (this.#isClosed) throw error
      await this.#reopen()
      return call(this.#trainer)
    }
  }

  async #reopen(): Promise<void> {
    await this.#trainer.close().catch(() => {}) // its worker may be gone
    this.#trainer = await this.#open()
    if (this.#state !== null) await this.#trainer.restore(this.#state)
    for (const batch of this.#since) await this.#trainer.step(batch)
  }
}
