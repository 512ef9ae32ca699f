import { checkLength } from './check-length.ts'
import { delayBy, delaySize } from './delay.ts'
import { Kernel } from './kernel.ts'
import { eachRow } from './over-windows.ts'

/**
 * Rate of change in percent of the value `length` values ago, and the difference to it (momentum), in the unit of the
 * values. NaN while there is none or one of the two is NaN, and where the old value is 0.
 */
export class Roc extends Kernel {
  readonly length: number

  /** @throws RangeError when length is not a whole number from 1 on */
  constructor(length: number, state?: Float64Array) {
    super('Roc', 2, 2 + delaySize(checkLength('Roc', length)), state)
    this.length = length
  }

  /** Takes the next value and returns the rate. */
  add(value: number): number {
    const { length, state } = this
    const before = delayBy(state, 2, length, value)
    const momentum = (state[1] = value - before)
    return (state[0] = before === 0 ? NaN : (100 * momentum) / before)
  }

  get momentum(): number {
    return this.state[1]! // the second output
  }
}

/** The rates of a whole column: the oracle of `Roc`. */
export function rocOf(values: ArrayLike<number>, length: number) {
  checkLength('rocOf', length)
  const before = (i: number) => values[i - length] ?? NaN
  return {
    value: eachRow(values.length, (i) => (before(i) === 0 ? NaN : 100 * (values[i]! / before(i) - 1))),
    momentum: eachRow(values.length, (i) => values[i]! - before(i)),
  }
}
