import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { MarketInput, Source } from '@tapeloom/core'
import { afterAll, describe, expect, test } from 'vitest'
import { csvSource } from './csv-source.ts'

const root = mkdtempSync(join(tmpdir(), 'tapeloom-csv-'))
afterAll(() => rmSync(root, { recursive: true }))
const file = (name: string, text: string | Buffer): string => {
  writeFileSync(join(root, name), text)
  return join(root, name)
}
async function inputsOf(source: Source, after?: number): Promise<readonly MarketInput[]> {
  const found: MarketInput[] = []
  for await (const chunk of source.events({ after, signal: new AbortController().signal })) found.push(...(Array.isArray(chunk) ? chunk : [chunk]) as MarketInput[])
  return found
}

const MS = 1_704_067_200_000 // 2024-01-01
const kline = (i: number, unit = 1) =>
  `${(MS + i * 60_000) * unit},42283.58000000,42298.62000000,42261.02000000,42298.61000000,35.92724000,${(MS + i * 60_000 + 59_999) * unit},1519032.74765500,1327,23.18766000,980394.58000000,0`
const first = {
  kind: 'candle', symbol: 'BTC/USDT', timeframe: '1m', openTime: MS * 1000, tsEvent: MS * 1000 + 60e6, open: 42283.58, high: 42298.62, low: 42261.02,
  close: 42298.61, volume: 35.92724, quoteVolume: 1519032.747655, trades: 1327, takerBuyVolume: 23.18766,
}

