import { openTimeOf, timeframeUs, type Timeframe } from '@tapeloom/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DataProvider } from '../provider/data-provider.ts'
import { drive, minute, opened, recording, trade } from '../testing/drive.ts'
import { RecordedHost } from '../testing/recorded-host.ts'
import type { MarketInput } from '@tapeloom/core'

interface Tape { readonly ts: number; readonly ticks: number; readonly lots: number; readonly bought: boolean }

async function run(inputs: readonly MarketInput[], timeframes: readonly Timeframe[], options: { absentMeans?: 'gap' | 'empty'; boundaryUs?: number } = {}) {
  const { boundaryUs, absentMeans } = options
  const host = new RecordedHost({ timeframes, ...(boundaryUs !== undefined && { boundaryUs }) })
  const data = new DataProvider({ sources: [recording(inputs, absentMeans ? { absentMeans } : {})] })
  const feed = data.attach(host)
  await opened(feed)
  await drive(feed, host)
  return { host, data, feed }
}

/** Twenty lines, all of the tape at once: the candle that holds `openTime`. */
function oracle(tape: readonly Tape[], openTime: number, lengthUs: number) {
  const inside = tape.filter(({ ts }) => ts >= openTime && ts < openTime + lengthUs)
  const before = tape.filter(({ ts }) => ts < openTime)
  const price = (ticks: number) => ticks / 100
  if (inside.length === 0) {
    const close = price(before.at(-1)!.ticks)
    return { openTime, open: close, high: close, low: close, close, volume: 0, quoteVolume: 0, trades: 0, takerBuyVolume: 0 }
  }
  const sum = (of: (trade: Tape) => number) => inside.reduce((total, one) => total + of(one), 0)
  return {
    openTime, open: price(inside[0]!.ticks), close: price(inside.at(-1)!.ticks),
    high: price(Math.max(...inside.map(({ ticks }) => ticks))), low: price(Math.min(...inside.map(({ ticks }) => ticks))),
    volume: sum(({ lots }) => lots) / 1000, quoteVolume: sum(({ ticks, lots }) => ticks * lots) / 1e5, trades: inside.length,
    takerBuyVolume: sum(({ lots, bought }) => (bought ? lots : 0)) / 1000,
  }
}

const tapes = fc
  .array(fc.record({ gap: fc.integer({ min: 0, max: 4e6 }), ticks: fc.integer({ min: 1, max: 10_000 }), lots: fc.integer({ min: 1, max: 5000 }), bought: fc.boolean() }), { minLength: 1, maxLength: 120 })
  .map((steps) => {
    let ts = 1e6
    return steps.map(({ gap, ...rest }): Tape => ({ ...rest, ts: (ts += gap) }))
  })

const inputsOf = (tape: readonly Tape[]): MarketInput[] =>
  tape.map(({ ts, ticks, lots, bought }, i) => trade(ts, ticks / 100, lots / 1000, { aggressor: bought ? 'buy' : 'sell', id: String(i + 1) }))

