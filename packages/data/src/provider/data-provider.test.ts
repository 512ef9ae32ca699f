import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineModule, instrument, Orchestrator, type EventOf, type MarketInput, type Store } from '@tapeloom/core'
import { afterAll, describe, expect, test } from 'vitest'
import { simulatedMarket } from '../sim/index.ts'
import { candleSource } from '../source/candle-source.ts'
import { parquetSource } from '../source/parquet-source.ts'
import { memoryStore } from '../store/memory-store.ts'
import { BTC, drive, minute, opened, recording, trade } from '../testing/drive.ts'
import { RecordedHost } from '../testing/recorded-host.ts'
import { DataProvider } from './data-provider.ts'

const folder = mkdtempSync(join(tmpdir(), 'tapeloom-provider-'))
afterAll(() => rmSync(folder, { recursive: true }))

const files = join(process.env['TAPELOOM_DATA'] ?? join(import.meta.dirname, '../../../../../shared/data'))
const hasFiles = existsSync(files)
if (!hasFiles) console.info('Recorded market data is absent: tests of real files are skipped. Set TAPELOOM_DATA.')

const minutes = (count: number): MarketInput[] => Array.from({ length: count }, (_, i) => minute(i, 100 + (i % 9)))

describe('ingest', () => {
  test('pushes inputs beside the sources, in their place in time', async () => {
    const host = new RecordedHost()
    const data = new DataProvider({ sources: [recording([trade(1e6, 10), trade(3e6, 12)])] })
    data.ingest(trade(2e6, 11))
    const feed = data.attach(host)
    await opened(feed)
    data.ingest([trade(2.5e6, 11.5)])
    await drive(feed, host)
    expect(host.lines.filter((line) => line.startsWith('trade')).map((line) => Number(line.split(' ')[4]))).toEqual([10, 11, 11.5, 12])
  })

  test('throws on bad input, and then nothing of it was taken', async () => {
    const host = new RecordedHost()
    const data = new DataProvider({ sources: [recording([])] })
    const feed = data.attach(host)
    await opened(feed)
    expect(() => data.ingest([trade(1e6, 10), trade(1e6, -1)])).toThrow(/\[data ingest\] trade: price is '-1'/)
    expect(() => data.ingest(trade(1e6, 1, 1, { symbol: 'DOGE/USDT' }))).toThrow(/'DOGE\/USDT' is not known. Give its instrument in the option instruments/)
    await drive(feed, host)
    expect(host.lines).toEqual([])
  })

  test('needs no source where instruments are given', async () => {
    const doge = instrument('DOGE/USDT', { venue: 'mine', tickSize: '0.0001', lotSize: '1' })
    const host = new RecordedHost()
    const data = new DataProvider({ instruments: [doge] })
    data.ingest([trade(1e6, 0.1234, 5, { symbol: 'DOGE/USDT' }), { kind: 'reject', code: 'mine.raw', raw: 'x', tsEvent: 1e6 }])
    const feed = data.attach(host)
    await opened(feed)
    await drive(feed, host)
    expect(host.lines.filter((line) => !line.startsWith('begin')).slice(0, 2)).toEqual([
      'trade 0 mine 1 0.1234 5 buy ', expect.stringContaining('reject ingest mine.raw')])
  })
})

