import type { Candle } from '../vocabulary/candle.ts'
import type { EventOf } from '../vocabulary/events.ts'
import type { Duration, Timeframe } from '../vocabulary/duration.ts'
import type { Abstention, Prediction, PredictionDraft, Probabilities } from '../vocabulary/prediction.ts'
import type { MarketSymbol } from '../vocabulary/symbol.ts'
import type { InferenceRuntime, Trainer } from '../ports/inference.ts'

/** Shape of one sample of one input: `[columns]` or `[rows, columns]`. */
export type Shape = readonly [number] | readonly [number, number]
export type Shapes = Readonly<Record<string, Shape>>
/** `class`: an integer of CLASS; `value`: one number; `[n]`: n numbers. */
export type TargetSet = Readonly<Record<string, 'class' | 'value' | readonly [number]>>

/** A network that the host can serve and the training package can train; `@tapeloom/models` makes them. */
// oxlint-disable no-explicit-any -- the bound that every network fits
export interface Network<I extends Shapes = any, O extends string = any, T extends TargetSet = any> {
  readonly name: string
  /** One sample's shapes, in the order in which tensors are fed and hashed. */
  readonly inputs: I
  readonly outputs: readonly O[]
  readonly targets: T
  /** How many classes each `class` target has, where that is known. */
  readonly classes?: Readonly<Record<string, number>>
  /** Samples per training step, fixed when the graph is compiled; shorter batches get weight 0. */
  readonly batch: number
  /** Opens a session that serves; initial weights are drawn from `seed`. */
  open(spec: { readonly seed: number }): Promise<InferenceRuntime>
  /** Opens the trainer of this network; it starts from the same initial weights as `open` with the same seed. */
  train(spec: { readonly seed: number }): Promise<Trainer>
}
// oxlint-enable no-explicit-any

export type Normalisation = 'log' | 'zscore' | 'atr' | 'minmax' | 'none'
/** A window of a series as a tensor `[window, 5]`: rows open, high, low, close, volume, oldest first. */
export interface Lane<W extends number = number> {
  readonly timeframe: Timeframe
  readonly window: W
  readonly of: 'candles' | 'features'
  /** The symbol whose series it is; absent: the symbol that is predicted. */
  readonly symbol?: MarketSymbol
  readonly normalise: Normalisation
}

/** Binds an input to the newest `window` candles of a timeframe. */
export function lane<const W extends number>(
  timeframe: Timeframe, window: W, spec: { readonly of?: 'candles' | 'features'; readonly symbol?: MarketSymbol; readonly normalise?: Normalisation } = {},
): Lane<W> {
  const { of = 'candles', normalise = 'log', symbol } = spec
  return { timeframe, window, of, normalise, ...(symbol && { symbol }) }
}

/** The ten numbers of the position, as `execution` gives them; all masked where it is absent. */
export interface Block<N extends number> {
  readonly block: 'position'
  readonly size: N
}
export const positionBlock: Block<10> = { block: 'position', size: 10 }

type Tuple<T, N extends number, A extends readonly T[] = readonly []> = number extends N
  ? readonly T[]
  : A['length'] extends N
    ? A
    : Tuple<T, N, readonly [...A, T]>
type Fed<S, C extends string> = S extends readonly [infer N extends number]
  ? Tuple<C, N> | Block<N>
  : S extends readonly [infer W extends number, number]
    ? Lane<W>
    : never
/** What feeds each input: a list of columns, a lane, or the position block; `<x>Mask` feeds itself. */
export type Bindings<I extends Shapes, C extends string> = {
  readonly [K in keyof I as K extends `${string}Mask` ? never : K]: Fed<I[K], C>
}
export type Binding = readonly string[] | Lane | Block<number>
export type Targets<T extends TargetSet> = {
  readonly [K in keyof T]: T[K] extends readonly [number] ? readonly number[] | Float32Array : number
}

/** What a candle label sees: the last candle known at the inference, the target, and the candles between. */
export interface Outcome {
  readonly target: Candle
  readonly entry: Candle
  /** Candles of the target's timeframe that opened at or after the inference, up to and with the target. */
  readonly path: readonly Candle[]
  readonly prediction: Prediction
}
/** What a pivot label sees. Tradable: the frame is not earlier than the confirmation; anticipation: it is. */
export interface PivotOutcome {
  readonly pivot: EventOf<'pivot:confirm'>
  readonly phase: 'tradable' | 'anticipation'
  readonly entry: Candle
  readonly prediction: Prediction
}

/** A predictor that is a network: what feeds it, when it answers, how to read it and what to teach it. */
export interface ModelSpec<N extends Network, C extends string, Ctx> {
  readonly network: N
  readonly inputs: N extends Network<infer I, infer _O, infer _T> ? Bindings<I, C> : never
  /** The candle to predict: `ahead` 1 is the first of this timeframe that opens at or after the inference. */
  readonly target: { readonly timeframe: Timeframe; readonly ahead: number }
  /** How long after the boundary an answer takes its place in the order; default 2 ms. */
  readonly latency?: Duration
  /** `mask` (default) feeds 0 with mask 0 for what is missing; `abstain` does not infer. */
  readonly onMissing?: 'mask' | 'abstain'
  decode(
    output: N extends Network<infer _I, infer O, infer _T> ? { readonly [K in O]: Float32Array } : never,
    ctx: Ctx,
  ): PredictionDraft | Abstention
  readonly labels: {
    candle?(outcome: Outcome): (N extends Network<infer _I, infer _O, infer T> ? Targets<T> : never) | undefined
    pivot?(outcome: PivotOutcome): (N extends Network<infer _I, infer _O, infer T> ? Targets<T> : never) | undefined
  }
}

/** Class indices of the three actions. */
export const CLASS = { buy: 0, hold: 1, sell: 2 } as const

/** Softmax of three logits in the order of CLASS. */
export function toProbabilities(logits: ArrayLike<number>): Probabilities {
  const [a = NaN, b = NaN, c = NaN] = [logits[0], logits[1], logits[2]]
  const top = Math.max(a, b, c)
  const [buy, hold, sell] = [Math.exp(a - top), Math.exp(b - top), Math.exp(c - top)]
  const sum = buy + hold + sell
  return { buy: buy / sum, hold: hold / sum, sell: sell / sum }
}
