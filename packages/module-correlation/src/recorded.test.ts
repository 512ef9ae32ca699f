import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { CandleMessage, MarketInput } from '@tapeloom/core'
import { harness } from '@tapeloom/core/testing'
import { parquetSource } from '@tapeloom/data'
import { ExponentialCovariance, MovingCovariance } from '@tapeloom/indicators'
import { describe, expect, test } from 'vitest'
import { correlation, hayashiYoshida, hayashiYoshidaRatio, johansen, leadLag, ticksOf, type Ticks } from './index.ts'
import { addTick, createTicks, ticksSince } from './tick-ring.ts'

const folder = resolve(import.meta.dirname, '../../..', process.env['TAPELOOM_DATA'] ?? '../shared/data')
const absent = !existsSync(folder)
if (absent) console.warn(`Skipped: ${folder} is absent. Set TAPELOOM_DATA to the folder of recorded data.`)

async function candles(file: string): Promise<(MarketInput & CandleMessage)[]> {
  const source = parquetSource(`${folder}/candles/${file}.parquet`)
  await source.prepare?.()
  const all: (MarketInput & CandleMessage)[] = []
  for await (const chunk of source.events({ after: undefined, signal: new AbortController().signal }))
    for (const event of [chunk].flat() as MarketInput[]) if (event.kind === 'candle') all.push(event)
  return all
}
const returns = (events: readonly CandleMessage[]) => events.slice(1).map(({ close }, i) => Math.log(Number(close) / Number(events[i]?.close)))

/** Correlation, beta of y against x, and last exponentially weighted correlation of all rows. */
function relation(x: readonly number[], y: readonly number[]) {
  const [window, faded] = [new MovingCovariance(x.length), new ExponentialCovariance()]
  x.forEach((one, i) => (window.add(one, y[i] ?? NaN), faded.add(one, y[i] ?? NaN)))
  return { rho: window.value / Math.sqrt(window.varianceX * window.varianceY), beta: window.value / window.varianceX, faded: faded.correlation }
}

describe.skipIf(absent)('recorded candles', () => {
  test('the minutes of BTC and ETH have the measured correlation and beta, through the module too', async () => {
    const [btc, eth] = [await candles('binance-spot_BTCUSDT_1m_2025-05-20_2025-07-31'), await candles('binance-spot_ETHUSDT_1m_2025-05-20_2025-07-31')]
    const { rho, beta, faded } = relation(returns(btc), returns(eth))
    expect(rho).toBeCloseTo(0.746932518, 6)
    expect(beta).toBeCloseTo(1.457633662, 6)
    expect(faded).toBeCloseTo(0.807346336, 6)
    const host = harness(correlation, { others: ['ETH/USDT'] })
    host.feed([...btc.slice(-2000), ...eth.slice(-2000)])
    const features = host.featuresOf('ETH/USDT')
    expect(features.rhoEwma).toBeCloseTo(0.807346336, 6)
    const last = relation(returns(btc).slice(-1440), returns(eth).slice(-1440))
    expect(features.rho1440).toBeCloseTo(last.rho, 9)
    expect(features.beta).toBeCloseTo(relation(returns(btc).slice(-240), returns(eth).slice(-240)).beta, 9)
  })

  const quarters = (coin: string) => candles(`binance-spot_${coin}USDT_15m_2023-04-01_2023-12-31`)

  test('the quarter hours of six coins have the measured correlation with BTC', async () => {
    const btc = returns(await quarters('BTC'))
    const measured = { ETH: 0.841056, SOL: 0.614114, XRP: 0.556428, DOGE: 0.580314, LTC: 0.69134, ADA: 0.629513 }
    for (const [coin, rho] of Object.entries(measured)) expect(relation(btc, returns(await quarters(coin))).rho).toBeCloseTo(rho, 6)
  })

  test('the daily logs of BTC, ETH and LTC have the eigenvalues and traces of the reference, and no relation', async () => {
    const day = 86_400e6
    const logs = async (coin: string) =>
      (await quarters(coin)).filter(({ openTime }) => openTime % day === day - 900e6).map(({ close }) => Math.log(Number(close)))
    const { eigenvalues, trace, critical } = johansen([await logs('BTC'), await logs('ETH'), await logs('LTC')], { lags: 2 })
    expect(Array.from(eigenvalues)).toEqual([0.07039087, 0.02931644, 0.0083164].map((one) => expect.closeTo(one, 7)))
    expect(Array.from(trace)).toEqual([30.329, 10.403, 2.28].map((one) => expect.closeTo(one, 3)))
    expect(trace.every((one, i) => one < critical[i]!)).toBe(true)
  })
})

const danish = `${folder}/golden/urca_denmark.csv.gz`
if (!existsSync(danish)) console.warn(`Skipped: ${danish} is absent: Danish money demand (Johansen & Juselius 1990) is not tested.`)

test.skipIf(!existsSync(danish))('Danish money demand has the published traces', () => {
  const [names = '', ...rows] = gunzipSync(readFileSync(danish)).toString().trim().split('\n')
  const column = (name: string) => rows.map((row) => Number(row.split(',')[names.split(',').indexOf(name)]))
  const { trace } = johansen(['LRM', 'LRY', 'IBO', 'IDE'].map(column), { lags: 2, seasons: 4 })
  expect(Array.from(trace)).toEqual([49.14, 19.06, 8.69, 2.35].map((one) => expect.closeTo(one, 2)))
})

