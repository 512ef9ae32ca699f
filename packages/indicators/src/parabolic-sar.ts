import { checkRange } from './check-length.ts'
import { Kernel } from './kernel.ts'

const check = (step: number, limit: number): number =>
  checkRange('ParabolicSar', 'step', step, Number.MIN_VALUE, checkRange('ParabolicSar', 'limit', limit, 0, 1))

// Places in the state.
const [REVERSAL, COUNT, LEVEL, IS_RISING, FACTOR, EXTREME, HIGH1, HIGH2, LOW1, LOW2, IS_PROVED] =
  [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] as const

/**
 * Parabolic stop and reverse in price units: below the lows of a rise, above the highs of a fall. It begins by guessing
 * a rise: NaN up to and with the candle whose reversal ends the guess. A NaN in a candle begins it anew.
 * @source Wilder (1978), New Concepts in Technical Trading Systems
 */
export class ParabolicSar extends Kernel {
  readonly step: number
  readonly limit: number

  /**
   * `step` is the first acceleration and what each new extreme adds, up to `limit`.
   * @throws RangeError unless 0 < step <= limit <= 1
   */
  constructor(step = 0.02, limit = 0.2, state?: Float64Array) {
    super('ParabolicSar', 2, 12, state)
    this.step = check(step, limit)
    this.limit = limit
  }

  /** Takes the next candle and returns the stop. */
  // `!`: the state has twelve elements.
  add(high: number, low: number): number {
    const { state } = this
    if (high !== high || low !== low) {
      this.reset()
      return NaN
    }
    if (state[COUNT] === 0) this.#begin(high, low)
    else this.#follow(high, low)
    state[COUNT] = state[COUNT]! + 1
    state[HIGH2] = state[HIGH1]!
    state[HIGH1] = high
    state[LOW2] = state[LOW1]!
    state[LOW1] = low
    return state[0]!
  }

  /** 1 where this candle reversed the trend, 0 where not; NaN while the value is. */
  get reversal(): number {
    return this.state[REVERSAL]!
  }

  #begin(high: number, low: number): void {
    const { state } = this
    state[LEVEL] = low
    state[IS_RISING] = 1
    state[FACTOR] = this.step
    state[EXTREME] = high
  }

  /** Works in mirrored prices while it falls, so that one branch serves both ways. */
  #follow(high: number, low: number): void {
    const { state, step, limit } = this
    const sign = state[IS_RISING] === 1 ? 1 : -1
    const far = sign === 1 ? high : -low
    const near = sign === 1 ? low : -high
    const extreme = state[EXTREME]! * sign
    let level = state[LEVEL]! * sign
    level += state[FACTOR]! * (extreme - level)
    if (state[COUNT]! >= 2) level = sign === 1 ? Math.min(level, state[LOW1]!, state[LOW2]!) : Math.min(level, -state[HIGH1]!, -state[HIGH2]!)
    const isProved = state[IS_PROVED] === 1
    const reverses = near < level
    if (reverses) {
      level = extreme
      state[IS_RISING] = 1 - state[IS_RISING]!
      state[FACTOR] = step
      state[EXTREME] = near * sign
      state[IS_PROVED] = 1
    } else if (far > extreme) {
      state[EXTREME] = far * sign
      state[FACTOR] = Math.min(state[FACTOR]! + step, limit)
    }
    state[LEVEL] = level * sign
    if (isProved) {
      state[0] = state[LEVEL]!
      state[REVERSAL] = reverses ? 1 : 0
    }
  }
}

/** The stops of whole columns, rises and falls written apart: the oracle of `ParabolicSar`. */
export function parabolicSarOf(high: ArrayLike<number>, low: ArrayLike<number>, step = 0.02, limit = 0.2) {
  check(step, limit)
  const [value, reversal] = [new Float64Array(high.length).fill(NaN), new Float64Array(high.length).fill(NaN)]
  let [start, proved, rising, factor, extreme, level] = [0, false, true, step, NaN, NaN]
  for (let i = 0; i < high.length; i++) {
    const [top, bottom] = [high[i]!, low[i]!]
    if (Number.isNaN(top + bottom)) [start, proved, rising] = [i + 1, false, true]
    else if (i === start) [factor, extreme, level] = [step, top, bottom]
    else {
      level += factor * (extreme - level)
      for (let j = Math.max(start, i - 2); j < i && i - start >= 2; j++)
        level = rising ? Math.min(level, low[j]!) : Math.max(level, high[j]!)
      const turns = rising ? bottom < level : top > level
      if (proved) [value[i], reversal[i]] = [turns ? extreme : level, turns ? 1 : 0]
      if (turns) {
        [level, extreme, factor, rising, proved] = [extreme, rising ? bottom : top, step, !rising, true]
      } else if (rising ? top > extreme : bottom < extreme) {
        extreme = rising ? top : bottom
        factor = Math.min(factor + step, limit)
      }
    }
  }
  return { value, reversal }
}
