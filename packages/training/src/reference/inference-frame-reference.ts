import type { Duration, Lane, MarketSymbol, Prediction, SeriesRange, Timeframe } from '@tapeloom/core'

/**
 * Where a reference stands: `open` until its outcome is known, `matched` when it is, `trained` once a step used it;
 * `expired` and `failed` say why in `reason` (`gap target-missing retention model-gone schema tainted`, `hash`, or the
 * text of a subscriber's error).
 */
export type ReferenceState = 'open' | 'matched' | 'trained' | 'expired' | 'failed'

/** What feeds one input of the network: a lane, columns of the frozen row, numbers kept in the reference, or a mask. */
export type ReferenceInput = { readonly name: string; readonly shape: readonly number[] } & (
  | { readonly kind: 'lane'; readonly lane: Lane }
  | { readonly kind: 'columns' }
  | { readonly kind: 'extras' }
  | { readonly kind: 'mask'; readonly of: string }
)

/** The range of a series that one input saw. */
export interface ReferenceLane extends SeriesRange {
  readonly input: string
  /** Columns of the row, as `cob.imbalance5`; '' where no module gave one. Empty for a lane of candles. */
  readonly columns: readonly string[]
}

/** What an inference saw, by reference: which rows of which series, not their values. Times in µs. */
export interface InferenceFrameReference {
  /** `stream|model@version|symbol|sequence`. */
  readonly id: string
  readonly stream: string
  /** Sequence of the boundary: rows known later are not part of what it saw. */
  readonly sequence: number
  readonly model: string
  readonly modelVersion: string
  readonly schemaHash: string
  readonly symbol: MarketSymbol
  readonly asOf: number
  /** One a lane or list of columns, in the network's order. */
  readonly lanes: readonly ReferenceLane[]
  /** By input: the numbers its window was scaled by; empty where it was not. */
  readonly norm: Readonly<Record<string, readonly number[]>>
  /** By input: what no series can give back, such as the position; null is missing. */
  readonly extras: Readonly<Record<string, readonly (number | null)[]>>
  /** All inputs, masks too, in the order in which they are fed and hashed. */
  readonly inputs: readonly ReferenceInput[]
  readonly prediction: Prediction
  /** The last candle known at the inference; undefined when there was none. */
  readonly entry: { readonly timeframe: Timeframe; readonly openTime: number } | undefined
  readonly target: {
    readonly timeframe: Timeframe
    readonly openTime: number
    readonly closeTime: number
    readonly horizon: Duration
  }
  readonly state: ReferenceState
  readonly reason: string
  readonly taint: readonly string[]
  /** See `contentHash`. */
  readonly contentHash: string
}

/** A reference with the tensors it stands for, proven equal to those that were served. */
export interface ResolvedFrame {
  readonly reference: InferenceFrameReference
  /** By input, masks too; row-major, `[rows × columns]`. */
  readonly tensors: Readonly<Record<string, Float32Array>>
  readonly contentHash: string
}
