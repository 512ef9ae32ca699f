import type { InferenceFrameReference } from '../reference/inference-frame-reference.ts'

/** Targets as plain data. */
export type PlainTargets = Readonly<Record<string, number | readonly number[]>>

/** A sample that waits for its batch. `first`: no earlier sample was taken from this reference. */
export interface QueuedSample {
  readonly reference: InferenceFrameReference
  readonly targets: PlainTargets
  readonly weight: number
  readonly event: string
  readonly subscriber: string
  readonly first: boolean
}
