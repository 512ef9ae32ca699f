import { checkLength, checkRange } from './check-length.ts'
import { delayBy, delaySize } from './delay.ts'
import { Kernel } from './kernel.ts'
import { eachRow } from './over-windows.ts'
import { addToMean, MEAN_SIZE, recursiveMeanOf } from './recursive-mean.ts'

/** Candles of a line's mean, and how many candles later it is shown. */
export type AlligatorLine = readonly [length: number, shift: number]

const checkLine = (where: string, [length, shift]: AlligatorLine): number => {
  checkLength(where, length)
  return checkRange(where, 'shift', Math.trunc(shift) === shift ? shift : NaN, 0, 1e6)
}

/**
 * Williams' alligator, in price units: three smoothed means (`Smma`) of (high + low)/2, each shown some candles later.
 * The shift goes back in time: nothing is known early. A NaN in a candle starts the seeds anew.
 * @source Williams (1995), Trading Chaos
 */
export class Alligator extends Kernel {
  readonly lines: readonly [jaw: AlligatorLine, teeth: AlligatorLine, lips: AlligatorLine]

  /** @throws RangeError when a length is not a whole number from 1 on, or a shift not one from 0 on */
  constructor(
    jaw: AlligatorLine = [13, 8],
    teeth: AlligatorLine = [8, 5],
    lips: AlligatorLine = [5, 3],
    state?: Float64Array,
  ) {
    const lines = [jaw, teeth, lips] as const
    const size = lines.reduce((sum, line) => sum + MEAN_SIZE + delaySize(checkLine('Alligator', line)), 3)
    super('Alligator', 3, size, state)
    this.lines = lines
  }

  /** Takes the next candle and returns the jaw. */
  add(high: number, low: number): number {
    const { lines, state } = this
    const middle = (high + low) / 2
    let at = 3
    for (let i = 0; i < 3; i++) {
      const [length, shift] = lines[i]!
      state[i] = delayBy(state, at + MEAN_SIZE, shift, addToMean(state, at, 1 / length, length, middle))
      at += MEAN_SIZE + delaySize(shift)
    }
    return state[0]!
  }

  // `!`: the state begins with three outputs.
  get teeth(): number {
    return this.state[1]!
  }
  get lips(): number {
    return this.state[2]!
  }
}

/** The lines from whole columns of means: the oracle of `Alligator`. */
export function alligatorOf(
  high: ArrayLike<number>,
  low: ArrayLike<number>,
  jaw: AlligatorLine = [13, 8],
  teeth: AlligatorLine = [8, 5],
  lips: AlligatorLine = [5, 3],
) {
  const middle = eachRow(high.length, (i) => (high[i]! + low[i]!) / 2)
  const line = ([length, shift]: AlligatorLine) => {
    checkLine('alligatorOf', [length, shift])
    const mean = recursiveMeanOf(middle, 1 / length, length)
    return mean.map((_, i) => mean[i - shift] ?? NaN)
  }
  return { value: line(jaw), teeth: line(teeth), lips: line(lips) }
}