describe('subscriptions', () => {
  test('to candles hear what passes their filter, and no more after they end', async () => {
    const host = new RecordedHost({ timeframes: ['5m'] })
    const data = new DataProvider({ sources: [recording(minutes(11))] })
    const heard: string[] = []
    const stop = data.subscribeCandleCompletion(({ timeframe, closeTime }) => {
      heard.push(`${timeframe} ${closeTime / 60e6}`)
      if (heard.length === 2) stop()
    }, { timeframe: '5m' })
    const other: number[] = []
    data.subscribeCandleCompletion(({ openTime }) => other.push(openTime), { symbol: 'ETH/USDT' })
    const feed = data.attach(host)
    const all: number[] = []
    const stopAll = data.subscribeCandleCompletion(({ openTime }) => all.push(openTime))
    await opened(feed)
    await drive(feed, host)
    stopAll()
    expect([heard, other, all.length]).toEqual([['5m 5', '5m 10'], [], 13])
  })

  test('to pivots hear confirmed ones, and levels keep the newest of each side', async () => {
    const host = new RecordedHost()
    const data = new DataProvider({ sources: [recording(minutes(3))] })
    const heard: number[] = []
    data.subscribePivotEvents(({ price }) => heard.push(price), { symbol: 'BTC/USDT', level: 2 })
    const feed = data.attach(host)
    await opened(feed)
    await drive(feed, host)
    expect(() => data.getWilliamsPivotLevels('BTC/USDT')).toThrow(/\[data\] .*Install @tapeloom\/module-pivot \(npm i @tapeloom\/module-pivot\)/)
    const pivot = (level: number, side: 'high' | 'low', price: number) => host.emit('pivot:confirm', {
      id: `${level}${side}${price}`, timeframe: '1m', level, side, price, pivotTime: price, confirmedAt: 120e6, lagBars: 2, strength: 1,
      volume: 1, symbol: 'BTC/USDT', origin: 'pivot', sequence: host.sequence, tsEvent: 0, tsInit: 0,
    } satisfies EventOf<'pivot:confirm'>)
    pivot(2, 'high', 110)
    pivot(1, 'high', 109)
    pivot(2, 'low', 90)
    pivot(2, 'high', 112)
    expect(heard).toEqual([110, 90, 112])
    expect(data.getWilliamsPivotLevels('BTC/USDT').map(({ level, high, low }) => [level, high?.price, low?.price])).toEqual([[1, 109, undefined], [2, 112, 90]])
    await feed.flush()
    expect((await data.store.read({ table: 'pivot_points', columns: ['price'] })).length).toBe(4)
  })

  test('levels are empty, not an error, where a pivot module has confirmed none', async () => {
    const data = new DataProvider({ sources: [recording([])] })
    const feed = data.attach(new RecordedHost())
    await feed.prepare()
    await feed.open({ seed: 1, fingerprint: '', plan: { modules: [{ id: 'pivot' }] } })
    expect(data.getWilliamsPivotLevels('BTC/USDT')).toEqual([])
  })
})

describe('history', () => {
  test('comes from memory as columns, by range, newest first cut, and as known then', async () => {
    const host = new RecordedHost()
    const data = new DataProvider({ sources: [recording(minutes(50))], timeframes: ['5m'] })
    const feed = data.attach(host)
    await opened(feed)
    await drive(feed, host)
    const all = await data.getHistoricalData('BTC/USDT', '1m')
    expect([all.length, all.openTime[49], all.close[49], all.volume[0], all.trades[0]]).toEqual([50, 2940e6, 104, 1.5, NaN])
    const some = await data.getHistoricalData('BTC/USDT', '1m', { start: 600e6, end: 1200e6, limit: 3 })
    expect([...some.openTime]).toEqual([1020e6, 1080e6, 1140e6])
    expect((await data.getHistoricalData('BTC/USDT', '1m', { asOf: 7 })).length).toBe(7)
    expect((await data.getHistoricalData('BTC/USDT', '1m', { limit: 0 })).length).toBe(0)
    expect((await data.getHistoricalData('BTC/USDT', '5m')).length).toBe(10)
    expect((await data.getHistoricalData('ETH/USDT', '1m')).length).toBe(0)
    await expect(data.getHistoricalData('BTC/USDT', '5min' as '5m')).rejects.toThrow(/'5min'\] is not a span of time/)
  })

  test('comes from the store before a run and where memory does not reach', async () => {
    const store = memoryStore()
    const data = new DataProvider({ sources: [recording(minutes(20))], store })
    const host = new RecordedHost()
    const feed = data.attach(host)
    await opened(feed)
    await drive(feed, host)
    const inMemory = await data.getHistoricalData('BTC/USDT', '1m')
    await feed.close()
    const later = new DataProvider({ store })
    expect(await later.getHistoricalData('BTC/USDT', '1m')).toEqual(inMemory)
    expect([...(await later.getHistoricalData('BTC/USDT', '1m', { start: 60e6, end: 600e6, limit: 2, asOf: 5 })).close]).toEqual([103, 104])
    expect((await later.getHistoricalData('BTC/USDT', '1h')).length).toBe(0)
  })
})

