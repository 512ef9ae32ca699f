import { mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync, copyFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { MarketInput, Source } from '@tapeloom/core'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { candleSource } from './candle-source.ts'
import { DecimalPlaces } from './decimal-places.ts'
import { tryFileName } from './file-name.ts'
import { parquetSource } from './parquet-source.ts'

const root = resolve(import.meta.dirname, '../../../..')
const data = resolve(root, process.env['TAPELOOM_DATA'] ?? '../shared/data')
const absent = !existsSync(data)
if (absent) console.warn(`[data] ${data} is absent: tests on recorded data are skipped. Set TAPELOOM_DATA.`)
const candles = (name: string): string => join(data, 'candles', `${name}.parquet`)
const scratch = mkdtempSync(join(tmpdir(), 'tapeloom-'))
afterAll(() => rmSync(scratch, { recursive: true }))

async function all(source: Source, after?: number, most = Infinity): Promise<MarketInput[]> {
  const inputs: MarketInput[] = []
  const abort = new AbortController()
  for await (const chunk of source.events({ after, signal: abort.signal })) {
    inputs.push(...(Array.isArray(chunk) ? (chunk as MarketInput[]) : [chunk as MarketInput]))
    if (inputs.length >= most) abort.abort()
  }
  return inputs
}

describe('DecimalPlaces', () => {
  test('equals the places of the shortest text', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(1e9), fc.nat(8)), { minLength: 1 }), (pairs) => {
        const values = pairs.map(([n, places]) => Number(`${n}e-${places}`))
        const decimals = new DecimalPlaces()
        decimals.add(Float64Array.from(values))
        const places = values
          .map((value) => Number(value.toFixed(8)).toString())
          .map((text) =>
            text.includes('e-')
              ? Number(text.split('e-')[1]) + (text.split('e')[0]!.split('.')[1]?.length ?? 0)
              : (text.split('.')[1]?.length ?? 0),
          )
        expect(decimals.places).toBe(Math.max(...places))
      }),
    )
  })
  test('leaves out what is missing, and cuts floating dust to safe integers of steps', () => {
    const decimals = new DecimalPlaces()
    decimals.add(Float64Array.of(NaN, Infinity, 5))
    expect(decimals.step).toBe('1')
    decimals.add(Float64Array.of(0.1 + 0.2, 60_000))
    expect(Number.isSafeInteger(60_000 / Number(decimals.step))).toBe(true)
    expect(decimals.places).toBeLessThanOrEqual(12)
    decimals.add(Float64Array.of(1e9))
    expect(Math.round(1e9 / Number(decimals.step))).toBeLessThanOrEqual(Number.MAX_SAFE_INTEGER)
  })
})

test.each([
  [
    'a/b/binance-spot_BTCUSDT_1m_2025-05-20_2025-07-31.parquet',
    { venue: 'binance-spot', symbol: 'BTC/USDT', timeframe: '1m', sparse: false },
  ],
  [
    'kraken-spot_BTCUSDC_1m_2023-01-01_2023-03-31_sparse.parquet',
    { venue: 'kraken-spot', symbol: 'BTC/USDC', timeframe: '1m', sparse: true },
  ],
  [
    'binance-usdm_ETHUSDT-PERP_15m_a_b.parquet',
    { venue: 'binance-usdm', symbol: 'ETH/USDT:USDT', timeframe: '15m', sparse: false },
  ],
  ['c:\\x\\v_btcfdusd_20240808_tape.parquet', { venue: 'v', symbol: 'BTC/FDUSD', timeframe: undefined, sparse: false }],
  ['v_ETHBTC_1d_a_b.parquet', { venue: 'v', symbol: 'ETH/BTC', timeframe: '1d', sparse: false }],
  ['v_BTCXXX_1m_a_b.parquet', undefined],
  ['v_USDT_1m_a_b.parquet', undefined],
  ['BTCUSDT.parquet', undefined],
  ['v_BTCUSDT_1m_a_b.csv', { venue: 'v', symbol: 'BTC/USDT', timeframe: '1m', sparse: false }],
  ['v_BTCUSDT_1M_a_b.csv', { venue: 'v', symbol: 'BTC/USDT', timeframe: undefined, sparse: false }],
  ['v_BTCUSDT_1m_a_b.txt', undefined],
])('%s is read by its name', (path, wanted) => {
  expect(tryFileName(path)).toEqual(wanted)
})

