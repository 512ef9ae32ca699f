import type { RunReport } from '@tapeloom/core'

/** What one model had learnt from. */
export interface TrainedModel {
  readonly model: string
  readonly steps: number
  /** Samples it was trained on. */
  readonly samples: number
  /** Weights of its network. */
  readonly parameters: number
  /** Samples that waited for a step. */
  readonly waiting: number
}

/** What the training participant of a run says, whatever its id. */
export function trainedIn(participants: RunReport['participants']): {
  readonly trained: readonly TrainedModel[]; readonly skew: number | null
} {
  const reports = Object.values(participants)
  const progress = reports.flatMap(({ training = [] }) => training as unknown as readonly TrainedModel[])
  const meters = reports.flatMap(({ skew }) => (skew === undefined ? [] : [skew as unknown as { readonly most: number; readonly checked: number }]))
  const checked = meters.filter(({ checked: count }) => count > 0)
  return {
    trained: progress.map(({ model, steps, samples, parameters, waiting }) => ({ model, steps, samples, parameters, waiting })),
    skew: checked.length > 0 ? Math.max(...checked.map(({ most }) => most)) : null,
  }
}