describe('through the orchestrator', () => {
  const seen = defineModule({
    name: 'seen', version: '1.0.0', core: '^1.0.0', candles: ['1m', '5m'],
    features: { closes: { rev: 1, unit: 'count', range: [0, 1e6], description: 'Candles that closed.' } },
    state: () => ({ n: 0 }),
    on: { 'candle:close'(_, { state, features }) { features.closes = ++state.n } },
  })

  test('a replay of candles makes a decision for each, and the same twice', async () => {
    const run = async () => {
      const candles = Array.from({ length: 60 }, (_, i) => ({ openTime: i * 60e6, open: 10, high: 12, low: 9, close: 10 + (i % 2), volume: 1 }))
      const data = new DataProvider({ sources: [candleSource('BTC/USDT', '1m', candles)] })
      const orchestrator = new Orchestrator({ data, modules: [seen] })
      const report = await orchestrator.run()
      return { report, closes: orchestrator.getFeatures('BTC/USDT').values['seen.closes'] }
    }
    const [first, second] = [await run(), await run()]
    expect([first.report.decisions, first.report.events.candle, first.closes]).toEqual([60, 60, 72])
    expect(second.report.journalHash).toBe(first.report.journalHash)
  })

  test('a run that is stopped anywhere and started again ends as one that is not', async () => {
    const build = (journal?: string) => {
      const data = new DataProvider({
        sources: [simulatedMarket({ symbols: ['BTC/USDT', 'ETH/USDT'], duration: '3m', seed: 3 })], ...(journal !== undefined && { journal }),
      })
      return { data, orchestrator: new Orchestrator({ data, modules: [seen] }) }
    }
    const whole = build()
    const { journalHash } = await whole.orchestrator.run()
    const history = await whole.data.getHistoricalData('BTC/USDT', '1m')
    const journal = join(folder, 'run')
    for (const until of [20e6, 21e6, 95.5e6]) {
      const { orchestrator } = build(journal)
      await orchestrator.run({ until })
      if (until !== 21e6) await orchestrator.stop() // the other is left as a crash leaves it
    }
    const last = build(journal)
    const report = await last.orchestrator.run()
    expect(report.journalHash).toBe(journalHash)
    expect(await last.data.getHistoricalData('BTC/USDT', '1m')).toEqual(history)
    expect(report.decisions).toBe(360)
  })
})

