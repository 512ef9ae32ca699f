import { TapeloomError, type EventOf, type Timeframe } from '@tapeloom/core'
import type { TrainingEventSubscriber } from './training-event-subscriber.ts'

/** Confirmation lag of pivots in bars, by level: 95th percentile on a year of 1m candles, the slower side. */
const LAG_BARS = [5, 20, 80, 314, 1332]
const DAY_US = 86_400e6

/** The subscribers of all models, in the order in which they came. */
export class SubscriberList {
  readonly #byModel = new Map<string, TrainingEventSubscriber[]>()

  /** Adds one; returns its remover. @throws TapeloomError `training.subscriber` when the model has one of that name */
  add(subscriber: TrainingEventSubscriber): () => void {
    const { model, name } = subscriber
    const list = this.#byModel.get(model) ?? []
    if (list.some((other) => other.name === name)) {
      throw new TapeloomError('training.subscriber', `[model ${model}] has a subscriber '${name}' already. Choose another name.`)
    }
    this.#byModel.set(model, [...list, subscriber])
    return () => {
      const rest = (this.#byModel.get(model) ?? []).filter((other) => other !== subscriber)
      this.#byModel.set(model, rest)
    }
  }

  find(model: string, name: string): TrainingEventSubscriber | undefined {
    return this.#byModel.get(model)?.find((subscriber) => subscriber.name === name)
  }

  /** Those that hear closes of this timeframe. */
  ofCandles(model: string, timeframe: Timeframe): readonly TrainingEventSubscriber[] {
    return (this.#byModel.get(model) ?? []).filter(({ onCandleCompletion, candles }) =>
      onCandleCompletion !== undefined && (candles?.timeframes?.includes(timeframe) ?? true))
  }

  /** Those that hear this pivot in this phase. */
  ofPivots(model: string, { level }: EventOf<'pivot:confirm'>, phase: 'tradable' | 'anticipation'): readonly TrainingEventSubscriber[] {
    return (this.#byModel.get(model) ?? []).filter(({ onPivotEvent, pivots }) =>
      onPivotEvent !== undefined && (pivots?.phase ?? 'tradable') === phase && (pivots?.levels?.includes(level) ?? true))
  }

  /** How long after an inference a pivot may still ask for it, µs; 0 where nobody hears pivots. */
  keepUs(model: string, pivotBarUs: number): number {
    const hearing = (this.#byModel.get(model) ?? []).filter(({ onPivotEvent }) => onPivotEvent !== undefined)
    if (hearing.length === 0) return 0
    const levels = hearing.flatMap(({ pivots }) => pivots?.levels ?? [LAG_BARS.length])
    const level = Math.min(LAG_BARS.length, Math.max(1, ...levels))
    return LAG_BARS[level - 1]! * pivotBarUs + DAY_US
  }
}