const ORIGIN_S = 1_723_161_254n
/** Changes of a recorded mid price: logs, at receive times in µs since the origin. Nanoseconds stay: some are within one µs. */
function mids(market: 'usdm' | 'spot'): Ticks {
  const [times, values]: [number[], number[]] = [[], []]
  for (const line of gunzipSync(readFileSync(`${folder}/l2/binance-${market}_btcusdt_20240808.txt.gz`)).toString('latin1').split('\n')) {
    if (!line.includes('@bookTicker"')) continue
    const space = line.indexOf(' ')
    const { data } = JSON.parse(line.slice(space + 1)) as { data: { b: string; a: string } }
    const time = Number(BigInt(line.slice(0, space)) - ORIGIN_S * 1_000_000_000n) / 1000
    const value = Math.log((Number(data.b) + Number(data.a)) / 2)
    if (value === values.at(-1)) continue
    times.push(time)
    values.push(value)
  }
  return ticksOf(Float64Array.from(times), Float64Array.from(values))
}

/** Correlation, about 0, of the last values known on a grid: of previous ticks. */
function previousTick(a: Ticks, b: Ticks, stepUs: number): number {
  const [start, end] = [Math.max(a.times[0]!, b.times[0]!), Math.min(a.times[a.to - 1]!, b.times[b.to - 1]!)]
  const [pointers, before] = [[0, 0], [NaN, NaN]]
  const sums = [0, 0, 0]
  for (let step = 0; start + step * stepUs <= end; step++) {
    const [x = NaN, y = NaN] = [a, b].map(({ times, values, to }, i) => {
      while (pointers[i]! + 1 < to && times[pointers[i]! + 1]! <= start + step * stepUs) pointers[i]!++
      const move = values[pointers[i]!]! - before[i]!
      before[i] = values[pointers[i]!]!
      return move
    })
    if (step === 0) continue
    sums[0]! += x * x
    sums[1]! += y * y
    sums[2]! += x * y
  }
  return sums[2]! / Math.sqrt(sums[0]! * sums[1]!)
}

describe.skipIf(absent)('recorded ticks', () => {
  const last = (file: string): Ticks => {
    const rows = gunzipSync(readFileSync(`${folder}/trades/${file}_2018-08-12.csv.gz`)).toString().trim().split('\n').slice(1)
    const parts = rows.map((row) => row.split(',') as [string, string])
    const times = Float64Array.from(parts, ([date]) => Date.parse(`${date.replace(' ', 'T')}Z`) * 1000)
    return ticksOf(times, Float64Array.from(parts, ([, price]) => Math.log(Number(price))))
  }

  test('bitFlyer leads BTCBOX by 15 s, as published', () => {
    const found = leadLag(last('btcboxJPY'), last('bitflyerJPY'), 1e6, 40)
    expect(found.lagUs).toBe(15e6)
    expect(found.ratio).toBeCloseTo(0.14919, 4)
  })

  test('perpetual and spot have the measured correlations: it fades as the grid gets finer', () => {
    const [perpetual, spot] = [mids('usdm'), mids('spot')]
    const at = (stepUs: number) => previousTick(perpetual, spot, stepUs)
    // The two finest were measured on a grid whose step a double of seconds since 1970 rounds down; on the exact one: .5358 .7254.
    for (const [stepUs, rho] of [[49_999.95231628418, 0.5372], [99_999.90463256836, 0.7295], [5e5, 0.8535], [1e6, 0.8709], [5e6, 0.9585]] as const)
      expect(at(stepUs)).toBeCloseTo(rho, 4)
    expect([at(50_000), at(100_000)]).toEqual([0.5358, 0.7254].map((rho) => expect.closeTo(rho, 4)))
  })

  test('Hayashi and Yoshida see spot and perpetual without a grid: .66 at one time, above 1 with the perpetual 50 ms later', () => {
    const [perpetual, spot] = [mids('usdm'), mids('spot')]
    expect(hayashiYoshidaRatio(spot, perpetual)).toBeCloseTo(0.6607, 3)
    expect(hayashiYoshidaRatio(spot, perpetual, 50_000)).toBeCloseTo(1.1176, 3)
  })

  test('taken to whole microseconds, of which the newest change counts, the same books give other digits', () => {
    const whole = (ticks: Ticks) => {
      const ring = createTicks(10_000)
      for (let i = 0; i < ticks.to; i++) addTick(ring, Math.floor(ticks.times[i]!), Math.exp(ticks.values[i]!))
      return ticksSince(ring, 0)
    }
    const [perpetual, spot] = [whole(mids('usdm')), whole(mids('spot'))]
    expect([perpetual.to, spot.to]).toEqual([1942, 2536])
    expect(hayashiYoshidaRatio(spot, perpetual)).toBeCloseTo(0.6777, 3)
    expect(hayashiYoshidaRatio(spot, perpetual, 50_000)).toBeGreaterThan(1)
  })

  const sample = `${folder}/golden/highfrequency_rHYCov.json.gz`
  if (!existsSync(sample)) console.warn(`Skipped: ${sample} is absent: rHYCov of the R package highfrequency is not tested.`)

  test.skipIf(!existsSync(sample))('the sample of rHYCov has its published covariance', () => {
    type Sample = { readonly times: number[][]; readonly logs: number[][]; readonly covariance: number }
    const { times, logs, covariance } = JSON.parse(gunzipSync(readFileSync(sample)).toString()) as Sample
    const [a, b] = times.map((one, i) => ticksOf(Float64Array.from(one), Float64Array.from(logs[i] ?? []))) as [Ticks, Ticks]
    expect(hayashiYoshida(a, b) / covariance).toBeCloseTo(1, 3)
  })
})