describe('candles of trades', () => {
  test('rows ten days old do not make a boundary for each second since: what nobody heard is a gap', async () => {
    const tenDays = 864_000e6
    const late = (ts: number) => ({ ...trade(ts, 10), tsInit: tenDays + ts })
    const { host } = await run([late(1.2e6), late(1.4e6), trade(tenDays + 3e6, 11)], ['1s'])
    expect(host.lines.filter((line) => line.startsWith('boundary')).length).toBeLessThan(10)
    expect(host.candles.find(({ openTime }) => openTime === 1e6)?.taint).toContain('gap')
  })
  test('each equals the one made of the whole tape at once, closes once, and finer ones first', async () => {
    await fc.assert(fc.asyncProperty(tapes, async (tape) => {
      const { host } = await run(inputsOf(tape), ['1s', '5s', '15s', '1m'])
      const seen = new Set<string>()
      for (const candle of host.candles) {
        const id = `${candle.timeframe} ${candle.openTime}`
        seen.add(id)
        expect(candle).toMatchObject(oracle(tape, candle.openTime, timeframeUs(candle.timeframe)))
        expect(candle.taint.includes('empty')).toBe(candle.trades === 0)
      }
      expect(seen.size).toBe(host.candles.length)
      const lastTs = tape.at(-1)!.ts
      for (const timeframe of ['1s', '5s', '15s', '1m'] as const) {
        const lengthUs = timeframeUs(timeframe)
        const times = host.candles.filter((one) => one.timeframe === timeframe).map(({ openTime }) => openTime)
        const first = openTimeOf(tape[0]!.ts, lengthUs)
        expect(times).toEqual(times.map((_, i) => first + i * lengthUs))
        expect(times.length).toBeGreaterThanOrEqual((openTimeOf(lastTs, lengthUs) - first) / lengthUs)
      }
      const closes = host.candles.map(({ closeTime }) => closeTime)
      expect(closes).toEqual(closes.toSorted((a, b) => a - b))
      const disordered = host.candles.filter((now, i) => {
        const before = host.candles[i - 1]
        return before?.closeTime === now.closeTime && timeframeUs(before.timeframe) >= timeframeUs(now.timeframe)
      })
      expect(disordered).toEqual([])
    }), { numRuns: 60 })
  })

  test('a boundary follows all closes of its time, and boundaries leave none out', async () => {
    await fc.assert(fc.asyncProperty(tapes, async (tape) => {
      const { host } = await run(inputsOf(tape), ['1s', '5s'])
      const told = host.lines.map((line) => line.split(' ')).flatMap(([what, , a, b]) =>
        what === 'boundary' ? [{ what, time: Number(a) }] : what === 'candle' ? [{ what, time: Number(b) + timeframeUs(a as Timeframe) }] : [])
      const boundaries = told.flatMap(({ what, time }) => (what === 'boundary' ? [time] : []))
      let last = -Infinity
      const overtaken = told.filter(({ what, time }) => (what === 'boundary' ? ((last = time), false) : time <= last))
      expect(overtaken).toEqual([])
      const first = openTimeOf(tape[0]!.ts, 1e6) + 1e6
      expect(boundaries).toEqual(boundaries.map((_, i) => first + i * 1e6))
      // one event at the very start of an interval does not keep the run going to its end
      expect(boundaries.at(-1) ?? first - 1e6).toBe(openTimeOf(tape.at(-1)!.ts - 1, 1e6) + 1e6)
    }), { numRuns: 40 })
  })

  test('open and close follow venue time and id, whatever the order of arrival', async () => {
    const { host } = await run([
      trade(1_000_000, 10, 1, { id: '5' }), trade(1_500_000, 12, 1, { id: '9' }), trade(1_400_000, 11, 1, { id: '8' }),
      trade(1_000_000, 9, 1, { id: '4' }), trade(1_500_000, 13, 1, { id: '10' }), trade(1_500_000, 14, 1, { id: '7' }),
      trade(2_000_000, 20, 1, { id: '11' }),
    ], ['1s'])
    expect(host.candles[0]).toMatchObject({ open: 9, high: 14, low: 9, close: 13, trades: 6 })
  })

  test('a late trade changes nothing, is told in the table of gaps, and taints the candle of its time', async () => {
    const { host, data, feed } = await run([trade(1e6, 10), trade(2.1e6, 11), trade(1.9e6, 99), trade(3e6, 12)], ['1s', '5s'])
    expect(host.candles[0]).toMatchObject({ openTime: 1e6, close: 10, trades: 1, taint: [] })
    expect(host.candles[1]).toMatchObject({ openTime: 2e6, high: 11, trades: 1 })
    expect(feed.lanes.candles('BTC/USDT', '1s', 1e6, 2e6)?.[0]?.taint).toContain('late')
    const late = host.candles.find(({ timeframe }) => timeframe === '5s')
    expect(late).toBeUndefined()
    const gaps = await data.store.read({ table: 'gaps', columns: ['series', 'start', 'end', 'reason'] })
    await feed.flush()
    const told = await data.store.read({ table: 'gaps', columns: ['series', 'start', 'end', 'reason'] })
    expect(gaps.length).toBe(0)
    expect([told.columns['series'], told.columns['reason']]).toEqual([['x:BTC/USDT:candle:1s'], ['late']])
    expect([...(told.columns['start'] as Float64Array), ...(told.columns['end'] as Float64Array)]).toEqual([1e6, 2e6])
  })

  test('a coarser candle that misses a late trade says so', async () => {
    const { host } = await run([trade(0, 10), trade(2.1e6, 11), trade(1.9e6, 99), trade(5.5e6, 12)], ['1s', '5s'])
    expect(host.candles.find(({ timeframe }) => timeframe === '5s')).toMatchObject({ high: 11, trades: 2, taint: ['late'] })
    // what is open and misses nothing has no doubt
    expect(host.candles.find(({ timeframe, openTime }) => timeframe === '1s' && openTime === 2e6)).toMatchObject({ trades: 1, taint: [] })
  })

  test('the first candle is partial when the tape begins within it', async () => {
    const { host } = await run([trade(1.5e6, 10), trade(2.5e6, 11), trade(4.1e6, 12)], ['1s'])
    expect(host.candles.map(({ taint }) => taint)).toEqual([['partial'], [], ['empty'], []])
    const whole = await run([trade(1e6, 10), trade(2.5e6, 11)], ['1s'])
    expect(whole.host.candles.map(({ taint }) => taint)).toEqual([[], []])
  })

  test('a lost connection leaves a hole instead of empty candles, and taints both edges', async () => {
    const gap: MarketInput = { kind: 'gap', symbol: 'BTC/USDT', tsEvent: 2.6e6, reason: 'disconnected' }
    const { host, data, feed } = await run([trade(1e6, 10), trade(2.5e6, 11), gap, trade(7.5e6, 12), trade(9.1e6, 13)], ['1s', '5s'])
    expect(host.candles.filter(({ timeframe }) => timeframe === '1s').map(({ openTime, taint }) => [openTime / 1e6, taint])).toEqual(
      [[1, []], [2, ['gap']], [7, ['gap', 'partial']], [8, ['empty']], [9, []]])
    expect(host.candles.filter(({ timeframe }) => timeframe === '5s')).toMatchObject([
      { openTime: 0, trades: 2, taint: ['gap', 'partial'] }, { openTime: 5e6, trades: 2, taint: ['gap', 'partial'] },
    ])
    await feed.flush()
    const gaps = await data.store.read({ table: 'gaps', columns: ['start', 'end', 'reason'], equals: { series: 'x:BTC/USDT' } })
    expect([gaps.columns['start'], gaps.columns['end']]).toEqual([Float64Array.of(2.6e6), Float64Array.of(7.5e6)])
  })

  test('silence is told in ticks, so that candles close though nothing trades', async () => {
    const { host } = await run([trade(1e6, 10), trade(8.2e6, 11)], ['1s'])
    const begins = host.lines.filter((line) => line.startsWith('begin')).map((line) => Number(line.split(' ')[3]) / 1e6)
    expect(begins).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 8.2, 9.2, 10.2, 11])
    const at = host.lines.findIndex((line) => line.startsWith('candle 0 1s 1000000 '))
    expect(host.lines.slice(0, at).filter((line) => line.startsWith('begin')).at(-1)).toBe('begin 4 4000000 4000000')
  })

  test('grace follows the measured delay: with a venue clock ahead, candles close earlier by receipt', async () => {
    const fast = (count: number) => Array.from({ length: count }, (_, i) => trade(1.3e6 + 10_000 * i, 10, 1, { tsInit: 10_000 * i }))
    const { host } = await run([...fast(1001), trade(13.4e6, 10, 1, { tsInit: 14e6 })], ['1s'])
    const closed = host.lines.findIndex((line) => line.startsWith('candle 0 1s 11000000 '))
    const input = host.lines.slice(0, closed).filter((line) => line.startsWith('begin')).at(-1)!
    // close 12 s + grace 2 s − 1.3 s: at the tick of 13.0 s, where without the delay it would be 14.0 s
    expect(Number(input.split(' ')[3])).toBe(13e6)
  })

  test('a recording that is silent for more than an hour had ended: nothing is made up in between', async () => {
    const { host } = await run([trade(1e6, 10), trade(10_000e6, 11), trade(10_001.5e6, 12)], ['1s'])
    expect(host.lines.filter((line) => line.startsWith('begin')).length).toBeLessThan(12)
    expect(host.candles.map(({ openTime, taint }) => [openTime / 1e6, taint])).toEqual([[1, ['gap']], [10_000, ['gap']], [10_001, []]])
    expect(host.lines.filter((line) => line.startsWith('boundary')).length).toBeLessThan(6)
  })

  test('a timeframe that no other divides is made of trades beside them', async () => {
    const { host } = await run([trade(0, 10), trade(6.5e6, 12), trade(7.5e6, 11)], ['2s', '3s'])
    const of = (timeframe: string) => host.candles.filter((one) => one.timeframe === timeframe).map(({ openTime }) => openTime / 1e6)
    expect([of('2s'), of('3s')]).toEqual([[0, 2, 4, 6], [0, 3]])
  })
})

