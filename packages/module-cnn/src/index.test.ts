import { CLASS, definitionOf, lane, type Outcome, type PivotOutcome } from '@tapeloom/core'
import { training } from '@tapeloom/training'
import { describe, expect, test } from 'vitest'
import { cnn, createCnn } from './index.ts'
import { plantedOrchestrator, scoreOnPlantedMarket } from '@tapeloom/data/sim'

const reader = createCnn({ columns: { signal: ['lean'] } })

describe('on candles that no weights had seen', () => {
  test('it finds what foretells the next minute six times in ten', async () => {
    const { text, share, interval, calls, faults } = await scoreOnPlantedMarket(reader, { predictability: 0.6, minutes: 6000, beside: [training] })
    console.log(text)
    expect(faults).toEqual([])
    expect(calls).toBeGreaterThan(5700)
    expect(share).toBeGreaterThan(0.58)
    expect(interval[0]).toBeGreaterThan(0.56)
  }, 600_000)
  test('it stays at chance where nothing foretells anything', async () => {
    const { text, share } = await scoreOnPlantedMarket(reader, { predictability: 0.5, minutes: 4000, beside: [training] })
    console.log(text)
    expect(Math.abs(share - 0.5)).toBeLessThan(0.02)
  }, 600_000)
})

describe('labels', () => {
  const candle = (open: number, high: number, low: number, close: number) => ({ openTime: 0, open, high, low, close, volume: 1 })
  const [entry, target] = [candle(100, 100, 100, 100), candle(100.2, 101, 99.9, 100.1)]
  const outcome = { entry, target, path: [target], prediction: { probabilities: { buy: 0.2, hold: 0.6, sell: 0.2 } } } as unknown as Outcome
  const labelOf = (spec: Parameters<typeof createCnn>[0]) => definitionOf(createCnn(spec)).model!.labels.candle!(outcome) as { direction: number }

  test('each reads the outcome its own way', () => {
    expect(labelOf({})).toEqual({ direction: CLASS.buy, move: [expect.closeTo(0.99950, 4), 1], turn: [0, 0, 0] })
    expect(labelOf({ thresholdBps: 15 }).direction).toBe(CLASS.hold)
    expect(labelOf({ label: 'nextCandle' }).direction).toBe(CLASS.sell)
    expect(labelOf({ label: 'tripleBarrier', thresholdBps: 50 }).direction).toBe(CLASS.buy)
    expect(labelOf({ label: () => ({ direction: CLASS.hold }) }).direction).toBe(CLASS.hold)
    expect(labelOf({ label: () => undefined })).toBeUndefined()
  })

  test('without a price above 0 before it a move is not known', () => {
    const worthless = { ...outcome, entry: { ...outcome.entry, close: 0 } }
    const taught = definitionOf(createCnn({ label: 'nextCandle' })).model!.labels.candle!(worthless)
    expect(taught).toEqual({ direction: CLASS.sell, move: [0, 0], turn: [0, 0, 0] })
  })

  test('a pivot to come teaches how far and how soon, one that is over only its direction', () => {
    const pivot = { level: 1, side: 'low', price: 99, pivotTime: 3 * 60e6, timeframe: '1m' }
    const taught = (phase: string) => definitionOf(cnn).model!.labels.pivot!({ entry, pivot, phase } as unknown as PivotOutcome)
    const turn = [expect.closeTo(1e3 * Math.log(0.99), 9), Math.log(4), 1]
    expect(taught('anticipation')).toEqual({ direction: CLASS.buy, move: [0, 0], turn })
    expect(taught('tradable')).toEqual({ direction: CLASS.buy, move: [0, 0], turn: [0, 0, 0] })
  })
})

test('lanes of one window are needed', () => {
  expect(() => createCnn({ lanes: [lane('1m', 60), lane('5m', 30)] })).toThrow('its lanes have windows 60, 30')
  expect(() => createCnn({ lanes: [] })).toThrow('its lanes have windows none')
  const names = Object.keys(definitionOf(createCnn({ lanes: ['1m', lane('1m', 60, { symbol: 'ETH/USDT' })], batch: 4 })).model!.network.inputs as object)
  expect(names.filter((name) => name.startsWith('candles'))).toEqual(['candles1m', 'candles1mMask', 'candles1m_2', 'candles1m_2Mask'])
})

test('a restart in the middle of learning ends as an uninterrupted run', async () => {
  const spec = { predictability: 0.6, minutes: 500, beside: [training] }
  const [straight, before, after] = [plantedOrchestrator(reader, spec), plantedOrchestrator(reader, spec), plantedOrchestrator(reader, spec)]
  const { journalHash } = await straight.run()
  await before.run({ until: 420.5 * 60e6 })
  await after.restore(await before.snapshot())
  expect((await after.run()).journalHash).toBe(journalHash)
  for (const orchestrator of [straight, before, after]) await orchestrator.stop()
}, 300_000)
