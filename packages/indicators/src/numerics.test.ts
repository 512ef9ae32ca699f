import { describe, expect, test } from 'vitest'
import {
  Adl, Adx, Alligator, CloseToClose, Cmf, Correlation, EfficiencyRatio, Ema, emaOf, ExponentialSum,
  ExponentialVariance, LinearRegression, Macd, MovingMoments, MovingQuantile, Obv, ParabolicSar, Parkinson, Roc, Rsi, Slope, Sma,
  smaOf, Stochastic, VarianceRatio, Vwap, WilliamsR, YangZhang,
} from './index.ts'

test('a million prices near 60,000 with a bad tick of 1e7 leave mean and variance exact', () => {
  const length = 200
  const moments = new MovingMoments(length)
  const sma = new Sma(length)
  const window = new Float64Array(length)
  let [seed, worstVariance, worstMean] = [1, 0, 0]
  for (let i = 0; i < 1_000_000; i++) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    window[i % length] = i === 400_000 ? 1e7 : 60_000 + (seed % 1000) / 100
    const mean = moments.add(window[i % length]!)
    const simple = sma.add(window[i % length]!)
    if (i < length || (i % 10_007 !== 0 && Math.abs(i - 400_200) > 300)) continue
    const center = window.reduce((sum, value) => sum + value) / length
    const variance = window.reduce((sum, value) => sum + (value - center) * (value - center), 0) / length
    worstVariance = Math.max(worstVariance, Math.abs(moments.variance / variance - 1))
    worstMean = Math.max(worstMean, Math.abs(mean / center - 1), Math.abs(simple / center - 1))
  }
  expect(worstVariance).toBeLessThan(1e-8)
  expect(worstMean).toBeLessThan(1e-12)
})

test('a value of 1e300 and a missing one are gone when they leave the window', () => {
  const sma = new Sma(3)
  const values = [1, 2, 3, 1e300, 4, 5, 6, NaN, 7, 8, 9].map((value) => sma.add(value))
  expect(values.slice(0, 3)).toEqual([NaN, NaN, 2])
  expect(values[6]).toBe(5)
  expect(values.slice(7)).toEqual([NaN, NaN, NaN, 8])
})

test('a missing value starts the seed of a recursive mean anew', () => {
  const ema = new Ema(2)
  expect([1, 3, NaN, 5, 7].map((value) => ema.add(value))).toEqual([NaN, 2, NaN, NaN, 6])
})

test('a mean is seeded with the mean of its first values', () => {
  const ema = new Ema(3)
  expect([1, 2, 6, 7].map((value) => ema.add(value))).toEqual([NaN, NaN, 3, 5])
})

describe('a market that stands still', () => {
  const values = <K>(kernel: K, add: (kernel: K) => number) => Array.from({ length: 40 }, () => add(kernel)).at(-1)
  test('has no score, index or ratio of nothing to nothing', () => {
    expect(values(new Rsi(3), (kernel) => kernel.add(5))).toBeNaN()
    expect(values(new WilliamsR(3), (kernel) => kernel.add(5, 5, 5))).toBeNaN()
    expect(values(new Stochastic(3), (kernel) => kernel.add(5, 5, 5))).toBeNaN()
    expect(values(new Adx(3), (kernel) => kernel.add(5, 5, 5))).toBeNaN()
    expect(values(new Correlation(3), (kernel) => kernel.add(5, 5))).toBeNaN()
    expect(values(new EfficiencyRatio(3), (kernel) => kernel.add(5))).toBeNaN()
    expect(values(new VarianceRatio(9, 3), (kernel) => kernel.add(5))).toBeNaN()
    expect(values(new Cmf(3), (kernel) => kernel.add(5, 5, 5, 0))).toBeNaN()
  })
  test('has a volatility of 0', () => {
    expect(values(new CloseToClose(5, 365), (kernel) => kernel.add(5))).toBe(0)
    expect(values(new YangZhang(5, 365), (kernel) => kernel.add(5, 5, 5, 5))).toBe(0)
    const moments = new MovingMoments(5)
    expect(values(moments, () => moments.add(0.1))).toBe(0.1)
    expect(moments.variance).toBe(0)
  })
})

