import type { Network } from '@tapeloom/core'
import { defineModel } from '../define/define-model.ts'
import type { Tensor } from '../graph/tensor.ts'
import { concat } from '../ops/arrange.ts'
import { add, clip, mul, relu, sub } from '../ops/elementwise.ts'
import { dense } from '../ops/layer.ts'
import { mean, sum } from '../ops/reduce.ts'
import { adamW, type Optimizer } from '../optimize/optimizer.ts'

/** A network of action values. */
export interface QNetworkSpec {
  /** Inputs and how many numbers each has; together they are the state. */
  readonly state: Readonly<Record<string, number>>
  readonly actions: number
  /** Units of the hidden layers; none makes the values linear in the state. Default 64, 64. */
  readonly hidden?: readonly number[]
  /** Whether state value and advantages are learnt apart; default true. */
  readonly dueling?: boolean
  readonly optimizer?: Optimizer
  /** Transitions of a training step; default 32. */
  readonly batch?: number
}
/** One network in two forms of equal weights: `one` serves and trains single states, `many` answers a whole batch at once. */
export interface QNetwork {
  readonly one: Network<Record<string, readonly [number]>, 'q', { readonly values: readonly [number]; readonly taken: readonly [number] }>
  readonly many: Network<Record<string, readonly [number, number]>, 'q'>
  readonly actions: number
}
/** Inputs beyond ± this are cut. */
const WIDEST = 10

/**
 * Action values of a state: hidden layers, then Q = V + A − mean A. A step is taken towards the `values` of the actions
 * that are `taken` (1; the others 0) by the Huber loss.
 * @source Wang et al. (2016), Dueling Network Architectures, equation 9; Mnih et al. (2015): the clipped error
 */
export function qNetwork(spec: QNetworkSpec): QNetwork {
  const { state, actions, hidden = [64, 64], dueling = true, batch = 32, optimizer } = spec
  const names = Object.keys(state)
  const valuesOf = (inputs: Readonly<Record<string, Tensor>>): Tensor => {
    let x = clip(concat(...names.map((name) => inputs[name]!)), -WIDEST, WIDEST)
    for (const units of hidden) x = relu(dense(x, units))
    const advantage = dense(x, actions, { initialise: 'glorot' })
    return dueling ? add(dense(x, 1, { initialise: 'glorot' }), sub(advantage, mean(advantage, { axis: -1, keep: true }))) : advantage
  }
  const targets = { values: [actions], taken: [actions] } as const
  const shapes = <S extends readonly [number] | readonly [number, number]>(shape: (size: number) => S) =>
    Object.fromEntries(names.map((name) => [name, shape(state[name]!)])) as Record<string, S>
  const one = defineModel({
    name: 'dqn', inputs: shapes((size) => [size] as const), targets, batch,
    optimizer: optimizer ?? adamW({ learningRate: 1e-3, weightDecay: 0.01, clipNorm: 10 }),
    forward: (inputs) => ({ q: valuesOf(inputs) }),
    loss({ q }, { values, taken }) {
      const error = mul(taken, sub(q, values))
      const limited = clip(error, -1, 1)
      return sum(mul(limited, sub(error, mul(0.5, limited))))
    },
  })
  const many = defineModel({
    name: 'dqn', inputs: shapes((size) => [batch, size] as const), targets, batch: 1,
    forward: (inputs) => ({ q: valuesOf(inputs) }),
    loss: ({ q }) => mean(q), // never trained: it takes the weights of the other
  })
  return { one, many, actions }
}
