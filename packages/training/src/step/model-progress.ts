import type { Drawn } from '../replay/hard-and-random.ts'
import type { ModelTraining } from './model-training.ts'

/** What one model has been trained. `loss`: mean loss of the first and of the last step, null before the first. */
export interface ModelProgress {
  readonly model: string
  readonly steps: number
  readonly loss: readonly [first: number | null, last: number | null]
  /** Samples that wait for a batch or a step, and those dropped because 10,000 waited. */
  readonly waiting: number
  readonly dropped: number
  /** Samples it was trained on, and weights of its network. */
  readonly samples: number
  readonly parameters: number
  /** How samples of the past were drawn; absent unless they are trained again. */
  readonly drawn?: Drawn
}

/** Where the training of a model stands. */
export function progressOf({ id, steps, firstLoss, lastLoss, waiting, dropped, position, parameters, replay }: ModelTraining): ModelProgress {
  const loss = [steps > 0 ? firstLoss : null, steps > 0 ? lastLoss : null] as const
  return { model: id, steps, loss, waiting, dropped, samples: position, parameters, ...(replay && { drawn: drawnOf(replay) }) }
}

const drawnOf = ({ main: a, anticipation: b }: NonNullable<ModelTraining['replay']>): Drawn =>
  ({ hard: a.drawn.hard + b.drawn.hard, random: a.drawn.random + b.drawn.random })
