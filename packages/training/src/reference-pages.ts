import type { Store } from '@tapeloom/core'
import type { InferenceFrameReference } from './inference-frame-reference.ts'
import { FRAME_COLUMNS, storedReference } from './stored-reference.ts'

/** A stored reference and the machine it was made on. */
export interface StoredFrame {
  readonly reference: InferenceFrameReference
  readonly fingerprint: string | null
}

/** References that one page should hold, more or less. */
const [FEW, MANY] = [2048, 16_384]

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
      yield Array.from({ length }, (_, i) => ({
        reference: storedReference(rows, first + i), fingerprint: fingerprints[first + i] ?? null,
      }))
    }
    from += width
    if (rows.length < FEW) width *= 2
    else if (rows.length > MANY) width = Math.max(1, width >> 1)
  }
}
