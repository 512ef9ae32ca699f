import { checkLength } from './check-length.ts'
import { Kernel } from './kernel.ts'
import { eachRow } from './over-windows.ts'
import { addToMean, MEAN_SIZE, recursiveMeanOf } from './recursive-mean.ts'

/**
 * Relative strength index in [0, 100]: 100 · mean gain / (mean gain + mean loss), Wilder's means of the changes, each
 * seeded with the mean of its first `length`. First known at value `length + 1`; NaN while no change has happened
 * (0/0). A NaN value starts the seeds anew.
 * @source Wilder (1978), New Concepts in Technical Trading Systems
 */
export class Rsi extends Kernel {
  readonly length: number

  /** @throws RangeError when length is not a whole number from 1 on */
  constructor(length = 14, state?: Float64Array) {
    super('Rsi', 2, 2 + 2 * MEAN_SIZE, state)
    this.length = checkLength('Rsi', length)
  }

  /** Takes the next value and returns the index. */
  // `!`: the state is `[index, value before, mean gain, mean loss]`.
  add(value: number): number {
    const { length, state } = this
    const change = value - state[1]!
    state[1] = value
    const gain = addToMean(state, 2, 1 / length, length, Math.max(change, 0))
    const loss = addToMean(state, 2 + MEAN_SIZE, 1 / length, length, Math.max(-change, 0))
    return (state[0] = (100 * gain) / (gain + loss))
  }
}

/** The indices from whole columns of gains and losses: the oracle of `Rsi`. */
export function rsiOf(values: ArrayLike<number>, length = 14): Float64Array {
  checkLength('rsiOf', length)
  const change = (i: number) => values[i]! - (values[i - 1] ?? NaN)
  const meanOf = (sign: number) =>
    recursiveMeanOf(eachRow(values.length, (i) => Math.max(sign * change(i), 0)), 1 / length, length)
  const [gains, losses] = [meanOf(1), meanOf(-1)]
  return gains.map((gain, i) => 100 * (gain / (gain + losses[i]!)))
}
