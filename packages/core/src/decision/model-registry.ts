import { suggestion, TapeloomError } from '../error.ts'
import type { Plain } from '../module/state.ts'

/** Who may speak, how loud, and whether it learns. */
export interface RegisteredModel {
  readonly name: string
  readonly weight: number
  readonly inference: boolean
  readonly training: boolean
  /** Answers asked for, refused or failed. */
  readonly calls: number
  readonly errors: number
}

/** Predictors by module id, with their weights and switches. */
export class ModelRegistry {
  readonly #models = new Map<string, RegisteredModel>()

  /** @throws TapeloomError `model.duplicate model.weight` */
  register(name: string, weight = 1): void {
    if (this.#models.has(name)) throw new TapeloomError('model.duplicate', `[model ${name}] is registered already. Unregister it first.`)
    this.#models.set(name, { name, weight: checkedWeight(name, weight), inference: true, training: true, calls: 0, errors: 0 })
  }
  unregister(name: string): void { this.#models.delete(this.get(name).name) }
  has(name: string): boolean { return this.#models.has(name) }
  /** @throws TapeloomError `model.unknown`, with the nearest name */
  get(name: string): RegisteredModel {
    const model = this.#models.get(name)
    if (model) return model
    throw new TapeloomError('model.unknown', `[model ${name}] is not registered.${suggestion(name, this.#models.keys()) || ' Add its module.'}`)
  }
  set(name: string, change: Partial<Pick<RegisteredModel, 'weight' | 'inference' | 'training'>>): void {
    if (change.weight !== undefined) checkedWeight(name, change.weight)
    this.#models.set(name, { ...this.get(name), ...change })
  }
  count(name: string, what: 'calls' | 'errors'): void {
    const model = this.get(name)
    this.#models.set(name, { ...model, [what]: model[what] + 1 })
  }
  list(): readonly RegisteredModel[] { return [...this.#models.values()] }
  weights(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.list().map(({ name, weight }) => [name, weight]))
  }
  snapshot(): Plain { return this.list() as unknown as Plain }
  restore(state: Plain): void {
    for (const model of state as unknown as RegisteredModel[]) this.#models.set(model.name, model)
  }
}

function checkedWeight(name: string, weight: number): number {
  if (weight >= 0 && Number.isFinite(weight)) return weight
  throw new TapeloomError('model.weight', `[model ${name}] has weight ${weight}. Give a number from 0 on.`)
}
