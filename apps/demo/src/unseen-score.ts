import type { Orchestrator } from '@tapeloom/core'
import { wilson } from '@tapeloom/core'

/** How often the direction was called right, on candles that no weights had seen when they were called. */
export interface UnseenScore {
  /** Directions that were called and came out. */
  readonly calls: number
  readonly hitRate: number
  readonly interval: readonly [low: number, high: number]
}

/** Training steps before predictions count: until then the weights are little more than their random start. */
const WARM_STEPS = 60

/** Scores predictions made after the first training steps, each before its own candle was known to anybody. */
export function keepScore(orchestrator: Orchestrator): () => UnseenScore {
  const margins = new Map<string, number>()
  let [steps, calls, hits] = [0, 0, 0]
  orchestrator.on('training:step', ({ step }) => void (steps = step))
  orchestrator.on('prediction:made', ({ id, probabilities: { buy, sell } }) => {
    if (steps >= WARM_STEPS) margins.set(id, buy - sell)
  })
  orchestrator.on('prediction:resolved', ({ prediction, bps }) => {
    const margin = margins.get(prediction)
    margins.delete(prediction)
    if (margin === undefined || margin === 0 || bps === 0) return
    calls++
    if ((margin > 0) === (bps > 0)) hits++
  })
  return () => ({ calls, hitRate: hits / calls, interval: calls > 0 ? wilson(hits, calls) : [NaN, NaN] })
}