describe('CSV candles', () => {
  const header = 'open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore'
  test.each([
    ['in ms', `${kline(0)}\n${kline(1)}\n`],
    ['in µs', `${kline(0, 1000)}\n${kline(1, 1000)}\n`],
    ['with a header, a mark, other ends of lines and no last one', `\ufeff${header}\r\n${kline(0)}\r\n\r\n${kline(1)}`],
  ])("of Binance's archive, %s, are candles with all that it says of them", async (_, text) => {
    const source = csvSource(file('BTCUSDT-1m-2024-01.csv', text), { venue: 'binance' })
    await source.prepare?.()
    const inputs = await inputsOf(source)
    expect(inputs[0]).toEqual(first)
    expect(inputs[1]).toMatchObject({ openTime: MS * 1000 + 60e6 })
    expect([source.length, inputs.length, source.absentMeans]).toEqual([2, 2, 'gap'])
    expect(source.instruments[0]).toMatchObject({ symbol: 'BTC/USDT', venue: 'binance', tickSize: 0.01, lotSize: 0.00001 })
  })

  test.each([
    ['seconds', '1704067200'], ['ns', '1704067200000000000'], ['a date', '2024-01-01'], ['a time without a zone', '2024-01-01 00:00:00'],
    ['a time with one', '2024-01-01T01:00:00+01:00'], ['quotes', '"2024-01-01 00:00"'],
  ])('under a header of their own, with times as %s', async (_, time) => {
    const source = csvSource(file('x_BTCUSDT_1m_a_b.csv', `Close;Volume;Date;Open;High;Low;note\n2;5;${time};1;3;0.5;\n`))
    expect(await inputsOf(source)).toEqual([
      { kind: 'candle', symbol: 'BTC/USDT', timeframe: '1m', openTime: MS * 1000, tsEvent: MS * 1000 + 60e6, open: 1, high: 3, low: 0.5, close: 2, volume: 5 },
    ])
  })

  test('of several files come in the order of their closes, the finer first, packed or not, and go on after what was told', async () => {
    const hour = `time,open,high,low,close,volume\n${MS},1,1,1,1,1\n`
    const minutes = [0, 1, 2].map((part) => Array.from({ length: 40 }, (_, i) => kline(40 * part + i)).join('\n'))
    const files = [
      file('binance_BTCUSDT_1m_c.csv', minutes[2]!), file('binance_BTCUSDT_1h_a.csv', hour), file('binance_BTCUSDT_1m_a.csv.gz', gzipSync(minutes[0]!)),
      file('binance_BTCUSDT_1m_b.csv', minutes[1]!),
    ]
    const inputs = await inputsOf(csvSource(...files))
    const closes = inputs.map(({ tsEvent }) => tsEvent!)
    expect(closes).toEqual(closes.toSorted((a, b) => a - b))
    expect(inputs.slice(59, 61)).toMatchObject([{ timeframe: '1m' }, { timeframe: '1h' }])
    expect(inputs).toHaveLength(121)
    expect(await inputsOf(csvSource(...files), 118)).toEqual(inputs.slice(118))
  })

  const head = 'time,open,high,low,close,volume\n'
  const row = `${MS},1,3,0.5,2,5\n`
  test.each([
    ['a cell that is no number', `${head}${row}${MS + 60_000},1,3,0.5,x,5\n`, ":3] close 'x' is no positive number."],
    ['an empty cell', `${head}${MS},1,3,0.5,,5\n`, ":2] close '' is no positive number."],
    ['a negative volume', `${head}${MS},1,3,0.5,2,-5\n`, ":2] volume '-5' is no number from 0."],
    ['a close above the high', `${head}${MS},1,3,0.5,4,5\n`, ':2] open 1 or close 4 is outside of low 0.5 to high 3.'],
    ['a short line', `${head}${row}\n${MS + 60_000},1,3\n`, ':4] has 3 columns, 6 above it.'],
    ['the newest first', `${head}${MS + 60_000},1,3,0.5,2,5\n${row}`, ':3] is not later than the candle above it. Sort the file'],
    ['a candle twice', `${head}${row}${row}`, ':3] is not later than the candle above it.'],
    ['a time within a minute', `${head}${MS + 1000},1,3,0.5,2,5\n`, `:2] time '${MS + 1000}' does not begin a candle of 60 s. Check the timeframe.`],
    ['a time that is none', `${head}yesterday,1,3,0.5,2,5\n`, ":2] time 'yesterday' is none. Write it as 2024-01-31 00:00:00"],
    ['a day that is none', `${head}2024-13-01,1,3,0.5,2,5\n`, ":2] time '2024-13-01' is none."],
    ['a header that lacks a column', 'time,open,high,low,last\n', ":1] the header has no close ('time,open,high,low,last'). Name one of its columns close."],
    ['no header and seven columns', `${MS},1,3,0.5,2,5,9\n`, ':1] has 7 columns and no header.'],
    ['nothing', '', ':0] holds no candles.'],
    ['a header alone', head, ':1] holds no candles.'],
  ])('with %s are refused with the line', async (_, text, what) => {
    const source = csvSource(file('x_BTCUSDT_1m_bad.csv', text))
    await expect(source.prepare?.()).rejects.toMatchObject({ code: 'source.csv', message: expect.stringContaining(`x_BTCUSDT_1m_bad.csv${what}`) as string })
  })

  test('of a name that does not tell enough, of no file, or of a broken archive are refused', async () => {
    const failing = (name: string, options = {}) => csvSource(file(name, kline(0)), options).prepare?.()
    await expect(failing('BTCUSDT-1m-2024-01.csv')).rejects.toThrow('its name does not tell the venue. Name it <venue>_<BASEQUOTE>_<timeframe>_<from>_<to>.csv, or give symbol, venue and timeframe.')
    await expect(failing('some.csv', { venue: 'x' })).rejects.toThrow('does not tell the symbol')
    await expect(failing('x_BTCUSDT_1M_2024.csv')).rejects.toThrow('does not tell the timeframe')
    await expect(failing('x_BTCUSDT_1m_a.csv.gz')).rejects.toMatchObject({ code: 'source.csv' })
    await expect(csvSource(join(root, 'x_BTCUSDT_1m_gone.csv')).prepare?.()).rejects.toMatchObject({ code: 'source.missing' })
    expect(() => csvSource()).toThrow('[csvSource] got no file.')
    const two = csvSource(file('a_BTCUSDT_1m_x.csv', kline(0)), file('b_BTCUSDT_1m_x.csv', kline(0)))
    await expect(two.prepare?.()).rejects.toMatchObject({ code: 'source.venue' })
  })
})
