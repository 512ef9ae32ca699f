/** Units of features. `atr` counts average true ranges, `z` standard deviations. */
export type Unit =
  | 'ratio' | 'bps' | 'price' | 'base' | 'quote' | 'count' | 'probability' | 'us' | 'atr' | 'z' | 'score'

/** A declared feature: this is its documentation, and what the host checks at each boundary. */
export interface FeatureSpec {
  /** Raise it whenever the values change: models that use the column then stop until they are retrained. */
  readonly rev: number
  readonly unit: Unit
  readonly range: readonly [min: number, max: number]
  readonly description: string
  readonly source?: string
  /** Number of columns, for a feature that is a list: handlers get a Float64Array. */
  readonly size?: number
}
export type FeatureSet = Readonly<Record<string, FeatureSpec>>

/** A module's own slice of the row: NaN is missing. */
export type FeatureSlots<F extends FeatureSet> = {
  -readonly [K in keyof F]: F[K] extends { readonly size: number } ? Float64Array : number
}
/** Names of the columns of a set of features: a list `bucket` of size 20 has `bucket0` to `bucket19`. */
export type FeatureColumns<F extends FeatureSet> = {
  [K in keyof F & string]: F[K] extends { readonly size: number } ? `${K}${number}` : K
}[keyof F & string]

/** One column of a module: its name and the feature it belongs to. */
export interface Column {
  readonly name: string
  readonly feature: string
  readonly spec: FeatureSpec
}

/** The columns of a set of features, in declared order. */
export function columnsOf(features: FeatureSet): readonly Column[] {
  return Object.entries(features).flatMap(([feature, spec]) =>
    spec.size === undefined ? [{ name: feature, feature, spec }] : Array.from({ length: spec.size }, (_, i) => ({ name: `${feature}${i}`, feature, spec })))
}
