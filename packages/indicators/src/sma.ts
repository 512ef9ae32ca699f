import { checkLength } from './check-length.ts'
import { Kernel } from './kernel.ts'
import { addToSum, movingSumSize } from './moving-sum.ts'
import { overWindows, sumOver } from './over-windows.ts'

/**
 * Mean of the last `length` values, in their unit. NaN until `length` values are in; a NaN value makes it NaN until it
 * leaves the window. O(1) amortised.
 */
export class Sma extends Kernel {
  readonly length: number

  /** @throws RangeError when length is not a whole number from 1 on */
  constructor(length: number, state?: Float64Array) {
    super('Sma', 1, 1 + movingSumSize(checkLength('Sma', length)), state)
    this.length = length
  }

  /** Takes the next value and returns the mean. */
  add(value: number): number {
    const { length, state } = this
    return (state[0] = addToSum(state, 1, length, value) / length)
  }
}

/** The means over each window of `length` values, computed anew for each: the oracle of `Sma`. NaN where none is. */
export function smaOf(values: ArrayLike<number>, length: number): Float64Array {
  return overWindows('smaOf', values.length, length, (a, b) => sumOver(a, b, (i) => values[i]!) / length)
}
