import { CLASS, defineModule, fromPackage, lane, need, toProbabilities } from '@tapeloom/core'
import { concat, conv1d, crossEntropy, defineModel, dense, meanPool, relu } from '@tapeloom/models'
import pkg from 'tapeloom-module-scout/package.json' with { type: 'json' }

const network = defineModel({
  name: 'scout',
  inputs: { book: [2], bookMask: [2], candles: [120, 5], candlesMask: [120] }, // shapes of one sample
  targets: { direction: 'class' },
  forward({ book, bookMask, candles, candlesMask }) {
    const past = meanPool(relu(conv1d(candles, 32, { kernel: 5 })), candlesMask)
    return { direction: dense(relu(dense(concat(past, book, bookMask), 64)), 3) }
  },
  loss: (output, target) => crossEntropy(output.direction, target.direction),
})

export const scout = defineModule({
  name: 'scout',
  ...fromPackage(pkg),
  requires: { cob: need('cob', '^1', { features: ['imbalance5', 'spreadBps'] }) },
  model: {
    network,
    inputs: { book: ['cob.imbalance5', 'cob.spreadBps'], candles: lane('1m', 120) },
    target: { timeframe: '1m', ahead: 1 }, // the first 1m candle that opens at or after the inference
    latency: '2ms',
    decode: ({ direction }) => ({ probabilities: toProbabilities(direction) }),
    labels: {
      candle({ entry, target }) {
        const bps = 1e4 * Math.log(target.close / entry.close)
        return { direction: bps > 8 ? CLASS.buy : bps < -8 ? CLASS.sell : CLASS.hold }
      },
    },
  },
})
