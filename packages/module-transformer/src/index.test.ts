import { CLASS, definitionOf, lane, type EventOf, type Outcome, type PivotOutcome } from '@tapeloom/core'
import { training } from '@tapeloom/training'
import { describe, expect, test } from 'vitest'
import { createTransformer, transformer } from './index.ts'
import { plantedOrchestrator, scoreOnPlantedMarket } from '@tapeloom/data/sim'

// a shorter window than the default's: what is planted lies in a column
const reader = createTransformer({ lanes: [lane('1m', 12), lane('5m', 4)], columns: { signal: ['lean'] } })

describe('on candles that no weights had seen', () => {
  test('it finds what foretells the next minute six times in ten', async () => {
    const { text, share, interval, calls, steps, faults } = await scoreOnPlantedMarket(reader, { predictability: 0.6, minutes: 6000, beside: [training] })
    console.log(text)
    expect(faults).toEqual([])
    expect(calls).toBeGreaterThan(5700)
    expect(steps).toBeGreaterThan(300)
    expect(share).toBeGreaterThan(0.58)
    expect(interval[0]).toBeGreaterThan(0.55)
  }, 600_000)
  test('it stays at chance where nothing foretells anything', async () => {
    const { text, share } = await scoreOnPlantedMarket(reader, { predictability: 0.5, minutes: 4000, beside: [training] })
    console.log(text)
    expect(Math.abs(share - 0.5)).toBeLessThan(0.02)
  }, 600_000)
})

test('a restart in the middle of learning ends as an uninterrupted run', async () => {
  const spec = { predictability: 0.6, minutes: 200, beside: [training] }
  const [straight, before, after] = [plantedOrchestrator(reader, spec), plantedOrchestrator(reader, spec), plantedOrchestrator(reader, spec)]
  const { journalHash } = await straight.run()
  await before.run({ until: 150.5 * 60e6 })
  await after.restore(await before.snapshot())
  expect((await after.run()).journalHash).toBe(journalHash)
  for (const orchestrator of [straight, before, after]) await orchestrator.stop()
}, 300_000)

test('each prediction comes with the candle that is expected', async () => {
  const orchestrator = plantedOrchestrator(reader, { predictability: 0.6, minutes: 60, beside: [training] })
  const [candles, made] = [[] as EventOf<'transformer:candle'>[], [] as EventOf<'prediction:made'>[]]
  orchestrator.on('transformer:candle', (candle) => void candles.push(candle))
  orchestrator.on('prediction:made', (prediction) => void made.push(prediction))
  await orchestrator.run()
  await orchestrator.stop()
  expect(candles.length).toBeGreaterThan(30)
  expect(candles.map(({ prediction }) => prediction)).toEqual(made.map(({ id }) => id))
  expect(candles.map(({ closeBps }) => closeBps)).toEqual(made.map(({ expectedBps }) => expectedBps))
  for (const { openBps, highBps, lowBps, volumeRatio } of candles) {
    expect([openBps, highBps, lowBps].every(Number.isFinite)).toBe(true)
    expect(volumeRatio).toBeGreaterThan(0)
  }
})

describe('labels', () => {
  const candle = (open: number, high: number, low: number, close: number, volume: number) => ({ openTime: 0, open, high, low, close, volume })
  const [entry, target] = [candle(100, 100, 100, 100, 1), candle(100.2, 101, 99.9, 100.1, 3)]
  const outcome = { entry, target, path: [target], prediction: { probabilities: { buy: 0.2, hold: 0.6, sell: 0.2 } } } as unknown as Outcome
  const labelOf = (spec: Parameters<typeof createTransformer>[0]) =>
    definitionOf(createTransformer({ lanes: [lane('1m', 4)], dropout: 0, batch: 4, ...spec })).model!.labels.candle!(outcome) as { direction: number }

  test('each reads the outcome its own way', () => {
    const candleTarget = [100.2, 101, 99.9, 100.1].map((price) => expect.closeTo(1e3 * Math.log(price / 100), 9))
    expect(labelOf({})).toEqual({ direction: CLASS.buy, candle: [...candleTarget, Math.log(2), 1] })
    expect(labelOf({ thresholdBps: 15 }).direction).toBe(CLASS.hold)
    expect(labelOf({ label: 'nextCandle' }).direction).toBe(CLASS.sell)
    expect(labelOf({ label: 'tripleBarrier', thresholdBps: 50 }).direction).toBe(CLASS.buy)
    expect(labelOf({ label: () => undefined })).toBeUndefined()
  })
  test('without a price above 0 before it a candle is not known', () => {
    const worthless = { ...outcome, entry: { ...outcome.entry, close: 0 } }
    const taught = definitionOf(createTransformer({ label: 'nextCandle' })).model!.labels.candle!(worthless)
    expect(taught).toEqual({ direction: CLASS.sell, candle: [0, 0, 0, 0, 0, 0] })
  })
  test('a pivot teaches its direction, and no candle', () => {
    const pivot = { level: 1, side: 'high', price: 101 }
    const taught = definitionOf(transformer).model!.labels.pivot!({ entry, pivot, phase: 'tradable' } as unknown as PivotOutcome)
    expect(taught).toEqual({ direction: CLASS.sell, candle: [0, 0, 0, 0, 0, 0] })
  })
})

test('a lane is needed', () => {
  expect(() => createTransformer({ lanes: [] })).toThrow('it has no lanes')
  const names = Object.keys(definitionOf(createTransformer({ lanes: [lane('1m', 8), lane('1m', 4, { symbol: 'ETH/USDT' })] })).model!.network.inputs as object)
  expect(names.filter((name) => name.startsWith('candles'))).toEqual(['candles1m', 'candles1mMask', 'candles1m_2', 'candles1m_2Mask'])
})

test('rows that are padding change nothing', async () => {
  const served = await definitionOf(reader).model!.network.open({ seed: 1 })
  const inputs = (padding: number) => ({
    columns: Float32Array.of(0.5), columnsMask: Float32Array.of(1), position: new Float32Array(10), positionMask: new Float32Array(10),
    candles1m: Float32Array.from({ length: 60 }, (_, i) => (i < 20 ? padding : Math.sin(i))),
    candles1mMask: Float32Array.from({ length: 12 }, (_, i) => (i < 4 ? 0 : 1)), candles5m: new Float32Array(20).fill(1), candles5mMask: new Float32Array(4).fill(1),
  })
  const [one, other] = [await served.infer(inputs(0)), await served.infer(inputs(9))]
  expect(one).toEqual(other)
  await served.close()
})
