import { CLASS, defineModule, lane, need, Orchestrator, toProbabilities } from '@tapeloom/core'
import { DataProvider } from '@tapeloom/data'
import { simulatedMarket } from '@tapeloom/data/sim'
import { concat, crossEntropy, defineModel, dense, flatten } from '@tapeloom/models'
import { cob } from '@tapeloom/module-cob'
import { expect, test } from 'vitest'
import { training } from './training.ts'
import { verifyReferences } from './verify/verify-references.ts'

const network = defineModel({
  name: 'tape',
  inputs: { book: [2], bookMask: [2], candles: [5, 5], candlesMask: [5] },
  targets: { direction: 'class' },
  batch: 16,
  forward: ({ book, bookMask, candles, candlesMask }) => ({ direction: dense(concat(book, bookMask, flatten(candles), candlesMask), 3) }),
  loss: (output, target) => crossEntropy(output.direction, target.direction),
})
const tape = defineModule({
  name: 'tape', version: '1.0.0', core: '^1.0.0',
  requires: { cob: need('cob', '*', { features: ['imbalance5', 'spreadBps'] }) },
  model: {
    network,
    inputs: { book: ['cob.imbalance5', 'cob.spreadBps'], candles: lane('1m', 5) },
    target: { timeframe: '1m', ahead: 1 },
    decode: ({ direction }) => ({ probabilities: toProbabilities(direction) }),
    labels: { candle: ({ entry, target }) => ({ direction: target.close > entry.close ? CLASS.buy : CLASS.sell }) },
  },
})

async function run() {
  const market = simulatedMarket({ symbols: ['BTC/USDT', 'ETH/USDT'], duration: '16m', seed: 5, predictability: 0.6 })
  const data = new DataProvider({ sources: [market] })
  const orchestrator = new Orchestrator({ data, modules: [cob, tape, training], boundary: '5s' })
  const report = await orchestrator.run()
  const references = await orchestrator.participant(training).references()
  const verification = await verifyReferences(data.store)
  await orchestrator.stop()
  return { report, references, verification }
}

test('on trades and books many references share a target: all are matched at its close, trained, and verified', async () => {
  const { report, references, verification } = await run()
  const { registered, matched, trained, open, failed } = report.references
  expect(registered).toBeGreaterThan(150)
  expect([registered - matched - open, failed]).toEqual([report.references.expired, 0])
  expect(trained).toBeGreaterThan(0.8 * matched - 16)
  const targets = new Map<string, number>()
  for (const { symbol, target } of references) targets.set(`${symbol} ${target.openTime}`, (targets.get(`${symbol} ${target.openTime}`) ?? 0) + 1)
  expect(Math.max(...targets.values())).toBeGreaterThan(4)
  for (const { asOf, target } of references) expect(target.openTime - asOf).toBeLessThan(60e6)
  expect(verification).toMatchObject({ references: registered, verified: registered })
  expect((await run()).report.journalHash).toBe(report.journalHash)
})
