import { checkLength, checkRange } from './check-length.ts'
import { Kernel } from './kernel.ts'

/** Parameters of `RunLengths`. */
export interface RunLengthsSpec {
  /** Expected length of a run, from 2 on: a change has probability 1 / `expectedRun` at each value; default 250. */
  readonly expectedRun?: number
  /** Prior of a run's mean, and the number of values that it counts for. */
  readonly mean?: number
  readonly kappa?: number
  /** Shape and scale of the inverse gamma prior of a run's variance: its scale is in the squared unit of the values. */
  readonly alpha?: number
  readonly beta?: number
  /** Runs less probable are dropped; 0 keeps all. */
  readonly prune?: number
  /** Most runs that are kept: the least probable leaves. */
  readonly cap?: number
}

/**
 * Places: `[most probable run, log evidence, runs kept, sum of weights]`, then four columns of `cap` each, longest run
 * first: weight, length, mean, beta.
 */
const FIRST = 4

/** Γ(a + ½) / Γ(a): its asymptotic series where that is exact, carried down by g(a) · g(a + ½) = a. */
function gammaRatio(a: number): number {
  if (a < 60) return a / gammaRatio(a + 0.5)
  const x = 1 / (8 * a)
  return Math.sqrt(a) * (1 - x * (1 - x * (0.5 + x * (2.5 - x * (2.625 + 49.875 * x)))))
}

/**
 * What a run's density owes to its length n alone, two numbers a length: 1 / (kappa + n + 1), and Γ(a + ½) / Γ(a) ·
 * √((kappa + n) / (2π (kappa + n + 1))) with a = alpha + n / 2. Kept for the parameters that came last.
 */
let [factors, factorsKappa, factorsAlpha] = [new Float64Array(0), NaN, NaN]
function factorsFor(kappa: number, alpha: number, longest: number): Float64Array {
  if (kappa === factorsKappa && alpha === factorsAlpha && 2 * longest < factors.length) return factors
  ;[factorsKappa, factorsAlpha] = [kappa, alpha]
  factors = new Float64Array(4 * (longest + 500))
  let ratio = gammaRatio(alpha)
  for (let n = 0; 2 * n < factors.length; n++) {
    const inverse = (factors[2 * n] = 1 / (kappa + n + 1))
    factors[2 * n + 1] = ratio * Math.sqrt((1 - inverse) / (2 * Math.PI))
    ratio = (alpha + n / 2) / ratio
  }
  return factors
}

/** ln(1 + x): by its series where x is small, as for most runs; a third faster. Exact to 2e-13 of the value. */
const log1p = (x: number): number =>
  x > 0.02 ? Math.log1p(x) : x * (1 - x * (1 / 2 - x * (1 / 3 - x * (1 / 4 - x * (1 / 5 - x * (1 / 6 - x / 7))))))

/**
 * Bayesian online change point detection: the probabilities of how many values the current run of normal values, of
 * unknown mean and variance, has. The value is the most probable length; 0: the next value begins a run. A NaN is
 * passed over: NaN for its row, and nothing else. O(runs kept).
 * @source Adams, MacKay (2007), Bayesian online changepoint detection; Murphy (2007), normal-inverse-gamma updates
 */
export class RunLengths extends Kernel {
  readonly #hazard: number
  readonly #mean: number
  readonly #kappa: number
  readonly #alpha: number
  readonly #beta: number
  readonly #prune: number
  readonly #cap: number

  /** @throws RangeError when expectedRun or cap is below 2, kappa, alpha or beta not above 0, or prune not in 0 … 1 */
  constructor(spec: RunLengthsSpec = {}, state?: Float64Array) {
    const { expectedRun = 250, mean = 0, kappa = 1, alpha = 1, beta = 1, prune = 0, cap = 500 } = spec
    checkRange('RunLengths', 'cap', checkLength('RunLengths', cap), 2, Infinity)
    super('RunLengths', 2, FIRST + 4 * cap, state)
    const positive = (name: string, value: number) => checkRange('RunLengths', name, value, Number.MIN_VALUE, Number.MAX_VALUE)
    this.#hazard = 1 / checkRange('RunLengths', 'expectedRun', expectedRun, 2, Number.MAX_VALUE)
    this.#mean = checkRange('RunLengths', 'mean', mean, -Number.MAX_VALUE, Number.MAX_VALUE)
    this.#kappa = positive('kappa', kappa)
    this.#alpha = positive('alpha', alpha)
    this.#beta = positive('beta', beta)
    this.#prune = checkRange('RunLengths', 'prune', prune, 0, 1)
    this.#cap = cap
  }

  /** Takes the next value and returns the most probable run. */
  // `!`: at most `cap` runs are kept.
  add(value: number): number {
    const { state } = this
    if (!Number.isFinite(value)) return (state[0] = NaN)
    if (state[2] === 0) {
      state[1] = 0
      this.#begin(1, 1)
    }
    const before = state[3]!
    const weight = this.#weigh(value)
    if (!(weight > 0)) {
      this.reset() // so far off that no number says how improbable
      return NaN
    }
    state[1] = state[1]! + Math.log(weight / before)
    this.#keep(weight)
    return state[0]!
  }

  /** Σ ln p(value | values before). */
  get logEvidence(): number {
    return this.state[1]!
  }

