import { decodePlain, encodePlain } from '@tapeloom/core'
import type { Candle, Store, StoreBatch } from '@tapeloom/core'
import { smaOf } from '@tapeloom/indicators'
import { describe, expect, test } from 'vitest'
import { CandleProjection } from './candle-projection.ts'
import { projectFeatures } from './feature-projection.ts'
import { memoryStore } from './memory-store.ts'
import { Projector } from './projector.ts'

/** A real store whose writes wait until they are let through, or fail. */
function gated(): { store: Store; batches: StoreBatch[]; release: (error?: Error) => void } {
  const store = memoryStore()
  const batches: StoreBatch[] = []
  const waiting: { resolve: () => void; reject: (error: Error) => void }[] = []
  return {
    batches,
    store: {
      path: undefined,
      open: () => store.open(),
      read: (range) => store.read(range),
      close: () => store.close(),
      async write(batch) {
        batches.push(batch)
        await new Promise<void>((resolve, reject) => waiting.push({ resolve, reject }))
        await store.write(batch)
      },
    },
    release: (error) => (error ? waiting.shift()?.reject(error) : waiting.shift()?.resolve()),
  }
}
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function feed(projector: Projector, from: number, to: number, stepUs = 0): void {
  for (let sequence = from; sequence <= to; sequence++) {
    projector.begin(sequence)
    projector.add('gaps', { series: 's', symbol: 'A/B', start: sequence, reason: 'gap' })
    projector.end(sequence * stepUs)
  }
}