describe('candleSource', () => {
  const list = Array.from({ length: 2500 }, (_, i) => ({
    openTime: i * 60e6,
    open: i + 0.25,
    high: i + 1,
    low: i,
    close: i + 0.5,
    volume: 0.001,
  }))
  const source = candleSource('BTC/USDT', '1m', list)

  test('yields closed candles with the time of their close', async () => {
    const inputs = await all(source)
    expect(inputs).toHaveLength(2500)
    expect(inputs[1]).toEqual({ kind: 'candle', symbol: 'BTC/USDT', tsEvent: 120e6, timeframe: '1m', ...list[1] })
    expect(source).toMatchObject({ name: 'local:BTC/USDT:1m', live: false, length: 2500 })
  })
  test('takes tick and lot from the most decimals', () => {
    expect(source.instruments[0]).toMatchObject({
      venue: 'local',
      tick: { k: 1, scale: 100 },
      lot: { k: 1, scale: 1000 },
    })
    expect(candleSource('BTC/USDT', '1m', [], { venue: 'v' }).instruments[0]).toMatchObject({
      venue: 'v',
      tickSize: 1,
      lotSize: 1,
    })
  })
  test('goes on after what was acknowledged, and stops when told', async () => {
    expect(await all(source, 1500)).toEqual((await all(source)).slice(1500))
    expect((await all(source, undefined, 1)).length).toBeLessThan(2500)
  })
})

