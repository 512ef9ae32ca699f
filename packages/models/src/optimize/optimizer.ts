import { TapeloomError } from '@tapeloom/core'

/** How the learning rate changes with the step; it multiplies `learningRate`. */
export interface Schedule {
  /** Steps of linear rise from 0; default 0. */
  readonly warmup?: number
  /** Steps, warm-up included, after which the factor stays at `floor`, reached along half a cosine; absent: no fall. */
  readonly decay?: number
  /** Last factor; default 0. */
  readonly floor?: number
}
interface OptimizerBase {
  readonly learningRate: number
  readonly weightDecay: number
  readonly schedule: Schedule
  /** Greatest Euclidean norm of all gradients together; Infinity: not limited. */
  readonly clipNorm: number
  /**
   * Serve the average of the weights over the steps, of this decay, at most (1 + step) / (10 + step); 0: the weights
   * themselves.
   */
  readonly averageDecay: number
}
export interface AdamW extends OptimizerBase {
  readonly kind: 'adamW'
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
}
export interface Sgd extends OptimizerBase {
  readonly kind: 'sgd'
  readonly momentum: number
}
/** How gradients become weights; made by `adamW` or `sgd`. */
export type Optimizer = AdamW | Sgd
export type AdamWSpec = Partial<Omit<AdamW, 'kind'>>
export type SgdSpec = Partial<Omit<Sgd, 'kind'>>

/**
 * Adam with decoupled weight decay: θ ← (1 − ηλ)θ − η·m̂ / (√v̂ + ε), over every parameter, biases included.
 * Defaults: learningRate 0.001, weightDecay 0.01, beta1 0.9, beta2 0.999, epsilon 1e-8.
 * @source Loshchilov, Hutter (2019), Decoupled Weight Decay Regularization, algorithm 2
 * @throws TapeloomError `models.optimizer` for a number out of its range
 */
export const adamW = (spec: AdamWSpec = {}): AdamW =>
  checked({
    kind: 'adamW',
    learningRate: 1e-3,
    weightDecay: 0.01,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    schedule: {},
    clipNorm: Infinity,
    averageDecay: 0,
    ...spec,
  })

/**
 * Stochastic gradient descent with momentum: m ← μm + g, θ ← (1 − ηλ)θ − ηm.
 * Defaults: learningRate 0.01, momentum 0.9, weightDecay 0.
 * @source Sutskever et al. (2013), On the importance of initialization and momentum, section 2
 * @throws TapeloomError `models.optimizer` for a number out of its range
 */
export const sgd = (spec: SgdSpec = {}): Sgd =>
  checked({
    kind: 'sgd', learningRate: 0.01, momentum: 0.9, weightDecay: 0, schedule: {}, clipNorm: Infinity, averageDecay: 0, ...spec,
  })

function checked<T extends Optimizer>(optimizer: T): T {
  const require = (name: string, value: number, ok: boolean, range: string) => {
    if (!ok)
      throw new TapeloomError('models.optimizer', `[models ${optimizer.kind}] ${name} is ${value}. Use ${range}.`)
  }
  const { learningRate, weightDecay, clipNorm, schedule } = optimizer
  const fraction = (name: string, value: number) => require(name, value, value >= 0 && value < 1, '0 ≤ x < 1')
  require('learningRate', learningRate, learningRate > 0 && learningRate < Infinity, 'a number above 0')
  require('weightDecay', weightDecay, weightDecay >= 0 &&
    weightDecay * learningRate < 1, 'a number ≥ 0 below 1 / learningRate')
  require('clipNorm', clipNorm, clipNorm > 0, 'a number above 0')
  fraction('averageDecay', optimizer.averageDecay)
  if (optimizer.kind === 'sgd') fraction('momentum', optimizer.momentum)
  else {
    fraction('beta1', optimizer.beta1)
    fraction('beta2', optimizer.beta2)
    require('epsilon', optimizer.epsilon, optimizer.epsilon > 0, 'a number above 0')
  }
  const { warmup = 0, decay = Infinity, floor = 0 } = schedule
  require('schedule.warmup', warmup, Number.isInteger(warmup) && warmup >= 0, 'a whole number ≥ 0')
  require('schedule.decay', decay, decay > warmup, 'more steps than the warm-up has')
  require('schedule.floor', floor, floor >= 0 && floor <= 1, '0 ≤ x ≤ 1')
  return optimizer
}

/** Factor of the learning rate at `step`, the first being 1. */
export function scheduleFactor({ warmup = 0, decay = Infinity, floor = 0 }: Schedule, step: number): number {
  if (step <= warmup) return step / warmup
  if (decay === Infinity) return 1
  const done = Math.min(1, (step - warmup) / (decay - warmup))
  return floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * done))
}
