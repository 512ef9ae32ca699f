import type { Ticks } from './hayashi-yoshida.ts'

/** The newest changes of a price: log prices at rising times (µs) in columns of twice the capacity, so that they lie in a row. */
export interface TickRing {
  readonly times: Float64Array
  readonly values: Float64Array
  count: number
  /** The newest price; NaN before. */
  price: number
}

/** Room for `capacity` changes. */
export const createTicks = (capacity: number): TickRing => ({
  times: new Float64Array(2 * capacity), values: new Float64Array(2 * capacity), count: 0, price: NaN,
})

/** Notes a change of price; of several at one time the newest counts. O(1) amortised. */
export function addTick(ring: TickRing, time: number, price: number): void {
  if (!(price > 0) || price === ring.price) return
  ring.price = price
  const { times, values } = ring
  if (ring.count > 0 && !(time > times[ring.count - 1]!)) ring.count-- // no older time: the clock is monotonic
  if (ring.count === times.length) {
    ring.count = times.length / 2
    times.copyWithin(0, ring.count)
    values.copyWithin(0, ring.count)
  }
  times[ring.count] = time
  values[ring.count++] = Math.log(price)
}

/** The changes at or after `since`, at most the ring's capacity; without a copy. */
export function ticksSince({ times, values, count }: TickRing, since: number): Ticks {
  let [low, high] = [Math.max(0, count - times.length / 2), count]
  while (low < high) {
    const middle = (low + high) >> 1
    if (times[middle]! < since) low = middle + 1
    else high = middle
  }
  return { times, values, from: low, to: count }
}
