import { CLASS, definitionOf, Orchestrator, use, type EventOf } from '@tapeloom/core'
import { DataProvider } from '@tapeloom/data'
import { simulatedMarket } from '@tapeloom/data/sim'
import { cob } from '@tapeloom/module-cob'
import { training } from '@tapeloom/training'
import { expect, test } from 'vitest'
import { scout } from './index.ts'

test('the network trains on what it saw, and later inferences are those of other weights', async () => {
  const market = simulatedMarket({ symbols: ['BTC/USDT'], duration: '130m', predictability: 0.6, seed: 3 })
  const modules = [cob, scout, use(training, { batch: 32 })]
  const orchestrator = new Orchestrator({ data: new DataProvider({ sources: [market] }), modules, boundary: '5s' })
  const steps: EventOf<'training:step'>[] = []
  orchestrator.on('training:step', (step) => steps.push(step))
  const { references } = await orchestrator.run()
  expect(steps.length).toBeGreaterThan(2)
  expect(steps.map(({ model, step, samples }) => `${model} ${step} ${samples}`)).toEqual(steps.map((_, i) => `scout ${i + 1} 32`))
  for (const { loss } of steps) expect(loss).toBeGreaterThan(0)
  expect(references).toMatchObject({ failed: 0, trained: 32 * steps.length })

  const coordinator = orchestrator.participant(training)
  const trained = await coordinator.references({ model: 'scout', state: 'trained' })
  const { tensors, contentHash } = await coordinator.resolve(trained[0]!)
  expect(contentHash).toBe(trained[0]!.contentHash)
  const sizes = Object.entries(tensors).map(([name, tensor]) => `${name} ${tensor.length}`)
  expect(sizes.toSorted()).toEqual(['book 2', 'bookMask 2', 'candles 600', 'candlesMask 120'])
  expect([...new Set(trained.map(({ modelVersion }) => modelVersion))].slice(0, 3)).toEqual(['0', '1', '2'])
  expect(steps.at(-1)!.loss).toBeLessThan(steps[0]!.loss)
  await orchestrator.stop()
})

test('a minute teaches buy or sell when it moves more than 8 bps, else hold', () => {
  const candle = definitionOf(scout).model?.labels?.candle as unknown as (outcome: object) => { readonly direction: number }
  const taught = (close: number) => candle({ entry: { close: 10_000 }, target: { close } }).direction
  expect([10_009, 10_007, 9_993, 9_991].map(taught)).toEqual([CLASS.buy, CLASS.hold, CLASS.hold, CLASS.sell])
})
