/**
 * What only the future tells: a label to learn from, never a feature. It is no number, so that it cannot be written into a
 * feature by mistake; whoever reads `hindsight` knows what it is.
 */
export interface HindsightLabel<T> {
  readonly hindsight: T
  /** The bar from which on it is known: what is learnt before must not see it. */
  readonly knownBar: number
}
