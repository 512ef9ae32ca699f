import { checkLength, checkRange } from './check-length.ts'
import { delayBy, delayed, delaySize } from './delay.ts'
import { Kernel } from './kernel.ts'
import { addToMoments, momentsSize } from './moving-moments.ts'
import { addToSums, movingSumsSize } from './moving-sums.ts'
import { overWindows, sumOver } from './over-windows.ts'

const check = (where: string, length: number, q: number): number => {
  checkLength(where, q)
  checkRange(where, 'q', q, 2, Infinity)
  return checkRange(where, 'length', checkLength(where, length), q + 1, Infinity)
}
/** Places: `[ratio, z, price before]`, moments of returns and of q-returns, ring of q − 1 returns, sums of each lag. */
const RETURNS = 3
const farAt = (length: number): number => RETURNS + momentsSize(length)
const ringAt = (length: number, q: number): number => farAt(length) + momentsSize(length - q + 1)
const sumsAt = (length: number, q: number): number => ringAt(length, q) + delaySize(q - 1)
const sizeOf = (length: number, q: number): number => {
  let size = sumsAt(length, q)
  for (let lag = 1; lag < q; lag++) size += movingSumsSize(length - lag, 4)
  return size
}

/**
 * Variance ratio of the last `length` log returns of a price: unbiased variance of overlapping q-returns / (q · that of
 * returns), and z*, robust to changing volatility, ~ N(0, 1) for a random walk. Ratio > 1: moves go on; < 1: they turn
 * back. First known at price `length + 1`; NaN while a price is missing or not above 0, and where nothing moves.
 * O(q) amortised. z* expands powers about 0: meant for returns whose mean is not far above their deviation.
 * @source Lo, MacKinlay (1988), Stock market prices do not follow random walks
 */
export class VarianceRatio extends Kernel {
  readonly length: number
  readonly q: number

  /** @throws RangeError when q is not a whole number from 2 on or length not one above q */
  constructor(length: number, q: number, state?: Float64Array) {
    check('VarianceRatio', length, q)
    super('VarianceRatio', RETURNS, sizeOf(length, q), state)
    this.length = length
    this.q = q
  }

  /** Takes the next price and returns the ratio. */
  // `!`: every place is within the size.
  add(price: number): number {
    const { length, q, state } = this
    const change = price > 0 ? Math.log(price / state[2]!) : NaN
    state[2] = price > 0 ? price : NaN
    addToMoments(state, RETURNS, length, change)
    addToMoments(state, farAt(length), length - q + 1, this.#addLags(change))
    const mean = state[RETURNS]!
    const m2 = state[RETURNS + 1]!
    const far = state[farAt(length)]! - q * mean
    const spread = state[farAt(length) + 1]! + (length - q + 1) * far * far
    const ratio = spread / (length - q + 1) / (1 - q / length) / q / (m2 / (length - 1))
    state[1] = (ratio - 1) / Math.sqrt(this.#theta(mean, m2))
    return (state[0] = ratio)
  }

  /** z*: (ratio − 1) / its standard error under changing volatility. */
  get z(): number {
    return this.state[1]!
  }

  /** Adds the products of the return with each of the q − 1 before it; returns the sum of all q. */
  #addLags(change: number): number {
    const { length, q, state } = this
    const ring = ringAt(length, q)
    let at = sumsAt(length, q)
    let sum = change
    for (let lag = 1; lag < q; lag++) {
      const before = delayed(state, ring, q - 1, lag)
      const both = change * before
      state[at] = both * both
      state[at + 1] = both * (change + before)
      state[at + 2] = change * change + 4 * both + before * before
      state[at + 3] = change + before
      addToSums(state, at, length - lag, 4)
      at += movingSumsSize(length - lag, 4)
      sum += before
    }
    delayBy(state, ring, q - 1, change)
    return sum
  }

  /** Σ (2(q − lag)/q)² · Σ(r − m)²(r' − m)² / (Σ(r − m)²)², the inner sum from the sums of each lag. */
  #theta(m: number, m2: number): number {
    const { length, q, state } = this
    let at = sumsAt(length, q)
    let theta = 0
    for (let lag = 1; lag < q; lag++) {
      const weight = (2 * (q - lag)) / q
      const pairs = length - lag
      const squares = state[at + 2]! + m * (-2 * state[at + 3]! + pairs * m)
      const inner = state[at]! + m * (-2 * state[at + 1]! + m * squares)
      theta += (weight * weight * inner) / (m2 * m2)
      at += movingSumsSize(pairs, 4)
    }
    return theta
  }
}

/** Ratio and z* of each window as the paper writes them: the oracle of `VarianceRatio`. */
export function varianceRatioOf(prices: ArrayLike<number>, length: number, q: number) {
  check('varianceRatioOf', length, q)
  const change = (i: number, by = 1) =>
    prices[i]! > 0 && prices[i - by]! > 0 ? Math.log(prices[i]! / prices[i - by]!) : NaN
  const about = (first: number, last: number) => {
    const mean = sumOver(first + 1, last, change) / length
    const square = (i: number) => (change(i) - mean) * (change(i) - mean)
    return { mean, square, sum: sumOver(first + 1, last, square) }
  }
  const value = overWindows('varianceRatioOf', prices.length, length + 1, (first, last) => {
    const { mean, sum } = about(first, last)
    const far = (i: number) => (change(i, q) - q * mean) * (change(i, q) - q * mean)
    const m = q * (length - q + 1) * (1 - q / length)
    return sumOver(first + q, last, far) / m / (sum / (length - 1))
  })
  const z = overWindows('varianceRatioOf', prices.length, length + 1, (first, last) => {
    const { square, sum } = about(first, last)
    const delta = (lag: number) => sumOver(first + 1 + lag, last, (i) => square(i) * square(i - lag)) / (sum * sum)
    const theta = sumOver(1, q - 1, (lag) => ((2 * (q - lag)) / q) * ((2 * (q - lag)) / q) * delta(lag))
    return (value[last]! - 1) / Math.sqrt(theta)
  })
  return { value, z }
}