describe.skipIf(absent)('parquetSource on recorded files', () => {
  const minutes = 'binance-spot_BTCUSDT_1m_2025-05-20_2025-07-31'

  test('reads every candle of a file, its instrument and its length', async () => {
    const source = parquetSource(candles(minutes))
    expect([source.length, source.instruments]).toEqual([undefined, []])
    await source.prepare?.()
    expect(source.length).toBe(105_120)
    expect(source.instruments).toMatchObject([
      { symbol: 'BTC/USDT', venue: 'binance-spot', tickSize: 0.01, lotSize: 0.000001, kind: 'spot' },
    ])
    const inputs = await all(source)
    expect(inputs).toHaveLength(105_120)
    expect(inputs[0]).toEqual({
      kind: 'candle',
      symbol: 'BTC/USDT',
      timeframe: '1m',
      openTime: Date.UTC(2025, 4, 20) * 1000,
      tsEvent: Date.UTC(2025, 4, 20, 0, 1) * 1000,
      open: 105573.73,
      high: 105597.1,
      low: 105554.31,
      close: 105554.32,
      volume: 10.82647,
    })
    expect(inputs.at(-1)?.tsEvent).toBe(Date.UTC(2025, 7, 1) * 1000)
  })
  test('merges files by time, the finer candle first, and reads again alike', async () => {
    const eth = 'binance-spot_ETHUSDT_15m_2025-05-20_2025-07-31'
    const source = parquetSource(
      candles('binance-spot_BTCUSDT_15m_2025-05-20_2025-07-31'),
      candles(eth),
      candles('binance-spot_BTCUSDT_5m_2025-05-20_2025-07-31'),
    )
    const inputs = await all(source)
    expect(inputs).toHaveLength(21_024 + 2 * 7_008)
    expect(inputs.slice(0, 6).map((input) => [input.symbol, 'timeframe' in input && input.timeframe])).toEqual([
      ['BTC/USDT', '5m'],
      ['BTC/USDT', '5m'],
      ['BTC/USDT', '5m'],
      ['BTC/USDT', '15m'],
      ['ETH/USDT', '15m'],
      ['BTC/USDT', '5m'],
    ])
    const times = inputs.map(({ tsEvent }) => tsEvent ?? NaN)
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    expect(await all(source, 30_000)).toEqual(inputs.slice(30_000))
    expect(source.instruments.map(({ symbol }) => symbol)).toEqual(['BTC/USDT', 'ETH/USDT'])
  })
  test('a file in which empty minutes are absent says so', async () => {
    const source = parquetSource(candles('kraken-spot_BTCUSDC_1m_2023-01-01_2023-03-31_sparse'))
    await source.prepare?.()
    expect([source.absentMeans, source.length]).toEqual(['empty', 56_717])
  })
  test('reads trades with both times, the aggressor and the id', async () => {
    const source = parquetSource(join(data, 'trades/binance-spot_btcusdt_20240808_tape.parquet'))
    const inputs = await all(source)
    expect(inputs).toHaveLength(9757)
    expect(inputs[0]).toEqual({
      kind: 'trade',
      symbol: 'BTC/USDT',
      tsEvent: 1723161255342_000,
      tsInit: 1723161254087_896,
      price: 61837.63,
      quantity: 0.02,
      aggressor: 'sell',
      id: '3735683259',
    })
    expect(source.instruments).toMatchObject([{ venue: 'binance-spot', tickSize: 0.01, lotSize: 0.00001 }])
    expect(source.absentMeans).toBe('gap')
  })
  test('reads trades of another layout too', async () => {
    const inputs = await all(parquetSource(join(data, 'trades/binance-spot_BTCUSDT_2021-01-08_first2001.parquet')))
    expect(inputs).toHaveLength(2001)
    expect(inputs[0]).toMatchObject({
      tsEvent: Date.UTC(2021, 0, 8, 0, 0, 0, 278) * 1000,
      price: 39432.48,
      quantity: 0.000263,
      id: '553287559',
      aggressor: 'sell',
    })
  })
  test('options tell what a name does not', async () => {
    const path = join(scratch, 'mine.parquet')
    copyFileSync(candles('binance-spot_BTCUSDT_15m_2025-05-20_2025-07-31'), path)
    await expect(parquetSource(path).prepare?.()).rejects.toMatchObject({ code: 'source.name' })
    await expect(parquetSource(path, { symbol: 'A/B' }).prepare?.()).rejects.toThrow('does not tell the venue')
    await expect(parquetSource(path, { symbol: 'A/B', venue: 'v' }).prepare?.()).rejects.toThrow(
      'does not tell the timeframe',
    )
    const source = parquetSource(path, { symbol: 'A/B', venue: 'v', timeframe: '15m' })
    expect((await all(source))[0]).toMatchObject({ symbol: 'A/B', timeframe: '15m' })
    expect(source.instruments[0]?.venue).toBe('v')
  })
  test('one symbol from two venues is an error that says what to do', async () => {
    const other = join(scratch, 'other_BTCUSDT_15m_a_b.parquet')
    copyFileSync(candles('binance-spot_BTCUSDT_15m_2025-05-20_2025-07-31'), other)
    await expect(
      parquetSource(candles('binance-spot_BTCUSDT_5m_2025-05-20_2025-07-31'), other).prepare?.(),
    ).rejects.toThrow("BTC/USDT comes from 'binance-spot' and 'other'. Give each venue")
  })
  test('a truncated or damaged file is an error with its path', async () => {
    const whole = readFileSync(candles('binance-spot_BTCUSDT_15m_2025-05-20_2025-07-31'))
    const [cut, damaged] = [
      join(scratch, 'v_BTCUSDT_15m_cut_x.parquet'),
      join(scratch, 'v_BTCUSDT_15m_damaged_x.parquet'),
    ]
    writeFileSync(cut, whole.subarray(0, whole.length / 2))
    writeFileSync(damaged, Buffer.from(whole).fill(0, 5000, 60_000))
    for (const path of [cut, damaged]) {
      await expect(parquetSource(path).prepare?.()).rejects.toMatchObject({
        code: 'source.parquet',
        message: expect.stringContaining(path),
      })
    }
  })
})

test('a missing file is an error with its path', async () => {
  await expect(parquetSource('/nowhere/v_BTCUSDT_1m_a_b.parquet').prepare?.()).rejects.toMatchObject({
    code: 'source.missing',
    message: '[source /nowhere/v_BTCUSDT_1m_a_b.parquet] there is no such file. Check the path.',
  })
  expect(() => parquetSource()).toThrow('got no file')
})
