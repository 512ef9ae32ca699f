import type { Prediction, TargetSet } from '@tapeloom/core'
import type { PlainTargets } from '../step/queued-sample.ts'
import { uniqueness } from '../split/uniqueness.ts'
import type { HindsightLabel, TradableLabel } from './label.ts'

type AnyLabel = TradableLabel | HindsightLabel

/**
 * How much each label counts: its uniqueness, times what makes all classes count alike, and 0 where it is doubtful.
 * The mean of those that count is 1.
 */
export function labelWeights(labels: readonly AnyLabel[], targets: TargetSet): Float64Array {
  const sound = labels.filter(({ isTainted }) => !isTainted)
  const unique = uniqueness(sound.map(({ reference: { asOf }, knownAt }) => ({ asOf, knownAt })))
  const name = classTarget(targets)
  const counts = new Map<number, number>()
  const classOf = ({ targets: given }: AnyLabel) => (name === undefined ? 0 : (given[name] as number))
  for (const label of sound) counts.set(classOf(label), (counts.get(classOf(label)) ?? 0) + 1)
  const raw = sound.map((label, i) => unique[i]! * (sound.length / (counts.size * counts.get(classOf(label))!)))
  const mean = raw.reduce((sum, weight) => sum + weight, 0) / (raw.length || 1)
  let at = 0
  return Float64Array.from(labels, ({ isTainted }) => (isTainted ? 0 : raw[at++]! / mean))
}

/** −ln of the probability that the served prediction gave to the class that came; NaN where the model has no class. */
export function hardnessOf({ probabilities: { buy, hold, sell } }: Prediction, given: PlainTargets, targets: TargetSet): number {
  const name = classTarget(targets)
  const probability = name === undefined ? undefined : [buy, hold, sell][given[name] as number]
  return probability === undefined ? NaN : -Math.log(Math.max(1e-12, probability))
}

/** The target that says buy, hold or sell; undefined where there is none. */
export const classTarget = (targets: TargetSet): string | undefined => Object.keys(targets).find((name) => targets[name] === 'class')