describe('Projector', () => {
  test('writes rows with the sequence that made them, in batches cut between inputs', async () => {
    const store = memoryStore()
    const projector = new Projector(store, 0, { mostRows: 4 })
    for (let sequence = 1; sequence <= 5; sequence++) {
      projector.begin(sequence)
      for (let i = 0; i < 3; i++) projector.add('gaps', { series: `s${i}`, start: sequence, reason: 'gap' })
      projector.end(0)
    }
    expect(projector.waiting).toBe(3)
    await projector.flush()
    expect(projector.appliedThrough).toBe(5)
    const { length, columns } = await store.read({ table: 'gaps', columns: ['start', 'known'] })
    expect(length).toBe(15)
    expect(columns['known']).toEqual(columns['start'])
  })
  test('cuts a batch after two seconds of inputs', async () => {
    const { store, batches, release } = gated()
    const projector = new Projector(store, 0)
    feed(projector, 1, 10, 0.5e6)
    await turn()
    expect(batches.map(({ through, rows }) => [through, rows[0]?.length])).toEqual([[5, 5]])
    release()
    await turn()
    expect(batches.map(({ through }) => through)).toEqual([5, 9])
    expect(projector.appliedThrough).toBe(5)
  })
  test('holds the writer back while more than two batches wait, and writes one after another', async () => {
    const { store, batches, release } = gated()
    const projector = new Projector(store, 0, { mostRows: 1 })
    feed(projector, 1, 2)
    await projector.pressure()
    feed(projector, 3, 4)
    let free = false
    const waited = projector.pressure().then(() => (free = true))
    await turn()
    expect([free, batches.length]).toEqual([false, 1])
    release()
    await turn()
    expect([free, batches.length]).toEqual([false, 2])
    release()
    await waited
    expect(batches.length).toBeLessThanOrEqual(3)
  })
  test.each([3, 100])('drops the rows of inputs that the store already has, in batches of %i', async (mostRows) => {
    const store = memoryStore()
    const projector = new Projector(store, 7, { mostRows })
    feed(projector, 5, 9)
    await projector.flush()
    const { columns } = await store.read({ table: 'gaps', columns: ['known'], key: 'known' })
    expect(columns['known']).toEqual(Float64Array.of(8, 9))
  })
  test('an input without rows moves appliedThrough too; nothing new writes nothing', async () => {
    const { store, batches, release } = gated()
    const projector = new Projector(store, 3)
    await projector.flush()
    projector.begin(4)
    projector.end(0)
    const flushed = projector.flush()
    await turn()
    release()
    await flushed
    await projector.flush()
    expect(batches).toEqual([{ through: 4, rows: [] }])
    expect(projector.appliedThrough).toBe(4)
  })
  test('a flush asked for within an input takes all of that input along', async () => {
    const store = memoryStore()
    const projector = new Projector(store, 0)
    projector.begin(1)
    projector.add('gaps', { series: 'a', start: 1, reason: 'gap' })
    const flushed = projector.flush()
    projector.add('gaps', { series: 'b', start: 1, reason: 'gap' })
    projector.end(0)
    await flushed
    expect(projector.appliedThrough).toBe(1)
    expect((await store.read({ table: 'gaps', columns: [] })).length).toBe(2)
  })
  test('a failed write stops all later ones and is told', async () => {
    const { store, batches, release } = gated()
    const projector = new Projector(store, 0, { mostRows: 1 })
    feed(projector, 1, 2)
    await turn()
    release(new Error('disk full'))
    await expect(projector.flush()).rejects.toThrow('disk full')
    await expect(projector.pressure()).rejects.toThrow('disk full')
    expect(() => feed(projector, 3, 3)).toThrow('disk full')
    expect(batches).toHaveLength(1)
    expect(projector.appliedThrough).toBe(0)
  })
  test('where rows can be made again, a failed write stops all later ones, once told, and the inputs go on', async () => {
    const { store, batches, release } = gated()
    const told: unknown[] = []
    const failed = (failure: unknown) => told.push((failure as Error).message) > 0
    const projector = new Projector(store, 0, { mostRows: 2, failed })
    feed(projector, 1, 5)
    await turn()
    release()
    await turn()
    release(new Error('disk full'))
    await projector.flush()
    feed(projector, 6, 9)
    await projector.pressure()
    await projector.flush()
    expect([told, projector.waiting, projector.wanted]).toEqual([['disk full'], 0, false])
    expect(batches.map(({ through }) => through)).toEqual([2, 4])
    expect(projector.appliedThrough).toBe(2)
  })
  test('a column or a value that the table does not have is an error', () => {
    const projector = new Projector(memoryStore(), 0)
    projector.begin(1)
    expect(() => projector.add('gaps', { begin: 1 })).toThrow("[store table 'gaps'] 'begin' is not a number column")
    expect(() => projector.add('gaps', { start: 'x' })).toThrow("'start' holds numbers, not 'x'")
    expect(() => projector.add('gaps', { reason: 5 })).toThrow("'reason' holds text, not 5")
    expect(() => projector.add('features_L', { symbol: 'A/B', ts: 1, 'a.x': 'text' })).toThrow("'a.x' holds numbers")
    expect(() => projector.table('features_L').column('taint')).toThrow("'taint' is not a number column")
    expect(() => projector.add('gapes', {})).toThrow("Did you mean 'gaps'")
  })
})

const candle = (i: number, more: Partial<Candle> = {}): Candle => ({
  venue: 'x',
  timeframe: '1h',
  openTime: i * 3600e6,
  closeTime: (i + 1) * 3600e6,
  open: i,
  high: i + 2,
  low: i - 2,
  close: i + 1,
  volume: 1 + (i % 3),
  quoteVolume: NaN,
  trades: 3,
  takerBuyVolume: 1,
  taint: i === 5 ? ['late', 'gap'] : [],
  ...more,
})

