import type { TaintReason } from '@tapeloom/core'

/** All taint reasons; the position of one is its bit. Append only: the bits are stored. */
const REASONS: readonly TaintReason[] = [
  'gap',
  'desync',
  'checksum',
  'late',
  'skew',
  'partial',
  'outlier',
  'reject',
  'empty',
]
const BITS: Readonly<Record<TaintReason, number>> = Object.fromEntries(
  REASONS.map((reason, i) => [reason, 1 << i]),
) as Record<TaintReason, number>
const NONE: readonly TaintReason[] = Object.freeze([])
const lists = new Map<number, readonly TaintReason[]>()

/** Bits of reasons that doubt a row. `empty` (no trade in a candle) is a fact about it, not a doubt. */
export const DOUBT_BITS = 0xffff & ~BITS.empty

/** The reasons as bits, for the flags column of a series. */
export function taintBits(reasons: readonly TaintReason[]): number {
  let bits = 0
  for (const reason of reasons) bits |= BITS[reason]
  return bits
}

/** The reasons that `bits` stand for, in their fixed order; frozen and shared. */
export function taintReasons(bits: number): readonly TaintReason[] {
  if (bits === 0) return NONE
  const known = lists.get(bits)
  if (known) return known
  const list = Object.freeze(REASONS.filter((_, i) => (bits & (1 << i)) !== 0))
  lists.set(bits, list)
  return list
}
