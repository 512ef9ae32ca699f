import * as all from '../index.ts'
import type { Kernel } from '../kernel.ts'

/** A candle, the close of a second series, and the time since the row before. */
export type Row = Readonly<Record<'open' | 'high' | 'low' | 'close' | 'volume' | 'other' | 'elapsed', number>>
export type Columns = Readonly<Record<keyof Row, Float64Array>>

/** One operator with its parameters, how a row goes in, and its oracle over whole columns. */
export interface OperatorCase {
  readonly name: string
  readonly make: (state?: Float64Array) => Kernel
  readonly add: (kernel: Kernel, row: Row) => number
  readonly oracle: (columns: Columns) => Float64Array | Readonly<Record<string, Float64Array>>
  /** Rows that its value depends on; Infinity for a mean or sum that never forgets. */
  readonly window: number
}

export const columnsOf = (rows: readonly Row[]): Columns => {
  const column = (name: keyof Row) => Float64Array.from(rows, (row) => row[name])
  return {
    open: column('open'), high: column('high'), low: column('low'), close: column('close'),
    volume: column('volume'), other: column('other'), elapsed: column('elapsed'),
  }
}

type Input = keyof Row
type Columnar = (...columns: readonly Float64Array[]) => ReturnType<OperatorCase['oracle']>
type AddOf = { add(...values: readonly number[]): number }

/** `inputs` name the arguments of `add`, which are the columns of the oracle in the same order. */
const of = (
  name: string, inputs: readonly Input[], window: number, make: OperatorCase['make'], oracle: Columnar,
): OperatorCase => ({
  name,
  make,
  add: (kernel, row) => (kernel as Kernel & AddOf).add(...inputs.map((input) => row[input])),
  oracle: (columns) => oracle(...inputs.map((input) => columns[input])),
  window,
})

const close = ['close'] as const
const pair = ['close', 'other'] as const
const hlc = ['high', 'low', 'close'] as const
const hlcv = [...hlc, 'volume'] as const
const ohlc = ['open', ...hlc] as const

/** Every operator, windows of `n` >= 3 rows. */
export const operatorCases = (n: number): OperatorCase[] =>
  [averages, candles, moments, volatilities, sums, changes].flatMap((cases) => cases(n))

const averages = (n: number): OperatorCase[] => [
  of('Sma', close, n, (s) => new all.Sma(n, s), (c) => all.smaOf(c!, n)),
  of('Wma', close, n, (s) => new all.Wma(n, s), (c) => all.wmaOf(c!, n)),
  of('Ema', close, Infinity, (s) => new all.Ema(n, s), (c) => all.emaOf(c!, n)),
  of('Smma', close, Infinity, (s) => new all.Smma(n, s), (c) => all.smmaOf(c!, n)),
  of('Macd', close, Infinity, (s) => new all.Macd(n, 2 * n, 3, s), (c) => all.macdOf(c!, n, 2 * n, 3)),
  of('Rsi', close, Infinity, (s) => new all.Rsi(n, s), (c) => all.rsiOf(c!, n)),
  of('Roc', close, n + 1, (s) => new all.Roc(n, s), (c) => all.rocOf(c!, n)),
  of('EfficiencyRatio', close, n + 1, (s) => new all.EfficiencyRatio(n, s), (c) => all.efficiencyRatioOf(c!, n)),
]

const candles = (n: number): OperatorCase[] => [
  of('TrueRange', hlc, 2, (s) => new all.TrueRange(s), (h, l, c) => all.trueRangeOf(h!, l!, c!)),
  of('Atr', hlc, Infinity, (s) => new all.Atr(n, s), (h, l, c) => all.atrOf(h!, l!, c!, n)),
  of('Adx', hlc, Infinity, (s) => new all.Adx(n, s), (h, l, c) => all.adxOf(h!, l!, c!, n)),
  of('Alligator', ['high', 'low'], Infinity, (s) => new all.Alligator([n, 4], [3, 1], [2, 0], s),
    (h, l) => all.alligatorOf(h!, l!, [n, 4], [3, 1], [2, 0])),
  of('Stochastic', hlc, n + 2, (s) => new all.Stochastic(n, 2, 3, s),
    (h, l, c) => all.stochasticOf(h!, l!, c!, n, 2, 3)),
  of('WilliamsR', hlc, n, (s) => new all.WilliamsR(n, s), (h, l, c) => all.williamsROf(h!, l!, c!, n)),
  of('ParabolicSar', ['high', 'low'], Infinity, (s) => new all.ParabolicSar(0.02, 0.2, s),
    (h, l) => all.parabolicSarOf(h!, l!)),
  of('Cmf', hlcv, n, (s) => new all.Cmf(n, s), (h, l, c, v) => all.cmfOf(h!, l!, c!, v!, n)),
]