describe('candles of a venue', () => {
  test('coarser ones fold them, volumes exactly, and close with the last of them', async () => {
    const inputs = Array.from({ length: 30 }, (_, i) => minute(i, 100 + (i % 7), { volume: 0.1 + i / 1000, quoteVolume: 2, trades: 3, takerBuyVolume: 0.01 }))
    const { host } = await run(inputs, ['5m', '15m'])
    const fifteen = host.candles.filter(({ timeframe }) => timeframe === '15m')
    expect(fifteen[0]).toMatchObject({ open: 100, high: 107, low: 99, close: 100, volume: 1.605, quoteVolume: 30, trades: 45, takerBuyVolume: 0.15, taint: [] })
    const closesAt15 = host.candles.filter(({ closeTime }) => closeTime === 900e6).map(({ timeframe }) => timeframe)
    expect(closesAt15).toEqual(['1m', '5m', '15m'])
    expect(host.lines.filter((line) => line.startsWith('boundary')).length).toBe(30)
  })

  test('a missing one is not invented: the next is tainted, the coarser is partial', async () => {
    const { host, data, feed } = await run([0, 1, 2, 4, 5, 6].map((i) => minute(i, 100)), ['5m'])
    expect(host.candles.filter(({ timeframe }) => timeframe === '1m').map(({ taint }) => taint.join())).toEqual(['', '', '', 'gap', '', ''])
    expect(host.candles.find(({ timeframe }) => timeframe === '5m')?.taint).toEqual(['gap', 'partial'])
    await feed.flush()
    const gaps = await data.store.read({ table: 'gaps', columns: ['start', 'end'] })
    expect([gaps.columns['start'], gaps.columns['end']]).toEqual([Float64Array.of(180e6), Float64Array.of(240e6)])
  })

  test('a coarser candle whose last one never comes closes when a later one does', async () => {
    const { host } = await run([0, 1, 2, 3, 5, 6].map((i) => minute(i, 100)), ['5m'])
    const at = host.candles.findIndex(({ timeframe }) => timeframe === '5m')
    expect(host.candles[at]?.taint).toEqual(['partial'])
    expect(host.candles[at + 1]).toMatchObject({ timeframe: '1m', openTime: 300e6 })
  })

  test('a source that omits empty minutes gets flat ones', async () => {
    const { host } = await run([0, 1, 4].map((i) => minute(i, 100 + i)), ['5m'], { absentMeans: 'empty' })
    const minutes = host.candles.filter(({ timeframe }) => timeframe === '1m')
    expect(minutes.map(({ close, volume, taint }) => [close, volume, taint.join()])).toEqual(
      [[100, 1.5, ''], [101, 1.5, ''], [101, 0, 'empty'], [101, 0, 'empty'], [104, 1.5, '']])
    expect(host.candles.find(({ timeframe }) => timeframe === '5m')?.taint).toEqual([])
    expect(host.lines.filter((line) => line.startsWith('boundary')).map((line) => Number(line.split(' ')[2]) / 60e6)).toEqual([1, 2, 3, 4, 5])
  })

  test('one that is already closed is dropped and counted', async () => {
    const { host, data } = await run([minute(0, 100), minute(0, 101), minute(1, 102), minute(0, 103)], [])
    expect(host.candles.map(({ close }) => close)).toEqual([100, 102])
    expect(data.rejected.get('tape data.duplicate')).toBe(2)
  })

  test('a backfill is a newer version, known from its own sequence, and makes newer coarser ones', async () => {
    const inputs = [...[0, 1, 2, 3, 4, 5].map((i) => minute(i, 100)), minute(2, 150, { backfill: true, tsEvent: 360e6 })]
    const { host, data } = await run(inputs, ['5m'])
    expect(host.candles.filter(({ timeframe }) => timeframe === '1m').length).toBe(6)
    const now = await data.getHistoricalData('BTC/USDT', '1m')
    const then = await data.getHistoricalData('BTC/USDT', '1m', { asOf: 6 })
    expect([now.close[2], then.close[2]]).toEqual([150, 100])
    const [coarse, before] = [await data.getHistoricalData('BTC/USDT', '5m'), await data.getHistoricalData('BTC/USDT', '5m', { asOf: 6 })]
    expect([coarse.high[0], coarse.volume[0], before.high[0]]).toEqual([151, 7.5, 101])
  })

  test('a backfill of a missing candle fills the hole', async () => {
    const { data } = await run([0, 1, 3, 4, 5].map((i) => minute(i, 100)).concat(minute(2, 150, { backfill: true, tsEvent: 360e6 })), ['5m'])
    expect([...(await data.getHistoricalData('BTC/USDT', '1m')).openTime]).toEqual([0, 1, 2, 3, 4, 5].map((i) => i * 60e6))
    expect((await data.getHistoricalData('BTC/USDT', '5m')).high[0]).toBe(151)
  })

  test('several timeframes of one venue share boundaries: one fires when all of its time are in', async () => {
    const five = (index: number): MarketInput => ({ ...minute(0, 100), timeframe: '5m', openTime: index * 300e6, tsEvent: (index + 1) * 300e6 } as MarketInput)
    const minutes = Array.from({ length: 15 }, (_, i) => minute(i, 100))
    const host = new RecordedHost({ timeframes: ['15m'] })
    const data = new DataProvider({ sources: [recording([five(0), five(1), five(2)], { name: 'five' }), recording(minutes, { name: 'one' })] })
    const feed = data.attach(host)
    await opened(feed)
    await drive(feed, host)
    const tenth = host.lines.findIndex((line) => line === 'boundary 0 600000000')
    const at10 = host.lines.slice(0, tenth + 1).filter((line) => /^candle 0 (1m 540|5m 300)000000 |^boundary 0 600000000$/.test(line))
    expect(at10.map((line) => line.split(' ')[2])).toEqual(['1m', '5m', '600000000'])
    expect(host.candles.filter(({ timeframe }) => timeframe === '15m').length).toBe(1)
    expect(feed.symbols[0]?.boundaryUs).toBe(60e6)
  })

  test('weeks begin on Monday', async () => {
    const day = 86_400e6
    const days = Array.from({ length: 14 }, (_, i): MarketInput => ({ ...minute(0, 100), timeframe: '1d', openTime: (i + 4) * day, tsEvent: (i + 5) * day } as MarketInput))
    const { host } = await run(days, ['1w'])
    expect(host.candles.filter(({ timeframe }) => timeframe === '1w')).toMatchObject([{ openTime: 4 * day, taint: [] }, { openTime: 11 * day, taint: [] }])
  })

  test('an implausible close is flagged and kept as it is', async () => {
    let seed = 7
    const random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647
    const closes = Array.from({ length: 120 }, (_, i) => (i === 100 ? 500 : Math.round(10_000 + 200 * random()) / 100))
    const { host } = await run(closes.map((close, i) => minute(i, close)), [])
    expect(host.candles.flatMap(({ taint, openTime }) => (taint.includes('outlier') ? [openTime / 60e6] : []))).toEqual([100, 101])
    expect(host.candles[100]?.close).toBe(500)
  })

  test('a configured base interval longer than the candles is kept to', async () => {
    const { host } = await run(Array.from({ length: 12 }, (_, i) => minute(i, 100)), [], { boundaryUs: 300e6 })
    expect(host.lines.filter((line) => line.startsWith('boundary')).map((line) => Number(line.split(' ')[2]) / 60e6)).toEqual([5, 10])
  })

  test('timeframes that they cannot make are named once', async () => {
    const { host } = await run([minute(0, 100), minute(1, 100)], ['30s', '1m', '90s', '5m'])
    expect(host.lines.filter((line) => line.startsWith('reject'))).toEqual([
      'reject tape data.timeframe [data BTC/USDT] 30s, 90s cannot be made of 1m candles. Feed trades, or candles that divide them.'])
  })

  test('beside trades stand for their own timeframe, and coarser ones fold them', async () => {
    const trades = Array.from({ length: 700 }, (_, i) => trade(500_000 * i, 100 + (i % 3), 0.001, { tsInit: 500_000 * i + 100 }))
    const own = Array.from({ length: 5 }, (_, i) => minute(i, 500, { tsInit: (i + 1) * 60e6 + 300_000 }))
    const inputs = [...trades, ...own].toSorted((a, b) => a.tsInit! - b.tsInit!)
    const { host, feed } = await run(inputs, ['1s', '1m', '5m'])
    const of = (timeframe: string) => host.candles.filter((one) => one.timeframe === timeframe)
    expect(of('1m').filter(({ close }) => close === 500).map(({ openTime }) => openTime / 60e6)).toEqual([1, 2, 3, 4])
    expect(of('1m').map(({ openTime }) => openTime / 60e6)).toEqual([0, 1, 2, 3, 4])
    expect(of('5m').at(0)?.volume).toBeGreaterThan(5)
    expect(of('1s').length).toBeGreaterThan(340)
    expect(feed.symbols[0]?.boundaryUs).toBe(1e6)
  })
})
