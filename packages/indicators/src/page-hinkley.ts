import { checkLength, checkRange } from './check-length.ts'
import { Kernel } from './kernel.ts'

/** Parameters of `PageHinkley`. */
export interface PageHinkleySpec {
  /** Values before the first alarm; default 30. */
  readonly minimum?: number
  /** Change of the mean that is let pass, in the unit of the values; default .005. */
  readonly delta?: number
  /** Sum of deviations that is an alarm, in the unit of the values; default 50. */
  readonly threshold?: number
  /** How much of a sum stays from value to value, in 0 … 1; default .9999. */
  readonly alpha?: number
}

/**
 * Page-Hinkley test for a change of the mean, to both sides: the value is how far the sum of deviations from the mean so
 * far, less `delta` each, lies from its extreme; above `threshold` it is an alarm, after which all starts anew with the
 * next value. A NaN is passed over: NaN for its row, and nothing else.
 * @source Page (1954), Continuous inspection schemes; Hinkley (1971); fading as in Montiel et al. (2021), River
 */
export class PageHinkley extends Kernel {
  readonly minimum: number
  readonly delta: number
  readonly threshold: number
  readonly alpha: number

  /** @throws RangeError when minimum is no whole number from 1 on, delta or threshold is below 0, or alpha not in 0 … 1 */
  constructor({ minimum = 30, delta = 0.005, threshold = 50, alpha = 0.9999 }: PageHinkleySpec = {}, state?: Float64Array) {
    super('PageHinkley', 2, 8, state)
    this.minimum = checkLength('PageHinkley', minimum)
    this.delta = checkRange('PageHinkley', 'delta', delta, 0, Number.MAX_VALUE)
    this.threshold = checkRange('PageHinkley', 'threshold', threshold, 0, Infinity)
    this.alpha = checkRange('PageHinkley', 'alpha', alpha, 0, 1)
  }

  /** Takes the next value and returns the larger of the two sums. */
  // `!`: the state is `[value, alarm, count, mean, sum upwards, its least, sum downwards, its largest]`.
  add(value: number): number {
    const { state, delta, alpha } = this
    if (!Number.isFinite(value)) return (state[0] = state[1] = NaN)
    const count = (state[2] = state[2]! + 1)
    const deviation = value - (state[3] = state[3]! + (value - state[3]!) / count)
    const up = (state[4] = alpha * state[4]! + deviation - delta)
    const down = (state[6] = alpha * state[6]! + deviation + delta)
    const least = (state[5] = count === 1 ? up : Math.min(state[5]!, up))
    const largest = (state[7] = count === 1 ? down : Math.max(state[7]!, down))
    const [rise, fall] = [up - least, largest - down]
    const larger = Math.max(rise, fall)
    state[1] = count < this.minimum || !(larger > this.threshold) ? 0 : rise >= fall ? 1 : -1
    if (state[1] !== 0) state.fill(0, 2)
    return (state[0] = larger)
  }

  /** 1: the mean has risen, −1: fallen, 0: no alarm; NaN for a missing value. */
  get alarm(): number {
    return this.state[1]!
  }
}

/** Value and alarm, each from all values since the alarm before, O(n²): the oracle of `PageHinkley`. */
export function pageHinkleyOf(values: ArrayLike<number>, spec: PageHinkleySpec = {}) {
  const { minimum = 30, delta = 0.005, threshold = 50, alpha = 0.9999 } = spec
  const [value, alarm] = [new Float64Array(values.length).fill(NaN), new Float64Array(values.length).fill(NaN)]
  let run: number[] = []
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i]!)) continue
    run.push(values[i]!)
    const deviations = run.map((one, last) => one - run.slice(0, last + 1).reduce((a, b) => a + b, 0) / (last + 1))
    const sums = (less: number) => {
      let sum = 0
      return deviations.map((deviation) => (sum = alpha * sum + deviation - less))
    }
    const [up, down] = [sums(delta), sums(-delta)]
    const [rise, fall] = [up.at(-1)! - Math.min(...up), Math.max(...down) - down.at(-1)!]
    value[i] = Math.max(rise, fall)
    alarm[i] = run.length < minimum || !(value[i]! > threshold) ? 0 : rise >= fall ? 1 : -1
    if (alarm[i] !== 0) run = []
  }
  return { value, alarm }
}
