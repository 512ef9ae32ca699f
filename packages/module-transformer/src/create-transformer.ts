import { defineModule, fromPackage, lane, need, positionBlock, TapeloomError, type Candle, type Lane, type Outcome, type Timeframe } from '@tapeloom/core'
import { answerOf, createAnswerRecord, labels, noteAnswer, noteOutcome, type Optimizer } from '@tapeloom/models'
import pkg from '@tapeloom/module-transformer/package.json' with { type: 'json' }
import { CANDLE_UNIT_BPS, laneInput, transformerNetwork } from './transformer-network.ts'

/** The candle that the network expects: each price in bps from the last close known, the volume as a ratio to its candle's. */
export interface PredictedCandle {
  /** Id of the prediction that it belongs to. */
  readonly prediction: string
  readonly openBps: number
  readonly highBps: number
  readonly lowBps: number
  readonly closeBps: number
  readonly volumeRatio: number
}
declare module '@tapeloom/core' {
  interface EventMap {
    'transformer:candle': PredictedCandle
  }
}

/** A label of the direction: one by name, or a function as `model.labels.candle` takes it. */
export type DirectionLabel =
  | 'horizon' | 'nextCandle' | 'tripleBarrier'
  | ((outcome: Outcome) => { readonly direction: number } | undefined)

/** What a transformer reads, predicts and learns from. */
export interface TransformerSpec {
  /** Candle series; the first is the primary one. Default 128 of 1m, 32 of 5m. */
  readonly lanes?: readonly Lane[]
  /** Columns by module; a module that is absent is masked. Default: `cob` and `pivot`. */
  readonly columns?: Readonly<Record<string, readonly string[]>>
  /** The candle to predict; default the next 1m. */
  readonly target?: { readonly timeframe: Timeframe; readonly ahead: number }
  /** Default `horizon`. Pivots are learnt from with the option `adapter: 'pivotsOnly'` of the module training. */
  readonly label?: DirectionLabel
  /** Smaller moves are a hold; of `tripleBarrier`: where the barriers stand. Default 0, and 10 for barriers. */
  readonly thresholdBps?: number
  /** Share of elements that training drops; default 0.1. */
  readonly dropout?: number
  readonly optimizer?: Optimizer
  readonly batch?: number
}

const DEFAULT_COLUMNS = { cob: ['imbalance5', 'imbalance20', 'spreadBps', 'weightedMidBps'], pivot: ['l1Trend', 'l2Trend'] }

/**
 * A predictor that attends over candles of several timeframes.
 * @throws TapeloomError `transformer.lanes` when there is none; `models.label` for a threshold out of range
 */
export function createTransformer(spec: TransformerSpec = {}) {
  const { lanes = [lane('1m', 128), lane('5m', 32)], columns = DEFAULT_COLUMNS, label = 'horizon', target = { timeframe: '1m', ahead: 1 } } = spec
  if (lanes.length === 0) throw new TapeloomError('transformer.lanes', '[module transformer] it has no lanes. Give at least one, as lane(\'1m\', 128).')
  const thresholdBps = spec.thresholdBps ?? (label === 'tripleBarrier' ? 10 : 0)
  const holdBps = label === 'tripleBarrier' ? 0 : thresholdBps
  const read = Object.entries(columns).flatMap(([module, names]) => names.map((name) => `${module}.${name}` as const))
  const { optimizer, batch, dropout } = spec
  const shape = { lanes, columns: read.length, ...(optimizer && { optimizer }), ...(batch && { batch }), ...(dropout !== undefined && { dropout }) }
  const directionOf = labelOf(label, thresholdBps)
  return defineModule({
    name: 'transformer',
    ...fromPackage(pkg),
    description: 'A transformer over candle lanes.',
    requires: Object.fromEntries(Object.entries(columns).map(([module, features]) => [module, need(module, '^1', { features, optional: true })])),
    state: () => ({ answers: createAnswerRecord(), candle: [] as number[] }),
    on: {
      'prediction:made'(prediction, { state, emit }) {
        if (!noteAnswer(state.answers, prediction)) return
        const [openBps = NaN, highBps = NaN, lowBps = NaN, closeBps = NaN, volume = NaN] = state.candle
        emit('transformer:candle', { prediction: prediction.id, openBps, highBps, lowBps, closeBps, volumeRatio: Math.exp(volume) })
      },
      'prediction:resolved': (resolved, { state }) => void noteOutcome(state.answers, resolved, holdBps),
    },
    model: {
      network: transformerNetwork(shape),
      inputs: {
        columns: read, position: positionBlock,
        ...Object.fromEntries(lanes.map((bound, at) => [laneInput(lanes, at), bound])),
      },
      target,
      decode({ direction, candle }, { state }) {
        state.candle = Array.from(candle, (value, at) => (at < 4 ? CANDLE_UNIT_BPS * value : value))
        return { ...answerOf(state.answers, direction), expectedBps: state.candle[3]! }
      },
      labels: {
        candle(outcome) {
          const found = directionOf(outcome)
          return found && { ...found, candle: candleTarget(outcome.entry, outcome.target) }
        },
        pivot(outcome) {
          const found = labels.pivotTurn()(outcome)
          return found && { ...found, candle: [0, 0, 0, 0, 0, 0] }
        },
      },
    },
  })
}

/** The predictor with its defaults: 128 candles of 1m and 32 of 5m, the next minute. */
export const transformer = createTransformer()

/** Open, high, low, close in units of 10 bps from the entry's close, ln of the ratio of (1 + volume), and known, if they are. */
function candleTarget(entry: Candle, { open, high, low, close, volume }: Candle): readonly number[] {
  const units = [open, high, low, close].map((price) => (1e4 * Math.log(price / entry.close)) / CANDLE_UNIT_BPS)
  const target = [...units, Math.log((1 + volume) / (1 + entry.volume)), 1]
  return target.every(Number.isFinite) ? target : [0, 0, 0, 0, 0, 0]
}

function labelOf(label: DirectionLabel, thresholdBps: number): Exclude<DirectionLabel, string> {
  if (typeof label === 'function') return label
  return label === 'tripleBarrier' ? labels.tripleBarrier({ k: 1, sigmaBps: thresholdBps }) : labels[label]({ thresholdBps })
}
