import type { Candle, EventOf, MarketSymbol, Module, TargetsOf, Timeframe } from '@tapeloom/core'
import type { InferenceFrameReference, ResolvedFrame } from '../reference/inference-frame-reference.ts'

/** What a reference teaches: targets of the model's network, and how much it counts (default 1). */
export interface Sample<M extends Module = Module> {
  readonly reference: InferenceFrameReference
  /** A class is a whole number from 0; a value is finite; an array is as long as the network says. */
  readonly targets: TargetsOf<M>
  /** Finite, not negative; 0 teaches nothing. */
  readonly weight?: number
  /** When what it says was known, µs; the event's moment by default. One of the future is refused: `training.leak`. */
  readonly knownAt?: number
}

/**
 * A confirmed pivot and which references come with it. `tradable`: made at or after the confirmation; `anticipation`:
 * earlier, when the pivot was not known, so that what they teach is no trade.
 */
export type PivotTrainingEvent = EventOf<'pivot:confirm'> & { readonly phase: 'tradable' | 'anticipation' }

/** What a subscriber may ask for. */
export interface TrainingContext {
  /** The tensors behind a reference. @throws TapeloomError `training.hash`, `training.inputs`, `data.range` */
  resolve(reference: InferenceFrameReference): Promise<ResolvedFrame>
  /** Closed candles with openTime in [from, to) µs, from memory; undefined when some have left it. */
  candles(symbol: MarketSymbol, timeframe: Timeframe, from: number, to: number): readonly Candle[] | undefined
}

type Awaitable<T> = T | Promise<T>
/** What a subscriber answers: nothing, one sample or several. */
export type Samples<M extends Module = Module> = Awaitable<Sample<M> | readonly Sample<M>[] | undefined>

/**
 * Says what references teach. It is called in the order of the events; what it returns is checked, batched and trained
 * once for each (reference, event, subscriber). A promise is waited for, and its samples take their place in the order
 * one training latency later. A call that throws is tried three times; then its references fail with the error's text.
 */
export interface TrainingEventSubscriber<M extends Module = Module> {
  /** Unique among the subscribers of the model. */
  readonly name: string
  /** The model module's id. */
  readonly model: M['name']
  /** Narrows the closes it hears; absent: every close that is a reference's target. */
  readonly candles?: { readonly timeframes?: readonly Timeframe[] }
  /** Narrows the pivots it hears; absent: all levels, tradable references. */
  readonly pivots?: { readonly phase?: 'tradable' | 'anticipation'; readonly levels?: readonly number[] }
  /** The target of `reference` closed. */
  onCandleCompletion?(
    candle: EventOf<'candle:close'>,
    reference: InferenceFrameReference,
    ctx: TrainingContext,
  ): Samples<M>
  /** A pivot was confirmed; `references` were made within the window around it, or after its confirmation. */
  onPivotEvent?(
    pivot: PivotTrainingEvent,
    references: readonly InferenceFrameReference[],
    ctx: TrainingContext,
  ): Samples<M>
}
