import { TapeloomError, timeframeUs } from '@tapeloom/core'
import type { InferenceFrameReference, ReferenceLane } from '../reference/inference-frame-reference.ts'

/**
 * Looks for the future in a reference: a window that reaches beyond the moment of its inference. Returns what is wrong,
 * or undefined.
 */
export function leakOf({ asOf, lanes, inputs }: {
  readonly asOf: number
  readonly lanes: readonly Pick<ReferenceLane, 'input' | 'series' | 'start' | 'end' | 'count'>[]
  readonly inputs: InferenceFrameReference['inputs']
}): string | undefined {
  const lengths = lengthsOf(inputs)
  for (const { input, series, start, end, count } of lanes) {
    if (count === 0) continue
    const knownAt = end + (lengths.get(input) ?? 0)
    if (knownAt > asOf || start > end) return `input '${input}' reads ${series} up to ${knownAt}, beyond its inference at ${asOf}`
  }
  return undefined
}

/** How long after its time a row of an input is known, by input: a candle's length, nothing for others. */
function lengthsOf(inputs: InferenceFrameReference['inputs']): ReadonlyMap<string, number> {
  const known = cached.get(inputs) ?? new Map(inputs.flatMap((one) => (one.kind === 'lane' ? [[one.name, timeframeUs(one.lane.timeframe)] as const] : [])))
  cached.set(inputs, known)
  return known
}
const cached = new WeakMap<InferenceFrameReference['inputs'], ReadonlyMap<string, number>>()

/**
 * Refuses a label that is used before it is known, or that rests on a window of the future.
 * @throws TapeloomError `training.leak`
 */
export function checkLeak(reference: InferenceFrameReference, knownAt: number, usedAt: number): void {
  const window = leakOf(reference)
  if (window !== undefined) throw leakError(reference.id, window)
  if (knownAt < reference.asOf) throw leakError(reference.id, `its label is known at ${knownAt}, before its inference at ${reference.asOf}`)
  if (knownAt > usedAt) throw leakError(reference.id, `its label is known at ${knownAt}, and used at ${usedAt}`)
}

const leakError = (id: string, what: string): TapeloomError =>
  new TapeloomError('training.leak', `[reference ${id}] ${what}. Train on what was known alone.`)
