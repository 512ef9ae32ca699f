import { defineModule, fromPackage, lane, need, positionBlock, TapeloomError, timeframeUs, type Lane, type Outcome, type Timeframe } from '@tapeloom/core'
import { answerOf, createAnswerRecord, labels, noteAnswer, noteOutcome, type Optimizer } from '@tapeloom/models'
import pkg from '@tapeloom/module-cnn/package.json' with { type: 'json' }
import { cnnNetwork, laneInput, MOVE_UNIT_BPS } from './cnn-network.ts'

/** A label of the direction: one by name, or a function as `model.labels.candle` takes it. */
export type DirectionLabel =
  | 'horizon' | 'nextCandle' | 'tripleBarrier'
  | ((outcome: Outcome) => { readonly direction: number } | undefined)

/** What a convolutional predictor reads, predicts and learns from. */
export interface CnnSpec {
  /** Candle series, of one window each; default 1m and 5m. Rows of a lane are the network's time axis. */
  readonly lanes?: readonly (Timeframe | Lane)[]
  /** Candles of each timeframe; default 60. */
  readonly window?: number
  /** Columns by module; a module that is absent is masked. Default: `cob` and `pivot`. */
  readonly columns?: Readonly<Record<string, readonly string[]>>
  /** The candle to predict; default the next 1m. */
  readonly target?: { readonly timeframe: Timeframe; readonly ahead: number }
  /** Default `horizon`. Pivots are learnt from with the option `adapter: 'pivotsOnly'` of the module training. */
  readonly label?: DirectionLabel
  /** Smaller moves are a hold; of `tripleBarrier`: where the barriers stand. Default 0, and 10 for barriers. */
  readonly thresholdBps?: number
  readonly optimizer?: Optimizer
  readonly batch?: number
}

const DEFAULT_COLUMNS = { cob: ['imbalance5', 'imbalance20', 'spreadBps', 'weightedMidBps'], pivot: ['l1Trend', 'l2Trend'] }

/**
 * A predictor that reads candles by convolutions, and columns beside them.
 * @throws TapeloomError `cnn.lanes` when there is none, or windows differ; `models.label` for a threshold out of range
 */
export function createCnn(spec: CnnSpec = {}) {
  const { window = 60, columns = DEFAULT_COLUMNS, target = { timeframe: '1m', ahead: 1 }, label = 'horizon' } = spec
  const lanes = (spec.lanes ?? ['1m', '5m']).map((given) => (typeof given === 'string' ? lane(given, window) : given))
  const thresholdBps = spec.thresholdBps ?? (label === 'tripleBarrier' ? 10 : 0)
  requireLanes(lanes)
  const read = Object.entries(columns).flatMap(([module, names]) => names.map((name) => `${module}.${name}` as const))
  const { optimizer, batch } = spec
  const network = cnnNetwork({ lanes, columns: read.length, ...(optimizer && { optimizer }), ...(batch && { batch }) })
  const directionOf = labelOf(label, thresholdBps)
  const holdBps = label === 'tripleBarrier' ? 0 : thresholdBps
  return defineModule({
    name: 'cnn',
    ...fromPackage(pkg),
    description: 'A convolutional network over candle lanes.',
    requires: Object.fromEntries(Object.entries(columns).map(([module, features]) => [module, need(module, '^1', { features, optional: true })])),
    state: () => ({ answers: createAnswerRecord() }),
    on: {
      'prediction:made': (prediction, { state }) => void noteAnswer(state.answers, prediction),
      'prediction:resolved': (resolved, { state }) => void noteOutcome(state.answers, resolved, holdBps),
    },
    model: {
      network,
      inputs: {
        columns: read, position: positionBlock,
        ...Object.fromEntries(lanes.map((bound, at) => [laneInput(lanes, at), bound])),
      },
      target,
      decode: ({ direction, move }, { state }) => ({
        ...answerOf(state.answers, direction), expectedBps: MOVE_UNIT_BPS * move[0]!,
      }),
      labels: {
        candle(outcome) {
          const found = directionOf(outcome)
          const bps = 1e4 * Math.log(outcome.target.close / outcome.entry.close)
          const move = Number.isFinite(bps) ? [bps / MOVE_UNIT_BPS, 1] : [0, 0] // of prices not above 0 there is no return
          return found && { ...found, move, turn: [0, 0, 0] }
        },
        pivot(outcome) {
          const { pivot, entry, phase } = outcome
          const found = labels.pivotTurn()(outcome)
          const bars = (pivot.pivotTime - entry.openTime) / timeframeUs(pivot.timeframe)
          const ahead = phase === 'anticipation' && bars >= 0 // what is past is no forecast
          const runBps = 1e4 * Math.log(pivot.price / entry.close)
          return found && { ...found, move: [0, 0], turn: ahead ? [runBps / MOVE_UNIT_BPS, Math.log(1 + bars), 1] : [0, 0, 0] }
        },
      },
    },
  })
}

/** The predictor with its defaults: 60 candles of 1m and of 5m, the next minute. */
export const cnn = createCnn()

function labelOf(label: DirectionLabel, thresholdBps: number): Exclude<DirectionLabel, string> {
  if (typeof label === 'function') return label
  return label === 'tripleBarrier' ? labels.tripleBarrier({ k: 1, sigmaBps: thresholdBps }) : labels[label]({ thresholdBps })
}

function requireLanes(lanes: readonly Lane[]): void {
  const windows = [...new Set(lanes.map(({ window }) => window))]
  if (windows.length === 1) return
  throw new TapeloomError('cnn.lanes', `[module cnn] its lanes have windows ${windows.join(', ') || 'none'}. Give at least one lane, all of one window.`)
}
