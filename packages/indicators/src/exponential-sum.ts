import { checkRange } from './check-length.ts'
import { Kernel } from './kernel.ts'
import { eachRow, sumOver } from './over-windows.ts'

/**
 * Sum whose members fade by e^(−elapsed / decay), in the unit of the values; divided by `decay` it is a rate per unit
 * of time. For events at irregular times. A missing number makes it NaN until `reset`.
 */
export class ExponentialSum extends Kernel {
  readonly decay: number

  /** `decay` is the time in which a member fades to 1/e. @throws RangeError when it is not above 0 */
  constructor(decay: number, state?: Float64Array) {
    super('ExponentialSum', 1, 2, state)
    this.decay = checkRange('ExponentialSum', 'decay', decay, Number.MIN_VALUE, Number.MAX_VALUE)
  }

  /** Lets `elapsed` pass since the call before, in the unit of `decay`, adds the value and returns the sum. */
  // `!`: the state is `[sum as returned, sum]`.
  add(value: number, elapsed: number): number {
    const { state } = this
    return (state[0] = state[1] = state[1]! * Math.exp(-elapsed / this.decay) + value)
  }
}

/** The sums written out, O(n²): the oracle of `ExponentialSum`. The first `elapsed` has nothing to fade. */
export function exponentialSumOf(values: ArrayLike<number>, elapsed: ArrayLike<number>, decay: number): Float64Array {
  checkRange('exponentialSumOf', 'decay', decay, Number.MIN_VALUE, Number.MAX_VALUE)
  return eachRow(values.length, (last) =>
    sumOver(0, last, (i) => values[i]! * Math.exp(-sumOver(i + 1, last, (j) => elapsed[j]!) / decay)))
}