describe('CandleProjection', () => {
  const run = async (projections: readonly CandleProjection[], cut: number, count: number, appliedThrough = 0) => {
    const store = memoryStore()
    const projector = new Projector(store, appliedThrough)
    let current = projections[0]!
    for (let i = 0; i < count; i++) {
      if (i === cut) {
        const next = projections[1]!
        next.restore(decodePlain(encodePlain(current.snapshot())))
        current = next
      }
      projector.begin(i + 1)
      current.add(projector, 'A/B', candle(i))
      projector.end(0)
    }
    await projector.flush()
    return store.read({
      table: 'ohlcv_1h',
      columns: ['open_time', 'close', 'sma_10', 'ema_12', 'vwap', 'flags', 'taint', 'quote_volume'],
      key: 'open_time',
    })
  }
  test('writes averages beside each candle, the weighted price anew each day', async () => {
    const { columns, length } = await run([new CandleProjection()], -1, 60)
    expect(length).toBe(60)
    const closes = columns['close'] as Float64Array
    expect(columns['sma_10']).toEqual(smaOf(closes, 10))
    expect((columns['ema_12'] as Float64Array)[11]).toBe(6.5)
    const vwap = columns['vwap'] as Float64Array
    expect([vwap[0], vwap[24], vwap[48]]).toEqual(
      [1 / 3, 24 + 1 / 3, 48 + 1 / 3].map((price) => expect.closeTo(price, 9)),
    )
    expect(vwap[25]).toBeCloseTo(((24 + 1 / 3) * 1 + (25 + 1 / 3) * 2) / 3, 9)
    expect(columns['taint']?.[5]).toBe('["late","gap"]')
    expect(columns['taint']?.[6]).toBeNull()
    expect((columns['flags'] as Float64Array)[5]).toBe(9)
    expect((columns['quote_volume'] as Float64Array)[0]).toBeNaN()
  })
  test('goes on exactly after a restore, and after rows that the store already has', async () => {
    const straight = await run([new CandleProjection()], -1, 60)
    expect(await run([new CandleProjection(), new CandleProjection()], 37, 60)).toEqual(straight)
    const late = await run([new CandleProjection()], -1, 60, 40)
    expect(late.length).toBe(20)
    expect(late.columns['sma_10']).toEqual((straight.columns['sma_10'] as Float64Array).slice(40))
  })
  test('a newer version of an older candle carries no averages', async () => {
    const [store, projection] = [memoryStore(), new CandleProjection()]
    const projector = new Projector(store, 0)
    for (const [i, one] of [candle(0), candle(1), candle(0, { close: 9 })].entries()) {
      projector.begin(i + 1)
      projection.add(projector, 'A/B', one)
      projector.end(0)
    }
    await projector.flush()
    const { columns } = await store.read({ table: 'ohlcv_1h', columns: ['close', 'vwap'], key: 'open_time' })
    expect(columns['close']).toEqual(Float64Array.of(9, 2))
    expect((columns['vwap'] as Float64Array)[0]).toBeNaN()
  })
  test('daily candles weigh their price since the first', async () => {
    const [store, projection] = [memoryStore(), new CandleProjection()]
    const projector = new Projector(store, 0)
    for (let i = 0; i < 2; i++) {
      projector.begin(i + 1)
      projection.add(
        projector,
        'A/B',
        candle(i, { timeframe: '1d', openTime: i * 86_400e6, closeTime: (i + 1) * 86_400e6, volume: 1 }),
      )
      projector.end(0)
    }
    await projector.flush()
    const { columns } = await store.read({ table: 'ohlcv_1d', columns: ['vwap'], key: 'open_time' })
    expect((columns['vwap'] as Float64Array)[1]).toBeCloseTo(5 / 6, 12)
  })
})

test('a frozen row keeps what is missing, its taint and its origin', async () => {
  const store = memoryStore()
  const projector = new Projector(store, 1)
  for (const sequence of [1, 2, 3]) {
    projector.begin(sequence)
    const taint = sequence === 3 ? ['gap'] : []
    projectFeatures(
      projector,
      'L',
      ['a.x', 'a.y', 'a.z'],
      { symbol: 'A/B', time: sequence, taint, origin: 'warm' },
      Float64Array.of(sequence, NaN),
    )
    projector.end(0)
  }
  await projector.flush()
  const { columns } = await store.read({
    table: 'features_L',
    columns: ['ts', 'known', 'taint', 'origin', 'a.x', 'a.y', 'a.z'],
    key: 'ts',
  })
  expect(columns).toEqual({
    ts: Float64Array.of(2, 3),
    known: Float64Array.of(2, 3),
    taint: [null, '["gap"]'],
    origin: ['warm', 'warm'],
    'a.x': Float64Array.of(2, 3),
    'a.y': Float64Array.of(NaN, NaN),
    'a.z': Float64Array.of(NaN, NaN),
  })
})
