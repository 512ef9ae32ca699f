import type { FedTensor, Host, InferenceFrame, Prediction } from '@tapeloom/core'
import type { ReferenceState } from './inference-frame-reference.ts'
import type { ReferenceTable } from './reference-table.ts'
import { extrasOf } from './frame-tensors.ts'
import { frameRow } from './stored-reference.ts'

/** How many references there have been, by what became of them; a trained one was matched before. */
export interface ReferenceCounts {
  readonly registered: number
  /** Their target came. */
  readonly matched: number
  readonly trained: number
  readonly expired: number
  readonly failed: number
  /** Wait for their target. */
  readonly open: number
}

/** Keeps the books of all references: table, store, output digest and counts say the same. */
export class ReferenceLedger {
  readonly #host: Host
  readonly counts = { registered: 0, matched: 0, trained: 0, expired: 0, failed: 0, open: 0 }

  constructor(host: Host) {
    this.#host = host
  }

  /** Registers an inference; a second time it does nothing and says false. */
  register(
    table: ReferenceTable, frame: InferenceFrame, prediction: Prediction, contentHash: string, tensors: readonly FedTensor[],
  ): boolean {
    const { inputs } = table.family
    const extras = extrasOf(inputs, tensors)
    if (table.push(frame, prediction, contentHash, extras) < 0) return false
    this.#host.feed.project('inference_frames', frameRow(frame, prediction, inputs, extras, contentHash))
    this.#host.digest('reference', frame.id, contentHash)
    this.counts.registered++
    this.counts.open++
    return true
  }

  /** Moves a reference of a table to another state; it leaves the books of the one before. */
  move(table: ReferenceTable, row: number, state: Exclude<ReferenceState, 'open'>, reason = ''): void {
    const before = table.state(row)
    if (before === 'open' || before === 'expired' || before === 'failed') this.counts[before]--
    if (before === 'failed' && state === 'matched') this.counts.matched-- // it was matched before it failed
    table.setState(row, state, reason)
    this.settle(table.id(row), state, reason)
  }

  /** Notes the state of a reference that may have left its table. */
  settle(id: string, state: Exclude<ReferenceState, 'open'>, reason: string): void {
    this.counts[state]++
    this.#host.feed.project('reference_states', { ref_id: id, state, reason })
    this.#host.digest('reference-state', id, state, reason)
  }
}
