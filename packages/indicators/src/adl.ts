import { Kernel } from './kernel.ts'
import { moneyFlowMultiplier } from './money-flow.ts'
import { eachRow, sumOver } from './over-windows.ts'

/**
 * Accumulation/distribution line, in volume units: Σ volume · where the close lies in its candle (−1 … 1), since the
 * start or the last `reset`. It rises while closes are near the high. A missing number makes it NaN until `reset`.
 * @source Chaikin; Achelis (1995), Technical Analysis from A to Z
 */
export class Adl extends Kernel {
  constructor(state?: Float64Array) {
    super('Adl', 3, 4, state)
  }

  /** Takes the next candle and returns the line. */
  // `!`: the state is `[line, multiplier, flow, sum]`.
  add(high: number, low: number, close: number, volume: number): number {
    const { state } = this
    const multiplier = (state[1] = moneyFlowMultiplier(high, low, close))
    const flow = (state[2] = multiplier * volume)
    return (state[0] = state[3] = state[3]! + flow)
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

/** The line summed anew for each row: the oracle of `Adl` without a reset. */
export function adlOf(
  high: ArrayLike<number>,
  low: ArrayLike<number>,
  close: ArrayLike<number>,
  volume: ArrayLike<number>,
) {
  const multiplier = eachRow(high.length, (i) => moneyFlowMultiplier(high[i]!, low[i]!, close[i]!))
  const flow = multiplier.map((share, i) => share * volume[i]!)
  return { value: eachRow(high.length, (last) => sumOver(0, last, (i) => flow[i]!)), multiplier, flow }
}
