import { CLASS, defineModule, lane, need, toProbabilities } from '@tapeloom/core'
import { adamW, concat, crossEntropy, defineModel, dense, flatten, relu } from '@tapeloom/models'

const COLUMNS = ['cob.imbalance5', 'cob.imbalance20', 'pivot.l1Trend', 'pivot.l2Trend'] as const

/** A small dense network: what the book and the swings say, and the last half hour of candles. */
const network = defineModel({
  name: 'direction',
  inputs: { columns: [4], columnsMask: [4], candles: [10, 5] },
  targets: { direction: 'class' },
  batch: 16,
  optimizer: adamW({ learningRate: 1e-2, weightDecay: 0.3, averageDecay: 0.99 }), // few samples, much noise: the average serves
  forward({ columns, columnsMask, candles }) {
    const past = relu(dense(flatten(candles), 4))
    return { direction: dense(relu(dense(concat(columns, columnsMask, past), 16)), 3) }
  },
  loss: (output, target) => crossEntropy(output.direction, target.direction),
})

/** Predicts whether the next one-minute candle closes above its opening, and learns from each that closes. */
export const direction = defineModule({
  name: 'direction',
  version: '1.0.0',
  core: '^1.0.0',
  requires: {
    cob: need('cob', '^1', { features: ['imbalance5', 'imbalance20'] }),
    pivot: need('pivot', '^1', { features: ['l1Trend', 'l2Trend'] }),
  },
  model: {
    network,
    inputs: { columns: COLUMNS, candles: lane('1m', 10) },
    target: { timeframe: '1m', ahead: 1 },
    decode: ({ direction: logits }) => ({ probabilities: toProbabilities(logits) }),
    labels: {
      candle: ({ entry, target }) => ({
        direction: target.close > entry.close ? CLASS.buy : target.close < entry.close ? CLASS.sell : CLASS.hold,
      }),
    },
  },
})
