import { checkLength, checkRange } from './check-length.ts'

/** Bins of an octave, and all from 2^-32 to 2^64. */
const PER_OCTAVE = 8
const BINS = 96 * PER_OCTAVE
const FIRST = (1023 - 32) * PER_OCTAVE

const double = new Float64Array(1)
const words = new Uint32Array(double.buffer)
/** Which word holds sign, exponent and first digits. */
const HIGH = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0

/** The bin of a positive number: eighths of its octave, read off its binary digits. */
export function binOf(value: number): number {
  double[0] = value
  return Math.min(BINS - 1, Math.max(0, (words[HIGH]! >>> 17) - FIRST))
}

/** A quantile of the last `length` positive numbers, known to an eighth of an octave, as plain data. */
export interface BinnedQuantile {
  readonly share: number
  /** Bins of the last numbers, and how many are in each bin. */
  readonly ring: Uint16Array
  readonly counts: Uint32Array
  /** Numbers taken so far. */
  taken: number
  /** The bin of the quantile, and how many numbers are in lower ones; known from `length` numbers on. */
  bin: number
  below: number
}

/** @throws RangeError when `length` is not a whole number from 1 on, or `share` is not in 0 … 1 */
export const createBinnedQuantile = (length: number, share: number): BinnedQuantile => ({
  share: checkRange('createBinnedQuantile', 'share', share, 0, 1),
  ring: new Uint16Array(checkLength('createBinnedQuantile', length)), counts: new Uint32Array(BINS), taken: 0, bin: 0, below: 0,
})

/**
 * Takes the next number and returns the bin in which the quantile lies (the smallest number that at least `share` of all
 * do not exceed); NaN until `length` numbers are in. Compare with `binOf`. O(1) but for jumps of the quantile.
 */
export function addToBinnedQuantile(quantile: BinnedQuantile, value: number): number {
  const { ring, counts, share } = quantile
  const slot = quantile.taken % ring.length
  if (quantile.taken >= ring.length) {
    const oldest = ring[slot]!
    counts[oldest] = counts[oldest]! - 1
    if (oldest < quantile.bin) quantile.below--
  }
  const bin = binOf(value)
  ring[slot] = bin
  counts[bin] = counts[bin]! + 1
  if (bin < quantile.bin) quantile.below++
  quantile.taken++
  if (quantile.taken < ring.length) return NaN
  const rank = Math.max(1, Math.ceil(share * ring.length))
  while (quantile.below >= rank) quantile.below -= counts[--quantile.bin]!
  while (quantile.below + counts[quantile.bin]! < rank) quantile.below += counts[quantile.bin++]!
  return quantile.bin
}
