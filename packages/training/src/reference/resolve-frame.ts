import { TapeloomError, type Host } from '@tapeloom/core'
import { contentHash } from './content-hash.ts'
import { emptyTensors, fedTensors, rebuilding } from './frame-tensors.ts'
import type { InferenceFrameReference, ResolvedFrame } from './inference-frame-reference.ts'

/** The tensors behind a reference. @throws TapeloomError `training.hash` when they are not those that were served */
export async function resolveFrame(host: Host, reference: InferenceFrameReference): Promise<ResolvedFrame> {
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
