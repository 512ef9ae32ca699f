import { checkLength } from './check-length.ts'
import { Kernel } from './kernel.ts'
import { addToLine, lineSize } from './moving-line.ts'
import { movingMomentsOf } from './moving-moments.ts'
import { overWindows, sumOver } from './over-windows.ts'

/**
 * Least squares line through the last `length` values, x counting values from 1 since the start: slope in units of the
 * value per step. NaN until `length` values are in and while one of them is NaN. No drift; O(1) amortised.
 */
export class Slope extends Kernel {
  readonly length: number

  /** @throws RangeError when length is not a whole number from 1 on */
  constructor(length: number, state?: Float64Array) {
    super('Slope', 4, 2 + lineSize(checkLength('Slope', length)), state)
    this.length = length
  }

  /** Takes the next value and returns the slope; > 0 where the line rises. */
  // `!`: the state begins with `[slope, mean, Syy, Sxy]` and ends with the count of values.
  add(value: number): number {
    const { length, state } = this
    addToLine(state, 1, length, value)
    const last = state.length - 1
    state[last] = state[last]! + 1
    return (state[0] = state[3]! / ((length * (length * length - 1)) / 12))
  }

  /** Of the line at x = 0, before the first value. */
  get intercept(): number {
    return this.state[1]! - this.value * (this.state[this.state.length - 1]! - (this.length - 1) / 2)
  }
  /** The line at the newest value. */
  get line(): number {
    return this.state[1]! + (this.value * (this.length - 1)) / 2
  }
  /** Population standard deviation of the values themselves. */
  get standardDeviation(): number {
    return Math.sqrt(this.state[2]! / this.length)
  }
  /** Share of the variance that the line explains, in [0, 1]; NaN where nothing varies. */
  get rSquared(): number {
    return Math.min(1, (this.value * this.state[3]!) / this.state[2]!)
  }
}

/** The line of each window from its sums about the means: the oracle of `Slope`. */
export function slopeOf(values: ArrayLike<number>, length: number) {
  const { value: mean, variance } = movingMomentsOf(values, length)
  const middle = (length - 1) / 2
  const about = sumOver(0, length - 1, (x) => (x - middle) * (x - middle))
  const value = overWindows('slopeOf', values.length, length, (first, last) =>
    sumOver(first, last, (i) => (i - first - middle) * (values[i]! - mean[last]!)) / about)
  return {
    value,
    intercept: value.map((slope, last) => mean[last]! - slope * (last + 1 - middle)),
    line: value.map((slope, last) => mean[last]! + slope * middle),
    standardDeviation: variance.map(Math.sqrt),
    rSquared: value.map((slope, i) => (slope * slope * about) / length / variance[i]!),
  }
}
