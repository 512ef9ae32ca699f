import { adlOf } from './adl.ts'
import { checkLength } from './check-length.ts'
import { Kernel } from './kernel.ts'
import { moneyFlowMultiplier } from './money-flow.ts'
import { addToSum, movingSumSize } from './moving-sum.ts'
import { overWindows, sumOver } from './over-windows.ts'

/**
 * Chaikin money flow in [-1, 1]: Σ flow / Σ volume of the last `length` candles, flow = volume · where the close lies
 * in its candle. NaN until `length` candles are in, while one has a NaN, and without volume.
 * @source Chaikin; Achelis (1995), Technical Analysis from A to Z
 */
export class Cmf extends Kernel {
  readonly length: number

  /** @throws RangeError when length is not a whole number from 1 on */
  constructor(length = 20, state?: Float64Array) {
    super('Cmf', 3, 3 + 2 * movingSumSize(checkLength('Cmf', length)), state)
    this.length = length
  }

  /** Takes the next candle and returns the money flow. */
  // `!`: the state begins with `[money flow, multiplier, flow]`.
  add(high: number, low: number, close: number, volume: number): number {
    const { length, state } = this
    state[1] = moneyFlowMultiplier(high, low, close)
    state[2] = state[1] * volume
    const flow = addToSum(state, 3, length, state[2])
    return (state[0] = flow / addToSum(state, 3 + movingSumSize(length), length, volume))
  }

  /** Where the close lies in the newest candle, −1 … 1. */
  get multiplier(): number {
    return this.state[1]!
  }
  /** Multiplier × volume of the newest candle. */
  get flow(): number {
    return this.state[2]!
  }
}

/** The ratio of the sums of each window: the oracle of `Cmf`. */
export function cmfOf(
  high: ArrayLike<number>,
  low: ArrayLike<number>,
  close: ArrayLike<number>,
  volume: ArrayLike<number>,
  length = 20,
) {
  const { multiplier, flow } = adlOf(high, low, close, volume)
  const value = overWindows('cmfOf', high.length, length, (first, last) =>
    sumOver(first, last, (i) => flow[i]!) / sumOver(first, last, (i) => volume[i]!))
  return { value, multiplier, flow }
}