describe.runIf(hasFiles)('recorded files', () => {
  const candles = (symbol: string, timeframe: string) => join(files, `candles/binance-spot_${symbol}_${timeframe}_2025-05-20_2025-07-31.parquet`)
  const replay = async (data: DataProvider): Promise<void> => {
    const host = new RecordedHost({ quiet: true })
    const feed = data.attach(host)
    await opened(feed)
    await drive(feed, host)
  }

  test('rolled up from 1m equal the native 5m and 15m of both symbols', { timeout: 120_000 }, async () => {
    for (const symbol of ['BTC', 'ETH'] as const) {
      const data = new DataProvider({ sources: [parquetSource(candles(`${symbol}USDT`, '1m'))], timeframes: ['5m', '15m'] })
      await replay(data)
      for (const [timeframe, rows] of [['5m', 21_024], ['15m', 7008]] as const) {
        const native = new DataProvider({ sources: [parquetSource(candles(`${symbol}USDT`, timeframe))] })
        await replay(native)
        const [rolled, own] = [await data.getHistoricalData(`${symbol}/USDT`, timeframe), await native.getHistoricalData(`${symbol}/USDT`, timeframe)]
        expect([rolled.length, own.length]).toEqual([rows, rows])
        for (const name of ['openTime', 'open', 'high', 'low', 'close'] as const) expect(rolled[name]).toEqual(own[name])
        const worst = rolled.volume.reduce((most, volume, i) => Math.max(most, Math.abs(volume - own.volume[i]!)), 0)
        expect(worst).toBeLessThan(5e-6)
      }
    }
  })

  test.each(['btc', 'eth'] as const)('%s trades build the exact minutes of the venue', async (coin) => {
    const symbol = `${coin.toUpperCase() as 'BTC' | 'ETH'}/USDT` as const
    const traded = new DataProvider({ sources: [parquetSource(join(files, `trades/binance-spot_${coin}usdt_20240808_tape.parquet`))], timeframes: ['1m'] })
    const native = new DataProvider({ sources: [parquetSource(join(files, `candles/binance-spot_${coin.toUpperCase()}USDT_1m_2024-07-26_2024-08-08.parquet`))] })
    await replay(traded)
    await replay(native)
    const made = await traded.getHistoricalData(symbol, '1m', { start: 1_723_161_300e6 })
    const own = await native.getHistoricalData(symbol, '1m', { start: 1_723_161_300e6 })
    expect([made.length, own.length]).toEqual([5, 5])
    for (const name of ['openTime', 'open', 'high', 'low', 'close'] as const) expect(made[name]).toEqual(own[name])
    made.volume.forEach((volume, i) => expect(volume).toBeCloseTo(own.volume[i]!, 8))
  })

  test('hourly candles roll up to days that say what is missing', { timeout: 60_000 }, async () => {
    const data = new DataProvider({ sources: [parquetSource(join(files, 'candles/binance-spot_BTCUSDT_1h_2017-08-17_2022-12-31.parquet'))] })
    const host = new RecordedHost({ timeframes: ['1d'], quiet: true })
    const feed = data.attach(host)
    await opened(feed)
    await drive(feed, host)
    const days = host.candles.filter(({ timeframe }) => timeframe === '1d')
    expect([days.length, days.filter(({ taint }) => taint.includes('partial')).length]).toEqual([1963, 29])
    await feed.flush()
    const gaps = await data.store.read({ table: 'gaps', columns: ['start', 'end'], equals: { reason: 'gap' } })
    const [start, end] = [gaps.columns['start'] as Float64Array, gaps.columns['end'] as Float64Array]
    const hours = start.map((from, i) => (end[i]! - from) / 3600e6)
    expect([gaps.length, hours.reduce((sum, one) => sum + one, 0), Math.max(...hours)]).toEqual([27, 127, 33])
  })

  test('minutes that a venue leaves out are filled, and say that they are empty', { timeout: 60_000 }, async () => {
    const host = new RecordedHost({ quiet: true })
    const feed = new DataProvider({ sources: [parquetSource(join(files, 'candles/kraken-spot_BTCUSDC_1m_2023-01-01_2023-03-31_sparse.parquet'))] }).attach(host)
    await opened(feed)
    await drive(feed, host)
    let [empty, runs, longest, run] = [0, 0, 0, 0]
    for (const { taint } of host.candles) {
      run = taint.includes('empty') ? run + 1 : 0
      if (run === 1) runs++
      if (run > 0) empty++
      longest = Math.max(longest, run)
    }
    expect([host.candles.length - empty, empty, runs, longest]).toEqual([56_717, 72_883, 26_746, 87])
  })
})

test('a store on disk has its journal beside it', () => {
  const store: Store = { ...memoryStoreAt('/x/run.duckdb') }
  const data = new DataProvider({ store, instruments: [BTC] })
  expect(data.attach(new RecordedHost()).journalled).toBe(false) // until it is opened
  expect(() => new DataProvider({ timeframes: ['5min' as '5m'] })).toThrow(/is not a span of time/)
})

function memoryStoreAt(path: string): Store {
  const store = memoryStore()
  return { path, open: () => store.open(), read: (range) => store.read(range), write: (batch) => store.write(batch), close: () => store.close() }
}

