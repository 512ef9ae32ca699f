import { TapeloomError, type LaneReader, type TargetSet, type TrainingBatch } from '@tapeloom/core'
import { contentHash } from '../reference/content-hash.ts'
import { fedTensors, rebuilding, type Rebuildable } from '../reference/frame-tensors.ts'
import type { ReferenceInput } from '../reference/inference-frame-reference.ts'
import type { PlainTargets } from './queued-sample.ts'
import { sizeOf } from '../reference/reference-inputs.ts'
import { widthOf } from '../outcome/target-check.ts'

/** One sample of a batch as plain data. */
export interface BatchSample {
  readonly reference: Rebuildable
  readonly targets: PlainTargets
  readonly weight: number
}
/** Why a sample is not in the batch: `hash`, `retention` or the text of an error. */
export interface BatchFailure {
  readonly index: number
  readonly reason: string
}

/**
 * Rebuilds the tensors of all samples, checks each against its content hash, and puts those that are equal into a batch.
 * It never rejects: what cannot be rebuilt is a failure.
 */
export async function assembleBatch(
  lanes: LaneReader, inputs: readonly ReferenceInput[], declared: TargetSet, samples: readonly BatchSample[],
): Promise<{ readonly batch: TrainingBatch; readonly failures: readonly BatchFailure[] }> {
  const flat = new Map(inputs.map((input) => [input.name, new Float32Array(samples.length * sizeOf(input))]))
  const tensors = samples.map((_, i) => Object.fromEntries(inputs.map((input) => {
    const size = sizeOf(input)
    return [input.name, flat.get(input.name)!.subarray(i * size, (i + 1) * size)]
  })))
  const reasons = await rebuildAll(lanes, inputs, samples, tensors)
  samples.forEach(({ reference }, i) => {
    if (reasons[i] !== undefined) return
    if (contentHash(reference.schemaHash, fedTensors(inputs, tensors[i]!)) !== reference.contentHash) reasons[i] = 'hash'
  })
  const good = samples.flatMap((_, i) => (reasons[i] === undefined ? [i] : []))
  good.forEach((from, to) => {
    for (const input of inputs) {
      const size = sizeOf(input)
      flat.get(input.name)!.copyWithin(to * size, from * size, (from + 1) * size)
    }
  })
  const cut = inputs.map((input) => [input.name, flat.get(input.name)!.subarray(0, good.length * sizeOf(input))])
  const batch: TrainingBatch = {
    samples: good.length,
    inputs: Object.fromEntries(cut) as TrainingBatch['inputs'],
    targets: targetTensors(declared, good.map((i) => samples[i]!.targets)),
    weights: Float32Array.from(good, (i) => samples[i]!.weight),
  }
  return { batch, failures: reasons.flatMap((reason, index) => (reason === undefined ? [] : [{ index, reason }])) }
}

/** Rebuilds all at once; where that fails, one by one, to find those that cannot be. Returns a reason for each of those. */
async function rebuildAll(
  lanes: LaneReader, inputs: readonly ReferenceInput[], samples: readonly BatchSample[],
  tensors: readonly Readonly<Record<string, Float32Array>>[],
): Promise<(string | undefined)[]> {
  const reasons: (string | undefined)[] = samples.map(() => undefined)
  const one = async (i: number): Promise<void> => {
    const { requests, finish } = rebuilding(samples[i]!.reference, inputs, tensors[i]!)
    await lanes.rebuild(requests)
    finish()
  }
  try {
    const all = samples.map(({ reference }, i) => rebuilding(reference, inputs, tensors[i]!))
    await lanes.rebuild(all.flatMap(({ requests }) => requests))
    for (const { finish } of all) finish()
  } catch {
    for (let i = 0; i < samples.length; i++) {
      await one(i).catch((error: unknown) => void (reasons[i] = reasonOf(error)))
    }
  }
  return reasons
}

const reasonOf = (error: unknown): string =>
  error instanceof TapeloomError && error.code === 'data.range' ? 'retention' : (error as Error).message

function targetTensors(declared: TargetSet, targets: readonly PlainTargets[]): TrainingBatch['targets'] {
  return Object.fromEntries(Object.entries(declared).map(([name, target]) => {
    const width = widthOf(target)
    const values = new Float32Array(targets.length * width)
    targets.forEach((given, i) => values.set([given[name] ?? 0].flat() as number[], i * width))
    return [name, values]
  }))
}
