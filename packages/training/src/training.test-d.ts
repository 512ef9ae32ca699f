import { CLASS, defineModule, need, Orchestrator, toProbabilities, use } from '@tapeloom/core'
import { DataProvider } from '@tapeloom/data'
import { crossEntropy, defineModel, dense, type ModelStore } from '@tapeloom/models'
import { assertType, expectTypeOf, test } from 'vitest'
import { training, type InferenceTrainingCoordinator, type TrainingEventSubscriber, type VersionRoles } from './index.ts'

const network = defineModel({
  name: 'scout',
  inputs: { book: [2] },
  targets: { direction: 'class', path: [3] },
  forward: ({ book }) => ({ direction: dense(book, 3), path: dense(book, 3) }),
  loss: (output, target) => crossEntropy(output.direction, target.direction),
})
const scout = defineModule({
  name: 'scout', version: '1.0.0', core: '^1.0.0',
  requires: { cob: need('cob', '^1', { features: ['imbalance5', 'spreadBps'] }) },
  model: {
    network,
    inputs: { book: ['cob.imbalance5', 'cob.spreadBps'] },
    target: { timeframe: '1m', ahead: 1 },
    decode: ({ direction }) => ({ probabilities: toProbabilities(direction) }),
    labels: { candle: () => ({ direction: CLASS.buy, path: [1, 2, 3] }) },
  },
})

test('a subscriber knows its model: name, targets, events', () => {
  assertType<TrainingEventSubscriber<typeof scout>>({
    name: 's', model: 'scout', pivots: { levels: [2] },
    onPivotEvent: ({ side, phase }, references) =>
      references.map((reference) => ({
        reference, targets: { direction: side === 'low' && phase === 'tradable' ? CLASS.buy : CLASS.sell, path: new Float32Array(3) },
      })),
    onCandleCompletion: async ({ open, close }, reference, ctx) => {
      const { tensors } = await ctx.resolve(reference)
      expectTypeOf(tensors['book']).toEqualTypeOf<Float32Array | undefined>()
      return close > open ? { reference, targets: { direction: 0, path: [0, 0, 0] }, weight: 0.5 } : undefined
    },
  })
  assertType<TrainingEventSubscriber<typeof scout>>({
    name: 's', model: 'scout',
    // @ts-expect-error a misspelt target
    onCandleCompletion: (_candle, reference) => ({ reference, targets: { directoin: 0, path: [] } }),
  })
  assertType<TrainingEventSubscriber<typeof scout>>({
    name: 's', model: 'scout',
    // @ts-expect-error a target left out
    onCandleCompletion: (_candle, reference) => ({ reference, targets: { direction: 0 } }),
  })
  // @ts-expect-error another model's name
  assertType<TrainingEventSubscriber<typeof scout>>({ name: 's', model: 'scuot' })
  // @ts-expect-error a misspelt event
  assertType<TrainingEventSubscriber<typeof scout>>({ name: 's', model: 'scout', onCandleClose() {} })
})

test('the module training brings the coordinator, and has options of its own', () => {
  const orchestrator = new Orchestrator({ data: new DataProvider(), modules: [use(training, { adapter: 'none', batch: 16, trainLatency: '2s' })] })
  expectTypeOf(orchestrator.participant(training)).toEqualTypeOf<InferenceTrainingCoordinator>()
  // @ts-expect-error no such adapter
  use(training, { adapter: 'perCandel' })
  // @ts-expect-error a misspelt option
  use(training, { trainLatence: '1s' })
})

test('the store of a model’s versions is what a verdict promotes in', () => {
  expectTypeOf<ModelStore>().toExtend<VersionRoles>()
})