describe('what is left unsaid', () => {
  const identity = { version: '1.0.0', core: '^1.0.0' }
  const idle = defineModule({ name: 'idle', ...identity, on: { trade() {} } })

  test('inputs given after the sources of a replay have ended are refused, not dropped', async () => {
    const data = new DataProvider({ sources: [recording([minute(0, 10)])] })
    const orchestrator = new Orchestrator({ data, modules: [idle] })
    data.ingest(trade(30e6, 10))
    expect((await orchestrator.run()).events.trade).toBe(1)
    expect(() => data.ingest(trade(90e6, 11))).toThrow('[data ingest] the sources have ended, and with them this one.')
  })

  test('a late subscriber is told the newest closed candles when it asks for them', async () => {
    const data = new DataProvider({ sources: [recording([0, 1, 2, 3, 4, 5, 6].map((i) => minute(i, 10 + i)))], timeframes: ['3m'] })
    const orchestrator = new Orchestrator({ data, modules: [idle] })
    await orchestrator.run()
    const told: string[] = []
    const tell = ({ timeframe, openTime, close, origin, symbol }: EventOf<'candle:close'>) => void told.push(`${symbol} ${timeframe} ${openTime / 60e6} ${close} ${origin}`)
    data.subscribeCandleCompletion(tell)
    expect(told).toEqual([])
    data.subscribeCandleCompletion(tell, { replay: 2 })
    expect(told).toEqual(['BTC/USDT 3m 0 12 replay', 'BTC/USDT 3m 3 15 replay'])
    told.length = 0
    data.subscribeCandleCompletion(tell, { replay: 2, timeframe: '1m', symbol: 'BTC/USDT' })
    expect(told).toEqual(['BTC/USDT 1m 5 15 replay', 'BTC/USDT 1m 6 16 replay'])
    told.length = 0
    data.subscribeCandleCompletion(tell, { replay: 2, symbol: 'ETH/USDT' })
    expect(told).toEqual([])
  })

  test('counts of rejects and the newest pivots come back with a snapshot', async () => {
    const pivots = defineModule({
      name: 'pivot', ...identity,
      on: {
        trade({ price, sequence }, { emit }) {
          const pivot = { id: `p${sequence}`, timeframe: '1m', level: 1, side: 'high', price, pivotTime: 0, confirmedAt: 0, lagBars: 2, strength: 0, volume: 0 }
          ;(emit as (topic: string, payload: object) => void)('pivot:confirm', pivot)
        },
      },
    })
    const inputs = [trade(1e6, 10), trade(2e6, -1), trade(3e6, 12), trade(4e6, 13)]
    const start = () => {
      const data = new DataProvider({ sources: [recording(inputs)] })
      return { data, orchestrator: new Orchestrator({ data, modules: [pivots] }) }
    }
    const first = start()
    await first.orchestrator.run({ until: 3.5e6 })
    const bytes = await first.orchestrator.snapshot()
    const second = start()
    await second.orchestrator.restore(bytes)
    expect([...second.data.rejected]).toEqual([...first.data.rejected])
    expect(first.data.rejected.size).toBe(1)
    expect(second.data.getWilliamsPivotLevels('BTC/USDT')).toEqual(first.data.getWilliamsPivotLevels('BTC/USDT'))
    expect(second.data.getWilliamsPivotLevels('BTC/USDT')[0]).toMatchObject({ level: 1, high: { price: 12 }, low: undefined })
  })

  test('a snapshot restored into a new store is kept at once, and its layouts and instruments are told', async () => {
    const journal = mkdtempSync(join(tmpdir(), 'tapeloom-restored-'))
    const inputs = Array.from({ length: 40 }, (_, i) => trade((i + 1) * 500e3, 10 + (i % 3), 1, { sourceSequence: i + 1 }))
    const priced = defineModule({ name: 'priced', ...identity, features: { price: { rev: 1, unit: 'price', range: [0, 1e6], description: 'A price.' } }, on: { trade({ price }, { features }) { features.price = price } } })
    const start = (folder?: string) => {
      const store = memoryStore()
      return { store, orchestrator: new Orchestrator({ data: new DataProvider({ sources: [recording(inputs)], store, ...(folder && { journal: folder }) }), modules: [priced] }) }
    }
    const whole = start()
    const { journalHash } = await whole.orchestrator.run()
    const first = start()
    await first.orchestrator.run({ until: 10e6 })
    const bytes = await first.orchestrator.snapshot()
    const second = start(journal)
    await second.orchestrator.restore(bytes)
    await second.orchestrator.run({ until: 15e6 }) // and no stop: as if killed
    const third = start(journal)
    expect((await third.orchestrator.run()).journalHash).toBe(journalHash)
    const rowsOf = async (table: string) => (await second.store.read({ table, columns: ['known'] })).length
    expect([await rowsOf('layouts'), await rowsOf('instruments')]).toEqual([1, 2])
    rmSync(journal, { recursive: true })
  })
})
