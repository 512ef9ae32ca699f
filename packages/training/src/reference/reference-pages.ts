import type { Store, StoreRows } from '@tapeloom/core'
import type { InferenceFrameReference } from './inference-frame-reference.ts'
import { sizeOf } from './reference-inputs.ts'
import { FRAME_COLUMNS, storedReference } from './stored-reference.ts'

/** A stored reference and the machine it was made on. */
export interface StoredFrame {
  readonly reference: InferenceFrameReference
  readonly fingerprint: string | null
}

/** References that one page should hold, more or less. */
const [FEW, MANY] = [2048, 16_384]
/** Numbers that the tensors of one page should hold at most: 64 MB. */
const MOST_NUMBERS = 16_777_216

/** All references of a store in the order of their sequences, a range of sequences at a time. */
export async function* referencePages(store: Store): AsyncGenerator<readonly StoredFrame[]> {
  const newest = await store.read({ table: 'inference_frames', columns: ['sequence'], key: 'sequence', limit: 1 })
  const end = Number(newest.columns['sequence']?.[0] ?? -1) + 1
  let width = MANY
  for (let from = 0; from < end; ) {
    const rows = await store.read({
      table: 'inference_frames', columns: [...FRAME_COLUMNS, 'fingerprint'], key: 'sequence', from, to: from + width,
    })
    const fingerprints = rows.columns['fingerprint'] as readonly (string | null)[]
    for (let first = 0; first < rows.length; first += MANY) {
      const length = Math.min(MANY, rows.length - first)
      const frames = Array.from({ length }, (_, i) => ({
        reference: readable(rows, first + i), fingerprint: fingerprints[first + i] ?? null,
      }))
      yield* inParts(frames, MOST_NUMBERS)
    }
    from += width
    if (rows.length < FEW) width *= 2
    else if (rows.length > MANY) width = Math.max(1, width >> 1)
  }
}

/** Parts of a page whose tensors hold at most `most` numbers, or that are a single reference. */
export function* inParts(page: readonly StoredFrame[], most: number): Generator<readonly StoredFrame[]> {
  let [first, held] = [0, 0]
  for (const [i, { reference: { inputs } }] of page.entries()) {
    const numbers = inputs.reduce((sum, input) => sum + sizeOf(input), 0)
    if (i > first && held + numbers > most) {
      yield page.slice(first, i)
      ;[first, held] = [i, 0]
    }
    held += numbers
  }
  if (first < page.length) yield page.slice(first)
}

/** The reference behind a row; of one whose texts are damaged what is left, which resolves to nothing that was served. */
function readable(rows: StoreRows, i: number): InferenceFrameReference {
  try {
    return storedReference(rows, i)
  } catch {
    const blank: Readonly<Record<string, string>> = { inputs: '[]', lanes: '[]', extras: '{}', prediction: 'null', entry: 'null', taint: '[]' }
    const texts = Object.entries(blank).map(([name, text]) => [name, Array.from({ length: rows.length }, () => text)])
    return storedReference({ ...rows, columns: { ...rows.columns, ...Object.fromEntries(texts) } }, i)
  }
}
