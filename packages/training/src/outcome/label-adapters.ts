import { TapeloomError, timeframeUs, type Candle, type ServedModel } from '@tapeloom/core'
import type { InferenceFrameReference } from '../reference/inference-frame-reference.ts'
import type { Sample, TrainingContext, TrainingEventSubscriber } from './training-event-subscriber.ts'

/** Trains a model on its own candle label, for each reference whose target closed; undefined where it has none. */
export function perCandle({ id, definition }: ServedModel): TrainingEventSubscriber | undefined {
  const { labels, target } = definition.model ?? {}
  if (!labels?.candle || !target) return undefined
  const lengthUs = timeframeUs(target.timeframe)
  return {
    name: 'perCandle',
    model: id,
    candles: { timeframes: [target.timeframe] },
    onCandleCompletion(candle, reference, ctx) {
      const entry = entryOf(reference, ctx)
      if (!entry) return undefined
      const from = candle.openTime - (target.ahead - 1) * lengthUs
      const path = target.ahead === 1 ? [candle] : candlesOf(reference, ctx, target.timeframe, from, candle.closeTime)
      const targets = labels.candle?.({ target: candle, entry, path, prediction: reference.prediction })
      return targets && ({ reference, targets } as Sample)
    },
  }
}

/** Trains a model on its own pivot label; undefined where it has none. */
export function pivotsOnly(
  { id, definition }: ServedModel, phase: 'tradable' | 'anticipation',
): TrainingEventSubscriber | undefined {
  const { labels } = definition.model ?? {}
  if (!labels?.pivot) return undefined
  return {
    name: 'pivotsOnly',
    model: id,
    pivots: { phase },
    onPivotEvent: (pivot, references, ctx) =>
      references.flatMap((reference) => {
        const entry = entryOf(reference, ctx)
        if (!entry) return []
        const targets = labels.pivot?.({ pivot, phase, entry, prediction: reference.prediction })
        return targets ? [{ reference, targets } as Sample] : []
      }),
  }
}

/** The labels of a model's own that an adapter trains it on; in hindsight it learns from pivots before they were known, too. */
export function ownLabels(
  served: ServedModel, adapter: 'perCandle' | 'pivotsOnly' | 'retrospective' | 'none', phase: 'tradable' | 'anticipation',
): readonly TrainingEventSubscriber[] {
  if (adapter === 'none') return []
  const candle = adapter === 'pivotsOnly' ? undefined : perCandle(served)
  const pivot = adapter === 'perCandle' ? undefined : pivotsOnly(served, adapter === 'retrospective' ? 'anticipation' : phase)
  return [candle, pivot].filter((one) => one !== undefined)
}

/** The last candle known at the inference; undefined when there was none. */
function entryOf(reference: InferenceFrameReference, ctx: TrainingContext): Candle | undefined {
  const { entry } = reference
  if (!entry) return undefined
  const [candle] = candlesOf(reference, ctx, entry.timeframe, entry.openTime, entry.openTime + 1)
  return candle
}

function candlesOf(
  { id, symbol }: InferenceFrameReference, ctx: TrainingContext, timeframe: Candle['timeframe'], from: number, to: number,
): readonly Candle[] {
  const candles = ctx.candles(symbol, timeframe, from, to)
  if (candles) return candles
  throw new TapeloomError(
    'training.retention',
    `[reference ${id}] its ${timeframe} candles from ${from} have left memory. Raise the memory budget of candles.`,
  )
}
