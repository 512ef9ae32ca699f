import { defineModule, fromPackage, option } from '@tapeloom/core'
import pkg from '@tapeloom/training/package.json' with { type: 'json' }
import { InferenceTrainingCoordinator } from './inference-training-coordinator.ts'

/** Trains every model that is served, on line, from what came of its inferences. */
export const training = defineModule({
  name: 'training',
  ...fromPackage(pkg),
  description: 'Keeps a reference for each inference and trains on what came of it.',
  options: {
    adapter: option.oneOf(['perCandle', 'pivotsOnly', 'retrospective', 'none'], {
      default: 'perCandle', affects: 'none',
      description: 'Which of a model’s own labels it is trained on: retrospective draws batches from the past, none leaves it to subscribers.',
    }),
    pivotPhase: option.oneOf(['tradable', 'anticipation'], {
      default: 'tradable', affects: 'none', description: 'Which references a model’s own pivot label sees.',
    }),
    batch: option.integer({ default: 0, min: 0, affects: 'none', description: 'Samples per step; 0: as many as the network takes.' }),
    trainLatency: option.duration({ default: '1s', affects: 'none', description: 'How long after its batch is full a step takes effect.' }),
    window: option.duration({ default: '5m', affects: 'none', description: 'How far from a pivot references are taken.' }),
    levelWindows: option.list(option.duration({ default: '5m' }), {
      default: [], affects: 'none', description: 'The same by pivot level, from 1; further levels use window.',
    }),
    taintWeight: option.number({
      default: 0, min: 0, max: 1, affects: 'none', description: 'Weight of samples from doubtful data; 0: they expire.',
    }),
    skewShare: option.number({
      default: 0.01, min: 0, max: 1, affects: 'none', description: 'Share of inferences built again to see that training sees what was served.',
    }),
    mostReferences: option.integer({
      default: 200_000, min: 1, affects: 'none', description: 'References of a model on a symbol kept in memory.',
    }),
  },
  participant: (options) => new InferenceTrainingCoordinator(options),
})