describe('what a value means', () => {
  const feed = <K extends { add(value: number): number }>(kernel: K, of: (i: number) => number) => {
    for (let i = 0; i < 100; i++) kernel.add(of(i))
    return kernel
  }
  test('a slope is above 0 where the line rises, and the line ends on a straight series', () => {
    const slope = feed(new Slope(10), (i) => 3 + 2 * i)
    expect(slope.value).toBeCloseTo(2, 12)
    expect(slope.intercept).toBeCloseTo(1, 9)
    expect(slope.line).toBeCloseTo(201, 9)
    expect(slope.rSquared).toBeCloseTo(1, 12)
  })
  test('the histogram of Macd is above 0 while a rise quickens', () => {
    expect(feed(new Macd(), (i) => i * i).histogram).toBeGreaterThan(0)
  })
  test('a variance ratio is above 1 where moves go on and below where they turn back', () => {
    expect(feed(new VarianceRatio(60, 4), (i) => 100 + 5 * Math.sin(i / 6)).value).toBeGreaterThan(1)
    expect(feed(new VarianceRatio(60, 4), (i) => 100 + (i % 2)).value).toBeLessThan(1)
  })
  test('two pairs have a line and no residual variance', () => {
    const line = new LinearRegression(2)
    line.add(1, 5)
    expect([line.add(3, 9), line.intercept, line.rSquared, line.residualVariance]).toEqual([2, 3, 1, NaN])
  })
  test('a rate of change from 0 has no value', () => {
    const roc = new Roc(1)
    expect([0, 5, 10].map((value) => roc.add(value))).toEqual([NaN, NaN, 100])
  })
  test('the efficiency of a straight way is 1', () => {
    expect(feed(new EfficiencyRatio(10), (i) => i).value).toBe(1)
  })
  test('an index of rises alone is 100, of falls alone 0', () => {
    expect(feed(new Rsi(), (i) => i).value).toBe(100)
    expect(feed(new Rsi(), (i) => -i).value).toBe(0)
  })
  test('the on-balance volume adds what closed higher and takes off what closed lower', () => {
    const obv = new Obv()
    expect([[5, 9], [6, 2], [6, 7], [4, 3]].map(([close, volume]) => obv.add(close!, volume!))).toEqual([0, 2, 2, -1])
  })
  test('money flows in at the high, out at the low, and not at all in a candle without a range', () => {
    const line = new Adl()
    const values = [line.add(9, 5, 9, 10), line.add(9, 5, 5, 4), line.add(9, 5, 7, 4), line.add(7, 7, 7, 50)]
    expect(values).toEqual([10, 6, 6, 6])
    expect(line.add(7, 7, NaN, 1)).toBeNaN()
  })
  test('+DI is above −DI while prices rise', () => {
    const adx = new Adx(5)
    for (let i = 0; i < 50; i++) adx.add(i + 1, i, i + 0.5)
    expect(adx.plusDi).toBeGreaterThan(adx.minusDi)
    expect(adx.value).toBeCloseTo(100, 9)
  })
  test('the stop is below the lows of a rise and above the highs of a fall', () => {
    const stop = new ParabolicSar()
    const at = (i: number) => (i < 30 ? 100 - i : i < 60 ? 40 + i : 160 - i)
    for (let i = 0; i < 59; i++) stop.add(at(i) + 1, at(i) - 1)
    expect(stop.value).toBeLessThan(at(58) - 1)
    for (let i = 59; i < 90; i++) stop.add(at(i) + 1, at(i) - 1)
    expect(stop.value).toBeGreaterThan(at(89) + 1)
  })
  test('a fading sum loses all but 1/e in one decay', () => {
    const sum = new ExponentialSum(1e6)
    sum.add(10, 0)
    expect(sum.add(0, 1e6)).toBeCloseTo(10 / Math.E, 12)
  })
  test('an exponential variance is the mean square of its seed, then decays', () => {
    const variance = new ExponentialVariance(0.5, 2)
    expect([1, 3, 3].map((change) => variance.add(change))).toEqual([NaN, 5, 7])
  })
  test('any quantile of the window can be asked', () => {
    const median = feed(new MovingQuantile(5), (i) => (i * 7) % 100)
    expect(median.value).toBe(79)
    expect([0, 0.25, 0.5, 0.625, 1].map((share) => median.at(share))).toEqual([65, 72, 79, 82.5, 93])
  })
  test('no volume has no weighted mean, and a reset begins anew', () => {
    const vwap = new Vwap()
    expect(vwap.add(5, 0)).toBeNaN()
    expect(vwap.add(5, 2)).toBe(5)
    vwap.reset()
    expect(vwap.add(7, 1)).toBe(7)
  })
})

test.each([0, -1, 1.5, NaN])('length %s is an error that says so', (length) => {
  for (const make of [
    () => new Sma(length), () => new Ema(length), () => smaOf([1], length), () => emaOf([1], length),
    () => new Parkinson(length, 365), () => new Stochastic(length), () => new VarianceRatio(length, 2),
    () => new MovingQuantile(length), () => new Macd(12, 26, length),
  ])
    expect(make).toThrow(`length ${length} is not a whole number`)
})

test('parameters out of range are errors that name them', () => {
  expect(() => new VarianceRatio(4, 4)).toThrow('[indicators VarianceRatio] length 4 is not in 5')
  expect(() => new VarianceRatio(9, 1)).toThrow('q 1 is not in 2')
  expect(() => new MovingQuantile(5, 1.1)).toThrow('share 1.1 is not in 0 … 1')
  expect(() => new Parkinson(5, 0)).toThrow('periods 0 is not in')
  expect(() => new ParabolicSar(0.3, 0.2)).toThrow('step 0.3 is not in')
  expect(() => new ExponentialSum(0)).toThrow('decay 0 is not in')
  expect(() => new ExponentialVariance(2)).toThrow('decay 2 is not in 0 … 1')
  expect(() => new CloseToClose(2, 365)).toThrow('length 2 is not in 3')
  expect(() => new Alligator([13, -1])).toThrow('shift -1 is not in 0')
})

test('the rank of a value is the share of the window that is not above it, missing numbers left out', () => {
  const quantile = new MovingQuantile(4)
  for (const value of [9, 3, 1]) quantile.add(value)
  expect(quantile.rank(3)).toBeNaN()
  quantile.add(3)
  expect([0, 1, 2, 3, 8, 9, 10, NaN].map((value) => quantile.rank(value))).toEqual([0, 0.25, 0.25, 0.75, 0.75, 1, 1, NaN])
  quantile.add(NaN)
  expect([1, 3].map((value) => quantile.rank(value))).toEqual([1 / 3, 1])
})
