import { describe, expect, test } from 'vitest'
import {
  Adl, Adx, Alligator, Atr, Beta, BollingerBands, CloseToClose, Cmf, Correlation, Ema, GarmanKlass,
  GarmanKlassYangZhang, type Kernel, Macd, Obv, ParabolicSar, Parkinson, Roc, RogersSatchell, Rsi, Slope, Sma, Smma, StandardDeviation,
  Stochastic, TrueRange, VarianceRatio, varianceRatioOf, Vwap, WilliamsR, Wma, YangZhang,
} from './index.ts'
import { absence, expected, spy } from './testing/golden.ts'
import { isNear, type Row } from './testing/operator-cases.ts'

interface Vector<K extends Kernel> {
  readonly kernel: K
  readonly add: (kernel: K, row: Row) => number
  /** The reference's name → our output. */
  readonly fields: Readonly<Record<string, keyof K & string>>
  /** Fields of the reference that are not ours, and why. */
  readonly others?: readonly string[]
}

/** Rows and fields that differ from the reference, and fields of it that nobody compares. */
function differences<K extends Kernel>(name: string, { kernel, add, fields, others = [] }: Vector<K>): string[] {
  const rows = expected(name)
  const known = new Set([...Object.keys(fields), ...others, 'timestamp'])
  const unknown = Object.keys(rows[0]!).filter((field) => !known.has(field))
  const found = spy().flatMap((row, i) => {
    add(kernel, row)
    return Object.entries(fields).flatMap(([field, output]) => {
      const [got, want] = [kernel[output] as number, rows[i]![field]]
      return isNear(got, want === null ? NaN : Number(want), 1e-9) ? [] : [`row ${i} ${field}: ${got}, not ${want}`]
    })
  })
  return [...unknown.map((field) => `${field} is not compared`), ...found]
}
const vector = <K extends Kernel>(name: string, one: Vector<K>): [string, () => string[]] =>
  [name, () => differences(name, one)]

type OfCandle = { add(high: number, low: number, close: number): number }
const candle = (kernel: OfCandle, { high, low, close }: Row) => kernel.add(high, low, close)
const flow = (kernel: Adl | Cmf, { high, low, close, volume }: Row) => kernel.add(high, low, close, volume)
const closes = (kernel: { add(value: number): number }, { close }: Row) => kernel.add(close)
const money = { moneyFlowMultiplier: 'multiplier', moneyFlowVolume: 'flow' } as const

const vectors: [string, () => string[]][] = [
  vector('sma', { kernel: new Sma(20), add: closes, fields: { sma: 'value' } }),
  vector('ema', { kernel: new Ema(20), add: closes, fields: { ema: 'value' } }),
  vector('wma', { kernel: new Wma(14), add: closes, fields: { wma: 'value' } }),
  vector('smma', { kernel: new Smma(20), add: closes, fields: { smma: 'value' } }),
  vector('rsi', { kernel: new Rsi(14), add: closes, fields: { rsi: 'value' } }),
  vector('roc', { kernel: new Roc(14), add: closes, fields: { roc: 'value', momentum: 'momentum' } }),
  vector('tr', { kernel: new TrueRange(), add: candle, fields: { tr: 'value' } }),
  vector('atr', { kernel: new Atr(14), add: candle, fields: { atr: 'value', atrp: 'percent', tr: 'trueRange' } }),
  vector('adx', {
    kernel: new Adx(14), add: candle,
    fields: { adx: 'value', pdi: 'plusDi', mdi: 'minusDi', dx: 'dx', adxr: 'rating' },
  }),
  vector('macd', {
    kernel: new Macd(12, 26, 9), add: closes,
    fields: { macd: 'value', signal: 'signal', histogram: 'histogram', fastEma: 'fastEma', slowEma: 'slowEma' },
  }),
  vector('bb', {
    kernel: new BollingerBands(20, 2), add: closes,
    fields: {
      sma: 'value', upperBand: 'upper', lowerBand: 'lower', percentB: 'percentB', zScore: 'zScore', width: 'width',
    },
  }),
  vector('stoch', {
    kernel: new Stochastic(14, 3, 3), add: candle,
    fields: { oscillator: 'value', signal: 'd', percentJ: 'j', k: 'value', d: 'd', j: 'j' },
  }),
  vector('willr', { kernel: new WilliamsR(14), add: candle, fields: { williamsR: 'value' } }),
  vector('psar', {
    kernel: new ParabolicSar(0.02, 0.2), add: (kernel, { high, low }) => kernel.add(high, low),
    fields: { sar: 'value', isReversal: 'reversal' },
  }),
  vector('obv', {
    kernel: new Obv(), add: (kernel, { close, volume }) => kernel.add(close, volume), fields: { obv: 'value' },
  }),
  vector('vwap', {
    kernel: new Vwap(), add: (kernel, { high, low, close, volume }) => kernel.add((high + low + close) / 3, volume),
    fields: { vwap: 'value' },
  }),
  vector('adl', { kernel: new Adl(), add: flow, fields: { adl: 'value', ...money } }),
  vector('cmf', { kernel: new Cmf(20), add: flow, fields: { cmf: 'value', ...money } }),
  vector('stdev', {
    kernel: new StandardDeviation(14), add: closes, fields: { stdDev: 'value', mean: 'mean', zScore: 'zScore' },
  }),
  vector('slope', {
    kernel: new Slope(14), add: closes,
    fields: { slope: 'value', intercept: 'intercept', stdDev: 'standardDeviation', rSquared: 'rSquared' },
    others: ['line'], // the last line, written back over the rows before it was known: below
  }),
  vector('corr', {
    kernel: new Correlation(20), add: (kernel, { close, other }) => kernel.add(other, close),
    fields: {
      varianceA: 'varianceX', varianceB: 'varianceY', covariance: 'covariance', correlation: 'value',
      rSquared: 'rSquared',
    },
  }),
  vector('beta', {
    kernel: new Beta(50), add: (kernel, { close, other }) => kernel.add(other, close), fields: { beta: 'value' },
    // Null in every row; and returns, which are 0 there where the first row has none: below.
    others: ['betaUp', 'betaDown', 'ratio', 'convexity', 'returnsEval', 'returnsMrkt'],
  }),
  vector('alligator', {
    kernel: new Alligator(), add: (kernel, { high, low }) => kernel.add(high, low),
    fields: { jaw: 'value', teeth: 'teeth', lips: 'lips' },
  }),
]

