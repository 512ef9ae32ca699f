import type { Action } from '../vocabulary/prediction.ts'

/** −1 short, 0 flat, 1 long. */
export type Side = -1 | 0 | 1
export interface Thresholds {
  /** Margin that opens, in (0, 1]. */
  readonly open: number
  /** Opposite margin that closes; below `open`. */
  readonly close: number
}

/**
 * What to do at a margin m = p_buy − p_sell. Flat: |m| ≥ open enters on m's side. Long leaves at m ≤ −close, short at
 * m ≥ close; reversing needs |m| ≥ open. The same side again is a hold; one position a symbol.
 */
export function applyThresholds(margin: number, side: Side, { open, close }: Thresholds): { readonly action: Action; readonly reason: string; readonly side: Side } {
  if (margin >= open) {
    if (side === 1) return { action: 'hold', reason: 'already-long', side }
    return { action: 'buy', reason: side === -1 ? 'reverse-to-long' : 'open-long', side: 1 }
  }
  if (margin <= -open) {
    if (side === -1) return { action: 'hold', reason: 'already-short', side }
    return { action: 'sell', reason: side === 1 ? 'reverse-to-short' : 'open-short', side: -1 }
  }
  if (side === 1 && margin <= -close) return { action: 'sell', reason: 'close-long', side: 0 }
  if (side === -1 && margin >= close) return { action: 'buy', reason: 'close-short', side: 0 }
  return { action: 'hold', reason: 'below-threshold', side }
}
