import { checkLength } from './check-length.ts'
import { emaOf } from './ema.ts'
import { Kernel } from './kernel.ts'
import { eachRow } from './over-windows.ts'
import { addToMean, MEAN_SIZE } from './recursive-mean.ts'

/**
 * Moving average convergence divergence: `Ema(fast)` − `Ema(slow)` in the unit of the values, its `Ema(signal)`, and
 * the difference of the two. Each mean is seeded as `Ema` is. A NaN value starts all seeds anew.
 * @source Appel (1979)
 */
export class Macd extends Kernel {
  readonly fast: number
  readonly slow: number
  readonly signalLength: number

  /** @throws RangeError when a length is not a whole number from 1 on */
  constructor(fast = 12, slow = 26, signal = 9, state?: Float64Array) {
    super('Macd', 5, 5 + 3 * MEAN_SIZE, state)
    this.fast = checkLength('Macd', fast)
    this.slow = checkLength('Macd', slow)
    this.signalLength = checkLength('Macd', signal)
  }

  /** Takes the next value and returns fast − slow. */
  add(value: number): number {
    const { fast, slow, signalLength, state } = this
    const fastEma = (state[3] = addToMean(state, 5, 2 / (fast + 1), fast, value))
    const slowEma = (state[4] = addToMean(state, 5 + MEAN_SIZE, 2 / (slow + 1), slow, value))
    const macd = (state[0] = fastEma - slowEma)
    const signal = (state[1] = addToMean(state, 5 + 2 * MEAN_SIZE, 2 / (signalLength + 1), signalLength, macd))
    state[2] = macd - signal
    return macd
  }

  // `!`: the state begins with five outputs.
  get signal(): number {
    return this.state[1]!
  }
  /** value − signal: > 0 while the difference runs above its mean. */
  get histogram(): number {
    return this.state[2]!
  }
  get fastEma(): number {
    return this.state[3]!
  }
  get slowEma(): number {
    return this.state[4]!
  }
}

/** The outputs from whole columns of means: the oracle of `Macd`. */
export function macdOf(values: ArrayLike<number>, fast = 12, slow = 26, signal = 9) {
  const [fastEma, slowEma] = [emaOf(values, fast), emaOf(values, slow)]
  const macd = fastEma.map((mean, i) => mean - slowEma[i]!)
  const signals = emaOf(macd, signal)
  const histogram = eachRow(macd.length, (i) => macd[i]! - signals[i]!)
  return { value: macd, signal: signals, histogram, fastEma, slowEma }
}
