import { Kernel } from './kernel.ts'
import { eachRow, sumOver } from './over-windows.ts'

/**
 * On-balance volume, in volume units, since the start or the last `reset`: the volume of candles that closed higher
 * than the one before, less that of those that closed lower; 0 at the first. A missing number makes it NaN until
 * `reset`.
 * @source Granville (1963), New Key to Stock Market Profits
 */
export class Obv extends Kernel {
  constructor(state?: Float64Array) {
    super('Obv', 2, 4, state)
  }

  /** Takes the next candle and returns the balance. */
  // `!`: the state is `[balance, close before, candles, sum]`.
  add(close: number, volume: number): number {
    const { state } = this
    const sign = Math.sign(close - (state[2] === 0 ? close : state[1]!))
    state[1] = close
    state[2] = state[2]! + 1
    return (state[0] = state[3] = state[3]! + sign * volume)
  }
}

/** The balance summed anew for each row: the oracle of `Obv` without a reset. */
export function obvOf(close: ArrayLike<number>, volume: ArrayLike<number>): Float64Array {
  const signed = (i: number) => volume[i]! * Math.sign(close[i]! - close[Math.max(0, i - 1)]!)
  return eachRow(close.length, (last) => sumOver(0, last, signed))
}
