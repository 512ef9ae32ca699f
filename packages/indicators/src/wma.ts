import { checkLength } from './check-length.ts'
import { Kernel } from './kernel.ts'
import { addToLine, lineSize } from './moving-line.ts'
import { overWindows, sumOver } from './over-windows.ts'

/**
 * Linearly weighted mean of the last `length` values: weights 1 (oldest) to `length` (newest). NaN until they are in
 * and while one of them is NaN. No drift; O(1) amortised.
 */
export class Wma extends Kernel {
  readonly length: number

  /** @throws RangeError when length is not a whole number from 1 on */
  constructor(length: number, state?: Float64Array) {
    super('Wma', 4, 1 + lineSize(checkLength('Wma', length)), state)
    this.length = length
  }

  /** Takes the next value and returns the mean. */
  // `!`: the state begins with `[weighted mean, mean, Syy, Sxy]`.
  add(value: number): number {
    const { length, state } = this
    addToLine(state, 1, length, value)
    return (state[0] = state[1]! + (2 * state[3]!) / (length * (length + 1)))
  }
}

/** The weighted sum of each window: the oracle of `Wma`. */
export function wmaOf(values: ArrayLike<number>, length: number): Float64Array {
  return overWindows(
    'wmaOf', values.length, length,
    (first, last) => sumOver(first, last, (i) => (i - first + 1) * values[i]!) / ((length * (length + 1)) / 2),
  )
}