const moments = (n: number): OperatorCase[] => [
  of('MovingMoments', close, n, (s) => new all.MovingMoments(n, s), (c) => all.movingMomentsOf(c!, n)),
  of('StandardDeviation', close, n, (s) => new all.StandardDeviation(n, s), (c) => all.standardDeviationOf(c!, n)),
  of('BollingerBands', close, n, (s) => new all.BollingerBands(n, 2, s), (c) => all.bollingerBandsOf(c!, n, 2)),
  of('MovingCovariance', pair, n, (s) => new all.MovingCovariance(n, s), (x, y) => all.movingCovarianceOf(x!, y!, n)),
  of('Correlation', pair, n, (s) => new all.Correlation(n, s), (x, y) => all.correlationOf(x!, y!, n)),
  of('LinearRegression', pair, n, (s) => new all.LinearRegression(n, s), (x, y) => all.linearRegressionOf(x!, y!, n)),
  of('Beta', pair, n + 1, (s) => new all.Beta(n, s), (x, y) => all.betaOf(x!, y!, n)),
  of('Slope', close, n, (s) => new all.Slope(n, s), (c) => all.slopeOf(c!, n)),
  of('MovingExtremes', close, n, (s) => new all.MovingExtremes(n, s), (c) => all.movingExtremesOf(c!, n)),
  of('MovingQuantile', close, n, (s) => new all.MovingQuantile(n, 0.3, s), (c) => all.movingQuantileOf(c!, n, 0.3)),
  of('VarianceRatio', close, 3 * n + 1, (s) => new all.VarianceRatio(3 * n, 4, s),
    (c) => all.varianceRatioOf(c!, 3 * n, 4)),
]

const volatilities = (n: number): OperatorCase[] => [
  of('CloseToClose', close, n, (s) => new all.CloseToClose(n, 365, s), (c) => all.closeToCloseOf(c!, n, 365)),
  of('Parkinson', ['high', 'low'], n, (s) => new all.Parkinson(n, 365, s), (h, l) => all.parkinsonOf(h!, l!, n, 365)),
  of('GarmanKlass', ohlc, n, (s) => new all.GarmanKlass(n, 365, s),
    (o, h, l, c) => all.garmanKlassOf(o!, h!, l!, c!, n, 365)),
  of('RogersSatchell', ohlc, n, (s) => new all.RogersSatchell(n, 365, s),
    (o, h, l, c) => all.rogersSatchellOf(o!, h!, l!, c!, n, 365)),
  of('GarmanKlassYangZhang', ohlc, n + 1, (s) => new all.GarmanKlassYangZhang(n, 365, s),
    (o, h, l, c) => all.garmanKlassYangZhangOf(o!, h!, l!, c!, n, 365)),
  of('YangZhang', ohlc, n + 1, (s) => new all.YangZhang(n, 365, s),
    (o, h, l, c) => all.yangZhangOf(o!, h!, l!, c!, n, 365)),
]

const sums = (n: number): OperatorCase[] => [
  of('Vwap', ['close', 'volume'], Infinity, (s) => new all.Vwap(s), (c, v) => all.vwapOf(c!, v!)),
  of('Adl', hlcv, Infinity, (s) => new all.Adl(s), (h, l, c, v) => all.adlOf(h!, l!, c!, v!)),
  of('Obv', ['close', 'volume'], Infinity, (s) => new all.Obv(s), (c, v) => all.obvOf(c!, v!)),
  of('ExponentialSum', ['volume', 'elapsed'], Infinity, (s) => new all.ExponentialSum(n, s),
    (v, t) => all.exponentialSumOf(v!, t!, n)),
  of('ExponentialVariance', close, Infinity, (s) => new all.ExponentialVariance(0.94, n, s),
    (c) => all.exponentialVarianceOf(c!, 0.94, n)),
  of('ExponentialCovariance', pair, Infinity, (s) => new all.ExponentialCovariance(0.9, n, s),
    (x, y) => all.exponentialCovarianceOf(x!, y!, 0.9, n)),
]

const changes = (n: number): OperatorCase[] => {
  const drift = { minimum: n, delta: 0.1, threshold: 30, alpha: 0.99 }
  const runs = { expectedRun: 10 * n, mean: 100, beta: 4, cap: 200 }
  return [
    of('PageHinkley', close, Infinity, (s) => new all.PageHinkley(drift, s), (c) => all.pageHinkleyOf(c!, drift)),
    of('Adwin', close, Infinity, (s) => new all.Adwin({ clock: n }, s), (c) => all.adwinOf(c!, { clock: n })),
    of('RunLengths', close, Infinity, (s) => new all.RunLengths(runs, s), (c) => all.runLengthsOf(c!, runs)),
  ]
}

/** Names of outputs in the order of the oracle, `value` where it has but one. */
export const oracleOf = (one: OperatorCase, rows: readonly Row[]): Readonly<Record<string, Float64Array>> => {
  const found = one.oracle(columnsOf(rows))
  return found instanceof Float64Array ? { value: found } : found
}

/** Every output after each row, by name. */
export function run(one: OperatorCase, rows: readonly Row[], names: readonly string[] = ['value'], on = one.make()) {
  const outputs = Object.fromEntries(names.map((name) => [name, new Float64Array(rows.length)]))
  rows.forEach((row, i) => {
    one.add(on, row)
    for (const name of names) outputs[name]![i] = (on as unknown as Record<string, number>)[name]!
  })
  return outputs
}

/** Places where two columns differ by more than `tolerance`, relative to numbers above 1, or one alone is missing. */
export const differing = (got: ArrayLike<number>, want: ArrayLike<number>, tolerance = 1e-9): number[] =>
  Array.from(got).flatMap((value, i) => (isNear(value, want[i] ?? NaN, tolerance) ? [] : [i]))

export const isNear = (a: number, b: number, tolerance: number): boolean =>
  Number.isNaN(a) ? Number.isNaN(b) : a === b || Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b))
