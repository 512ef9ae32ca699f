import { defineModule, fromPackage, need, positionBlock, timeframeUs, type Timeframe } from '@tapeloom/core'
import { answerOf, createAnswerRecord, noteAnswer, noteOutcome, qNetwork, type Optimizer } from '@tapeloom/models'
import pkg from '@tapeloom/module-dqn/package.json' with { type: 'json' }
import { DqnTraining } from './dqn-training.ts'
import { POSITION } from './state-reference.ts'

/** What a Q-network sees, and how it learns. */
export interface DqnSpec {
  /** Columns by module; a module that is absent is masked. Default: `cob` and `pivot`. */
  readonly columns?: Readonly<Record<string, readonly string[]>>
  /** Its end is the end of a step; default the next 1m. */
  readonly target?: { readonly timeframe: Timeframe; readonly ahead: number }
  /** Cost of a change of the position by one, in bps; default 1. */
  readonly costBps?: number
  /** Bps that one unit of the values stands for; default 10. */
  readonly unitBps?: number
  /** Units of the hidden layers; default 64, 64. */
  readonly hidden?: readonly number[]
  readonly optimizer?: Optimizer
  /** Transitions of a training step; default 32. */
  readonly batch?: number
  /** Steps of a return; default 3. */
  readonly steps?: number
  readonly gamma?: number
  readonly tau?: number
  /** Transitions kept, a power of two; default 16,384. */
  readonly capacity?: number
  /** Transitions between two training steps; default 4. */
  readonly every?: number
}

const DEFAULT_COLUMNS = { cob: ['imbalance5', 'imbalance20', 'spreadBps', 'weightedMidBps'], pivot: ['l1Trend', 'l2Trend'] }

/** A predictor that learns what buying, holding and selling are worth. It trains itself; `training` is not needed. */
export function createDqn(spec: DqnSpec = {}) {
  const { columns = DEFAULT_COLUMNS, target = { timeframe: '1m', ahead: 1 }, hidden = [64, 64], batch = 32, optimizer } = spec
  const read = Object.entries(columns).flatMap(([module, names]) => names.map((name) => `${module}.${name}` as const))
  const state = { columns: read.length, columnsMask: read.length, position: POSITION, positionMask: POSITION }
  const network = qNetwork({ state, actions: 3, hidden, batch, ...(optimizer && { optimizer }) })
  const { costBps = 1, unitBps = 10, steps = 3, gamma = 0.99, tau = 0.005, capacity = 16_384, every = 4 } = spec
  return defineModule({
    name: 'dqn',
    ...fromPackage(pkg),
    description: 'A deep Q-network that buys, holds and sells.',
    requires: Object.fromEntries(Object.entries(columns).map(([module, features]) => [module, need(module, '^1', { features, optional: true })])),
    state: () => ({ answers: createAnswerRecord() }),
    on: {
      'prediction:made': (prediction, { state: own }) => void noteAnswer(own.answers, prediction),
      'prediction:resolved': (resolved, { state: own }) => void noteOutcome(own.answers, resolved, costBps),
    },
    model: {
      network: network.one,
      inputs: { columns: read, position: positionBlock },
      target,
      decode: ({ q }, { state: own }) => answerOf(own.answers, q), // softmax(Q / T), in the order of CLASS
      labels: {}, // what it learns from depends on its own values: see DqnTraining
    },
    participant: () => new DqnTraining({
      network, costBps, unitBps, steps, gamma, tau, capacity, every, alpha: 0.6, betaSteps: 10_000, warm: 8 * batch, latencyUs: 1e6,
      stepUs: target.ahead * timeframeUs(target.timeframe),
    }),
  })
}

/** The predictor with its defaults: steps of a minute, a cost of 1 bp. */
export const dqn = createDqn()
