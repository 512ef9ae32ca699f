import {
  Adx, CloseToClose, EfficiencyRatio, ExponentialVariance, GarmanKlass, GarmanKlassYangZhang, MovingQuantile, PageHinkley,
  Parkinson, RogersSatchell, RunLengths, VarianceRatio, YangZhang, type Kernel,
} from '@tapeloom/indicators'
import type { CandleValues } from '@tapeloom/core'
import type { Row } from './market-features.ts'

/** Lengths in candles, candles a year, and how long a thousand of them last. */
export interface Lengths {
  readonly window: number
  readonly varianceRatioWindow: number
  readonly expectedRun: number
  readonly periods: number
  readonly blockUs: number
}

/** Candles that a fit sees, and that lie between two fits. */
export const WINDOW = 1000
/** Candles over which runs are followed, and how many are followed at once. */
export const LONGEST_RUN = 500
/** A run's prior counts for one return; improbable runs are dropped, and the least probable of too many. */
const RUNS = { mean: 0, kappa: 1, alpha: 1, beta: 1, prune: 1e-4, cap: LONGEST_RUN }

/** How each operator of a series is made over its part of the memory, or with one of its own. */
const makers = ({ window, varianceRatioWindow, expectedRun, periods }: Lengths) => ({
  close: (on?: Float64Array) => new CloseToClose(window, periods, on),
  parkinson: (on?: Float64Array) => new Parkinson(window, periods, on),
  garmanKlass: (on?: Float64Array) => new GarmanKlass(window, periods, on),
  rogersSatchell: (on?: Float64Array) => new RogersSatchell(window, periods, on),
  gkYz: (on?: Float64Array) => new GarmanKlassYangZhang(window, periods, on),
  yangZhang: (on?: Float64Array) => new YangZhang(window, periods, on),
  ewma: (on?: Float64Array) => new ExponentialVariance(0.94, 20, on),
  volatilities: (on?: Float64Array) => new MovingQuantile(WINDOW, 0.5, on),
  adx: (on?: Float64Array) => new Adx(14, on),
  er: (on?: Float64Array) => new EfficiencyRatio(window, on),
  varianceRatio: (on?: Float64Array) => new VarianceRatio(varianceRatioWindow, 4, on),
  shift: (on?: Float64Array) => new PageHinkley({}, on),
  runs: (on?: Float64Array) => new RunLengths({ ...RUNS, expectedRun }, on),
})
type Makers = ReturnType<typeof makers>
/** The operators of a series; `likelyRuns` are the same runs, kept more sparingly. */
export type Operators = { readonly [K in keyof Makers]: ReturnType<Makers[K]> } & { readonly likelyRuns: RunLengths }

const fresh = (lengths: Lengths) => Object.entries<() => Kernel>(makers(lengths)).map(([, make]) => make().state)

/** A memory of operators that have seen nothing: all that they know, one after the other. */
export const createMemory = (lengths: Lengths): Float64Array => Float64Array.from(fresh(lengths).flatMap((state) => [...state]))

/** Operators that were built, by the memory that holds all they know: a saving, no state. */
const built = new WeakMap<Float64Array, Operators>()

/** The operators over a memory. */
export function operatorsOver(memory: Float64Array, lengths: Lengths): Operators {
  const known = built.get(memory)
  if (known) return known
  const sizes = fresh(lengths).map((state) => state.length)
  let end = 0
  const made = Object.entries<(on: Float64Array) => Kernel>(makers(lengths))
    .map(([name, make], i) => [name, make(memory.subarray(end, (end += sizes[i]!)))] as const)
  const operators = Object.fromEntries(made) as unknown as Omit<Operators, 'likelyRuns'>
  const likelyRuns = new RunLengths({ ...RUNS, expectedRun: lengths.expectedRun, prune: 1e-3 }, operators.runs.state)
  const all = { ...operators, likelyRuns }
  built.set(memory, all)
  return all
}

/** In the range; what is missing or not finite is missing. */
export const within = (value: number, least: number, most: number): number =>
  Number.isFinite(value) ? Math.max(least, Math.min(most, value)) : NaN

/** 0 is what a market without a move has: undefined, like the volatility of one that is not known. */
const positive = (volatility: number): number => (volatility > 0 ? within(volatility, 0, 1e6) : NaN)

/** Takes a candle and its log return in, and writes what the operators say. */
export function addToEstimators(row: Row, to: Operators, periods: number, candle: CandleValues, change: number): void {
  const { open, high, low, close } = candle
  row.volClose = positive(to.close.add(close))
  row.volParkinson = positive(to.parkinson.add(high, low))
  row.volGarmanKlass = positive(to.garmanKlass.add(open, high, low, close))
  row.volRogersSatchell = positive(to.rogersSatchell.add(open, high, low, close))
  row.volGkYz = positive(to.gkYz.add(open, high, low, close))
  row.volYangZhang = positive(to.yangZhang.add(open, high, low, close))
  row.volEwma = positive(Math.sqrt(periods * to.ewma.add(change)))
  to.volatilities.add(row.volEwma)
  row.volPercentile = to.volatilities.rank(row.volEwma)
  row.adx = within(to.adx.add(high, low, close), 0, 100)
  row.er = within(to.er.add(close), 0, 1)
  row.vr4 = within(to.varianceRatio.add(close), 0, 10)
  row.vrZ4 = within(to.varianceRatio.z, -1e3, 1e3)
}