if (absence !== undefined) console.warn(`[indicators] ${absence}`)

describe.skipIf(absence !== undefined)('the published vectors', () => {
  test.each(vectors)('%s equals every row of the reference, nulls too', (_, found) => {
    expect(found()).toEqual([])
  })

  test('the line of the last slope is the reference’s', () => {
    const slope = new Slope(14)
    for (const row of spy()) slope.add(row.close)
    const lines = expected('slope').map(({ line }) => line)
    expect(lines.filter((line) => line !== null)).toHaveLength(14)
    for (let i = 488; i < 502; i++) expect(slope.intercept + slope.value * (i + 1)).toBeCloseTo(Number(lines[i]), 9)
    expect(slope.line).toBeCloseTo(Number(lines[501]), 9)
  })

  test('the returns of beta are the reference’s from the second row on', () => {
    const beta = new Beta(50)
    const returns = spy().map(({ close, other }) => {
      beta.add(other, close)
      return [beta.assetReturn, beta.marketReturn]
    })
    expect(returns[0]).toEqual([NaN, NaN])
    expect(returns.slice(1)).toEqual(expected('beta').slice(1).map((row) => [row['returnsEval'], row['returnsMrkt']]))
  })

  test('variance ratios and z* of all SPY returns are the published ones', () => {
    const published = {
      2: [0.985134177, -0.181407], 4: [0.972653472, -0.185554], 8: [0.940407011, -0.2681], 16: [0.756262566, -0.796802],
    }
    const prices = spy().map(({ close }) => close)
    for (const [q, [ratio, z]] of Object.entries(published)) {
      const streaming = new VarianceRatio(501, Number(q))
      for (const price of prices) streaming.add(price)
      const batch = varianceRatioOf(prices, 501, Number(q))
      for (const found of [streaming.value, batch.value.at(-1)]) expect(Math.abs(found! - ratio!)).toBeLessThan(1e-6)
      for (const found of [streaming.z, batch.z.at(-1)]) expect(Math.abs(found! - z!)).toBeLessThan(1e-6)
    }
  })

  test('six volatilities of SPY, 20 days of 252 a year, are those of TTR at rows 100 and 501', () => {
    const kernels = [
      [new CloseToClose(20, 252), ['close'], 0.08276766, 0.29801988],
      [new Parkinson(20, 252), ['high', 'low'], 0.05115904, 0.26285737],
      [new GarmanKlass(20, 252), ['open', 'high', 'low', 'close'], 0.05269628, 0.25787818],
      [new RogersSatchell(20, 252), ['open', 'high', 'low', 'close'], 0.05446806, 0.2540396],
      [new GarmanKlassYangZhang(20, 252), ['open', 'high', 'low', 'close'], 0.06564544, 0.29250452],
      [new YangZhang(20, 252), ['open', 'high', 'low', 'close'], 0.0667449, 0.29257897],
    ] as const
    for (const [kernel, inputs, at100, at501] of kernels) {
      const add = kernel.add.bind(kernel) as (...values: number[]) => number
      const values = spy().map((row) => add(...inputs.map((input) => row[input])))
      expect(Math.abs(values[100]! - at100)).toBeLessThan(1e-8)
      expect(Math.abs(values[501]! - at501)).toBeLessThan(1e-8)
    }
  })
})
