import { Kernel } from './kernel.ts'
import { eachRow, sumOver } from './over-windows.ts'

/**
 * Volume-weighted mean price since the start or the last `reset`, in the price's unit; NaN while no volume is in.
 * A missing number makes it NaN until `reset`.
 */
export class Vwap extends Kernel {
  constructor(state?: Float64Array) {
    super('Vwap', 1, 3, state)
  }

  /** Takes the next price (usually (high + low + close)/3) with its volume and returns the mean. */
  // `!` below: the state has three elements, `[mean, Σ price × volume, Σ volume]`.
  add(price: number, volume: number): number {
    const { state } = this
    const weighted = (state[1] = state[1]! + price * volume)
    const total = (state[2] = state[2]! + volume)
    return (state[0] = total === 0 ? NaN : weighted / total)
  }
}

/** The means since the first row, summed anew for each: the oracle of `Vwap` without a reset. */
export function vwapOf(prices: ArrayLike<number>, volumes: ArrayLike<number>): Float64Array {
  return eachRow(prices.length, (last) => {
    const volume = sumOver(0, last, (i) => volumes[i]!)
    return volume === 0 ? NaN : sumOver(0, last, (i) => prices[i]! * volumes[i]!) / volume
  })
}
