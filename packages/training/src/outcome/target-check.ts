import { TapeloomError, type TargetSet } from '@tapeloom/core'
import type { InferenceFrameReference } from '../reference/inference-frame-reference.ts'
import type { ModelTraining } from '../step/model-training.ts'
import type { PlainTargets } from '../step/queued-sample.ts'
import type { Sample } from './training-event-subscriber.ts'

/** A checked sample as plain data. */
export interface CheckedSample {
  readonly reference: InferenceFrameReference
  readonly targets: PlainTargets
  readonly weight: number
  /** When it was known, µs; absent: with its event. */
  readonly knownAt?: number
}

/**
 * Checks what a subscriber answered; a reference named twice counts once.
 * @throws TapeloomError `training.sample` naming what is wrong
 */
export function checkSamples(model: ModelTraining, subscriber: string, answer: unknown): readonly CheckedSample[] {
  if (answer === undefined || answer === null) return []
  const samples = (Array.isArray(answer) ? answer : [answer]) as readonly Sample[]
  const seen = new Set<string>()
  return samples.flatMap((sample) => {
    const { reference, weight = 1, knownAt } = sample
    const where = `subscriber ${subscriber} of model ${model.id}`
    if (reference?.schemaHash !== model.schemaHash) {
      throw sampleError(where, `answered with a reference of another model or schema: '${reference?.id}'`, 'Return references it was given')
    }
    if (!(weight >= 0 && weight < Infinity)) throw sampleError(where, `gave weight ${weight}`, 'Give a number from 0')
    if (knownAt !== undefined && !(knownAt > -Infinity)) throw sampleError(where, 'gave no time for knownAt', 'Give µs, or leave it out')
    const targets = plainTargets(where, model, (sample.targets ?? {}) as Readonly<Record<string, unknown>>)
    if (seen.has(reference.id)) return []
    seen.add(reference.id)
    return [{ reference, targets, weight, ...(knownAt !== undefined && { knownAt }) }]
  })
}

/** Numbers of one sample of a target. */
export const widthOf = (target: TargetSet[string]): number => (typeof target === 'string' ? 1 : target[0])

function plainTargets(where: string, { targets: declared, classes }: ModelTraining, given: Readonly<Record<string, unknown>>): PlainTargets {
  const extra = Object.keys(given).find((name) => !Object.hasOwn(declared, name))
  if (extra !== undefined) throw sampleError(where, `gave target '${extra}', which the network has not`, `Give ${Object.keys(declared).join(', ')}`)
  return Object.fromEntries(Object.entries(declared).map(([name, target]) => {
    const value = given[name]
    if (typeof target === 'string') {
      const most = classes[name] ?? Infinity
      const isClass = Number.isInteger(value) && (value as number) >= 0 && (value as number) < most
      const todo = target === 'value' ? 'Give a finite number' : most < Infinity ? `Give a whole number 0..${most - 1}` : 'Give a class of CLASS'
      if (!(target === 'value' ? Number.isFinite(value) : isClass)) throw sampleError(where, `gave ${String(value)} for target '${name}'`, todo)
      return [name, value as number]
    }
    const values = Array.from((value ?? []) as ArrayLike<number>)
    if (values.length !== target[0] || !values.every(Number.isFinite)) {
      throw sampleError(where, `gave [${values.join(', ')}] for target '${name}'`, `Give ${target[0]} finite numbers`)
    }
    return [name, values]
  }))
}

const sampleError = (where: string, what: string, remedy: string): TapeloomError =>
  new TapeloomError('training.sample', `[${where}] ${what}. ${remedy}.`)
