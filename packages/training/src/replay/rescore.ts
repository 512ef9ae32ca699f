import { TapeloomError, type AnyDefinition, type LaneReader, type PredictionDraft } from '@tapeloom/core'
import { contentHash } from '../reference/content-hash.ts'
import { emptyTensors, fedTensors, rebuilding } from '../reference/frame-tensors.ts'
import type { InferenceFrameReference } from '../reference/inference-frame-reference.ts'

/** What other weights would have answered at a past inference; `abstained` where they refuse. */
export interface Rescored {
  readonly reference: InferenceFrameReference
  readonly answer: PredictionDraft | { readonly abstain: string }
}

/** Which weights answer which references. */
export interface Rescoring {
  readonly definition: AnyDefinition
  readonly lanes: LaneReader
  readonly references: readonly InferenceFrameReference[]
  /** Of any version of the model; without, those that the seed begins with. */
  readonly weights?: Float32Array
  readonly seed?: number
  /** Options of the module, where its `decode` reads them. */
  readonly options?: Readonly<Record<string, unknown>>
}

/** Rebuilt at once, so that ranges that meet are read as one. */
const PAGE = 256

/**
 * Asks a version of a model what it would have said to inferences of the past: the same bytes as were served then, or an
 * error. `decode` sees the options and nothing else of a run.
 * @throws TapeloomError `training.hash` when rows have changed, `data.range` when they are gone
 */
export async function rescore(spec: Rescoring): Promise<readonly Rescored[]> {
  const { definition, lanes, references, weights, seed = 1, options = {} } = spec
  const { model } = definition
  if (!model) throw new TapeloomError('training.input', `[module ${definition.name}] has no model. Rescore a model module.`)
  const runtime = await model.network.open({ seed })
  const found: Rescored[] = []
  try {
    if (weights) runtime.swap(weights, 'rescored')
    for (let at = 0; at < references.length; at += PAGE) {
      const page = references.slice(at, at + PAGE).map((reference) => ({ reference, tensors: emptyTensors(reference.inputs) }))
      const plans = page.map(({ reference, tensors }) => rebuilding(reference, reference.inputs, tensors))
      await lanes.rebuild(plans.flatMap(({ requests }) => requests))
      for (const { finish } of plans) finish()
      for (const { reference, tensors } of page) {
        const hash = contentHash(reference.schemaHash, fedTensors(reference.inputs, tensors))
        if (hash !== reference.contentHash) {
          throw new TapeloomError('training.hash', `[reference ${reference.id}] resolves to ${hash}, not to ${reference.contentHash}. Do not judge by it.`)
        }
        const output = await runtime.infer(tensors)
        found.push({ reference, answer: model.decode(output as never, { options } as never) })
      }
    }
    return found
  } finally {
    await runtime.close()
  }
}
