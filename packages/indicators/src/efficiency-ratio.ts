import { checkLength } from './check-length.ts'
import { delayBy, delaySize } from './delay.ts'
import { Kernel } from './kernel.ts'
import { addToSum, movingSumSize } from './moving-sum.ts'
import { overWindows, sumOver } from './over-windows.ts'

/**
 * Kaufman's efficiency ratio in [0, 1]: |change over `length` steps| / Σ|change of each|; 1 for a straight way, near 0
 * for noise. First known at value `length + 1`; NaN while one of them is NaN and where nothing moves.
 * @source Kaufman (1995), Smarter Trading
 */
export class EfficiencyRatio extends Kernel {
  readonly length: number

  /** @throws RangeError when length is not a whole number from 1 on */
  constructor(length: number, state?: Float64Array) {
    super('EfficiencyRatio', 2, 2 + delaySize(checkLength('EfficiencyRatio', length)) + movingSumSize(length), state)
    this.length = length
  }

  /** Takes the next value and returns the ratio. */
  // `!`: the state begins with `[ratio, value before]`.
  add(value: number): number {
    const { length, state } = this
    const change = Math.abs(value - state[1]!)
    const before = delayBy(state, 2, length, value)
    state[1] = value
    const way = addToSum(state, 2 + delaySize(length), length, change)
    return (state[0] = Math.min(1, Math.abs(value - before) / way))
  }
}

/** The ratio of each window: the oracle of `EfficiencyRatio`. */
export function efficiencyRatioOf(values: ArrayLike<number>, length: number): Float64Array {
  checkLength('efficiencyRatioOf', length)
  return overWindows('efficiencyRatioOf', values.length, length + 1, (first, last) =>
    Math.abs(values[last]! - values[first]!) / sumOver(first + 1, last, (i) => Math.abs(values[i]! - values[i - 1]!)))
}