  /** Probability that the run has less than `length` values, in [0, 1]; NaN before the first value. */
  below(length: number): number {
    const { state } = this
    const kept = state[2]!
    let sum = kept === 0 ? NaN : 0
    for (let i = kept - 1; i >= 0 && state[FIRST + this.#cap + i]! < length; i--) sum += state[FIRST + i]!
    return Math.min(1, sum / state[3]!)
  }

  /** Multiplies each run's weight by the density of `value` (Student's t) and learns the value; returns their sum. */
  #weigh(value: number): number {
    const { state } = this
    const cap = this.#cap
    const alpha0 = this.#alpha
    const factors = factorsFor(this.#kappa, alpha0, state[FIRST + cap]!)
    let sum = 0
    for (let i = FIRST, end = FIRST + state[2]!; i < end; i++) {
      const length = state[i + cap]!
      const away = value - state[i + 2 * cap]!
      const beta = state[i + 3 * cap]!
      const inverse = factors[2 * length]!
      const grown = (away * away * (1 - inverse)) / 2
      const perBeta = 1 / beta
      const density = factors[2 * length + 1]! * Math.sqrt(perBeta) * Math.exp(-(alpha0 + (length + 1) / 2) * log1p(grown * perBeta))
      const weight = (state[i] = state[i]! * density)
      sum += weight
      state[i + cap] = length + 1
      state[i + 2 * cap] = state[i + 2 * cap]! + away * inverse
      state[i + 3 * cap] = beta + grown
    }
    return sum
  }

  /** Scales the weights by their sum, drops what is improbable, finds the most probable and adds a run. */
  #keep(sum: number): void {
    const { state } = this
    const cap = this.#cap
    const scale = (1 - this.#hazard) / sum
    const prune = this.#prune
    let [kept, total, best, most] = [0, 0, 0, -1]
    for (let i = FIRST, end = FIRST + state[2]!; i < end; i++) {
      const probability = state[i]! * scale
      if (probability < prune) continue
      const to = FIRST + kept++
      state[to] = probability
      total += probability
      if (probability > most) {
        most = probability
        best = state[i + cap]!
      }
      if (to === i) continue
      state[to + cap] = state[i + cap]!
      state[to + 2 * cap] = state[i + 2 * cap]!
      state[to + 3 * cap] = state[i + 3 * cap]!
    }
    if (kept === cap) total -= this.#drop(kept--)
    state[2] = kept
    // The rest stands for all that goes on, 1 − hazard: a change has its share of it.
    const change = (total * this.#hazard) / (1 - this.#hazard)
    this.#begin(change, total + change)
    state[0] = change > most ? 0 : best
  }

  /** Removes the least probable of `kept` runs; returns its weight. */
  #drop(kept: number): number {
    const { state } = this
    let least = FIRST
    for (let i = FIRST + 1; i < FIRST + kept; i++) if (state[i]! < state[least]!) least = i
    const weight = state[least]!
    for (let at = 0; at <= 3 * this.#cap; at += this.#cap)
      state.copyWithin(least + at, least + at + 1, FIRST + at + kept)
    return weight
  }

  /** Appends the run that begins with the next value. */
  #begin(weight: number, sum: number): void {
    const { state } = this
    const cap = this.#cap
    const at = FIRST + state[2]!
    state[at] = weight
    state[at + cap] = 0
    state[at + 2 * cap] = this.#mean
    state[at + 3 * cap] = this.#beta
    state[2] = state[2]! + 1
    state[3] = sum
  }
}

/** Length and log evidence, from each run's values anew, all runs kept, O(n³): the oracle of `RunLengths`. */
export function runLengthsOf(values: ArrayLike<number>, spec: RunLengthsSpec = {}) {
  const { expectedRun = 250, mean = 0, kappa = 1, alpha = 1, beta = 1 } = spec
  const [value, logEvidence] = [new Float64Array(values.length).fill(NaN), new Float64Array(values.length).fill(NaN)]
  const seen: number[] = []
  let weights = [1] // of runs with 0, 1, 2 … values
  let sum = 0
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i]!)) {
      const densities = weights.map((_, n) => studentOf(seen.slice(seen.length - n), values[i]!, mean, kappa, alpha, beta))
      const joint = weights.map((weight, n) => weight * densities[n]!)
      const evidence = joint.reduce((a, b) => a + b, 0)
      sum += Math.log(evidence)
      weights = [1 / expectedRun, ...joint.map((one) => (one / evidence) * (1 - 1 / expectedRun))]
      seen.push(values[i]!)
      value[i] = weights.length - 1 - weights.toReversed().indexOf(Math.max(...weights))
    }
    logEvidence[i] = seen.length > 0 ? sum : NaN
  }
  return { value, logEvidence }
}

/** Density of `next` after a run, from the posterior of the whole run (Murphy 2007, eq. 85 to 89 and 100). */
function studentOf(run: readonly number[], next: number, mean: number, kappa: number, alpha: number, beta: number): number {
  const n = run.length
  const average = n === 0 ? 0 : run.reduce((a, b) => a + b, 0) / n
  const squares = run.reduce((a, b) => a + (b - average) * (b - average), 0)
  const kappaN = kappa + n
  const alphaN = alpha + n / 2
  const betaN = beta + squares / 2 + (kappa * n * (average - mean) * (average - mean)) / (2 * kappaN)
  const away = next - (kappa * mean + n * average) / kappaN
  const scale = (2 * betaN * (kappaN + 1)) / kappaN
  return (gammaRatio(alphaN) / Math.sqrt(Math.PI * scale)) * Math.exp(-(alphaN + 0.5) * Math.log1p((away * away) / scale))
}
