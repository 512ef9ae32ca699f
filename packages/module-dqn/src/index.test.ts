import { defineModule, definitionOf, Orchestrator } from '@tapeloom/core'
import { candleSource, DataProvider } from '@tapeloom/data'
import { describe, expect, test } from 'vitest'
import { createDqn, dqn, settle, stepRewards } from './index.ts'
import { plantedMinutes, plantedOrchestrator, scoreOnPlantedMarket } from '@tapeloom/data/sim'
import { rebuildStates } from './state-reference.ts'

const reader = createDqn({ columns: { signal: ['lean'] } })

describe('on candles that no weights had seen', () => {
  test('it finds what foretells the next minute six times in ten', async () => {
    const { text, share, interval, calls, steps, faults } = await scoreOnPlantedMarket(reader, { predictability: 0.6, minutes: 10_300 })
    console.log(text)
    expect(faults).toEqual([])
    expect(calls).toBeGreaterThan(10_000)
    expect(steps).toBeGreaterThan(300)
    expect(share).toBeGreaterThan(0.58)
    expect(interval[0]).toBeGreaterThan(0.55)
  }, 600_000)
  test('it stays at chance where nothing foretells anything', async () => {
    const { text, share } = await scoreOnPlantedMarket(reader, { predictability: 0.5, minutes: 4000 })
    console.log(text)
    expect(Math.abs(share - 0.5)).toBeLessThan(0.02)
  }, 600_000)
})

test('a restart in the middle of learning ends as an uninterrupted run', async () => {
  const spec = { predictability: 0.6, minutes: 400 }
  const [straight, before, after] = [plantedOrchestrator(reader, spec), plantedOrchestrator(reader, spec), plantedOrchestrator(reader, spec)]
  const { journalHash } = await straight.run()
  await before.run({ until: 330.5 * 60e6 })
  await after.restore(await before.snapshot())
  expect((await after.run()).journalHash).toBe(journalHash)
  for (const orchestrator of [straight, before, after]) await orchestrator.stop()
}, 300_000)

describe('rewards', () => {
  const fresh = { equity: 0, peak: 0 }
  test('without a position each action is one for the step, entered at its cost; losses add to the drawdown', () => {
    expect(stepRewards(fresh, 10, 1, NaN)).toEqual([9, 0, -11 - 1.1])
    expect(stepRewards({ equity: -20, peak: 0 }, 10, 1, NaN)).toEqual([9, 0, -11 - 1.1])
  })
  test('with one, buying moves it by one and holding keeps it', () => {
    expect(stepRewards(fresh, 10, 1, 1)).toEqual([10, 10, -1 - 0.1])
    expect(stepRewards(fresh, 10, 1, -1)).toEqual([-1 - 0.1, -11, -11])
    expect(stepRewards({ equity: 0, peak: 0 }, -10, 1, 0)[2]).toBe(9)
  })
  test('what was taken is booked, and the peak stays', () => {
    const account = { equity: 0, peak: 0 }
    settle(account, 0, 10, 1, 0)
    settle(account, 1, -4, 1, 1)
    expect(account).toEqual({ equity: 5, peak: 9 })
  })
})

test('states whose rows are gone are named, the others are read again', async () => {
  const lanes = {
    rebuild: async (requests: readonly { frame: { start: number }; tensor: Float32Array; mask: Float32Array }[]) => {
      for (const { frame, tensor, mask } of requests) {
        if (frame.start === 2) throw new Error('gone')
        tensor.fill(frame.start)
        mask.fill(1)
      }
    },
  }
  const state = (asOf: number, position: readonly number[] = []) => ({ symbol: 'BTC/USDT' as const, sequence: asOf, asOf, series: 's', position })
  const position = [1, ...new Array<number>(9).fill(NaN)]
  const { tensors, missing } = await rebuildStates(lanes as never, [state(1), state(2), state(3, position)], { s: ['a.x', '', 'a.y'] })
  expect([...missing]).toEqual([1])
  expect([...tensors['columns']!]).toEqual([1, 0, 1, 0, 0, 0, 3, 0, 3])
  expect([...tensors['columnsMask']!]).toEqual([1, 0, 1, 0, 0, 0, 1, 0, 1])
  expect(Array.from(tensors['position']!.slice(19, 23))).toEqual([0, 1, 0, 0])
  expect(Array.from(tensors['positionMask']!.slice(19, 23))).toEqual([0, 1, 0, 0])
})

test('the report says how far it is, and the training switch stops it', async () => {
  const run = async (orchestrator: Orchestrator) => {
    const { participants } = await orchestrator.run({ until: 330 * 60e6 })
    await orchestrator.stop()
    return participants['dqn']!['dqn'] as { transitions: number; steps: number; loss: number | null }
  }
  const [on, off] = [plantedOrchestrator(reader, { predictability: 0.6, minutes: 340 }), plantedOrchestrator(reader, { predictability: 0.6, minutes: 340 })]
  await off.initialize()
  await off.command({ kind: 'training', model: 'dqn', enabled: false })
  const [taught, untaught] = [await run(on), await run(off)]
  expect(taught.steps).toBeGreaterThan(10)
  expect(taught.loss).toBeGreaterThan(0)
  expect(untaught).toMatchObject({ steps: 0, loss: null, transitions: taught.transitions })
})

test('a network of one column and one of six have one state each', () => {
  const shapes = [reader, dqn].map((module) => definitionOf(module).model!.network.inputs as Record<string, readonly number[]>)
  expect(shapes.map(({ columns }) => columns)).toEqual([[1], [6]])
  expect(shapes[1]).toEqual({ columns: [6], columnsMask: [6], position: [10], positionMask: [10] })
})

test('no step leads over a gap, nor begins in the state that the gap taints', async () => {
  const { candles, leans } = plantedMinutes(60, 0.6)
  const signal = defineModule({
    name: 'signal', version: '1.0.0', core: '^1.0.0', candles: ['1m'],
    features: { lean: { rev: 1, unit: 'score', range: [-1, 1], description: 'Foretells the next minute.' } },
    on: { 'candle:close': ({ openTime }, { features }) => void (features.lean = leans[openTime / 60e6 + 1] ?? NaN) },
  })
  const transitions = async (gap: readonly number[]) => {
    const data = new DataProvider({ sources: [candleSource('BTC/USDT', '1m', candles.filter((_, minute) => !gap.includes(minute)))] })
    const orchestrator = new Orchestrator({ data, modules: [signal, reader] })
    const { participants } = await orchestrator.run()
    await orchestrator.stop()
    return (participants['dqn']!['dqn'] as { transitions: number }).transitions
  }
  // Of n states in a row become n − 3 transitions of three steps.
  expect(await transitions([])).toBe(60 - 3)
  expect(await transitions([20, 21, 22])).toBe(20 - 3 + (37 - 1) - 3)
})
