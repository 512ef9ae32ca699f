import { normalCdf } from './normal-distribution.ts'

/** Buckets that are averaged. */
export const BUCKETS = 50

/** Imbalance of the last buckets of equal volume, as plain data. */
export interface Vpin {
  /** Lots of a bucket; NaN while it is not decided. */
  bucketLots: number
  /** Lots in the open bucket, signed and all. */
  signed: number
  volume: number
  readonly ring: Float64Array
  /** Buckets closed in this session, and those in the ring that count. */
  closed: number
  filled: number
  value: number
}
export const createVpin = (bucketLots: number): Vpin => ({
  bucketLots, signed: 0, volume: 0, ring: new Float64Array(BUCKETS), closed: 0, filled: 0, value: NaN,
})

/**
 * Adds a trade, split at the edges of buckets; lots are signed by the aggressor, > 0: bought. `value` is then the mean of
 * |bought − sold| / volume of the last 50 buckets, in [0, 1].
 * @source Easley, López de Prado, O'Hara (2012), Flow toxicity and liquidity in a high-frequency world
 */
export function addToVpin(vpin: Vpin, lots: number): void {
  let left = Math.abs(lots)
  // A trade larger than all buckets fills each with its side: the first ones would be gone anyway.
  if (left > (BUCKETS + 1) * vpin.bucketLots) left = (BUCKETS + 1) * vpin.bucketLots + (left % vpin.bucketLots)
  while (left > 0 && vpin.bucketLots > 0) {
    const taken = Math.min(left, vpin.bucketLots - vpin.volume)
    left -= taken
    vpin.volume += taken
    vpin.signed += lots > 0 ? taken : -taken
    if (vpin.volume < vpin.bucketLots) continue
    vpin.ring.copyWithin(0, 1)
    vpin.ring[BUCKETS - 1] = Math.abs(vpin.signed) / vpin.bucketLots
    vpin.closed++
    vpin.filled = Math.min(BUCKETS, vpin.filled + 1)
    vpin.signed = vpin.volume = 0
    vpin.value = vpin.filled === BUCKETS ? vpin.ring.reduce((sum, one) => sum + one, 0) / BUCKETS : NaN
  }
}

/** A new session begins, with buckets of another size: those of the session before still count, the open one does not. */
export function turnBuckets(vpin: Vpin, bucketLots: number): void {
  vpin.filled = Math.min(vpin.filled, vpin.closed)
  vpin.closed = vpin.signed = vpin.volume = 0
  vpin.bucketLots = bucketLots
  if (vpin.filled < BUCKETS) vpin.value = NaN
}

/**
 * Share of a span's volume that counts as bought when only prices are known: Φ(change / deviation of changes). Three in
 * four lots are signed right on recorded futures; use it only where no aggressor is told.
 * @source Easley, López de Prado, O'Hara (2012), bulk volume classification
 */
export const bulkBuyShare = (change: number, deviation: number): number => normalCdf(change / deviation)
