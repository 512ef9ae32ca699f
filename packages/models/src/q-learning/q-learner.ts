import type { InferenceRuntime, Plain, Tensors, Trainer } from '@tapeloom/core'
import { averageInto } from '../optimize/average-weights.ts'
import type { QNetwork } from './q-network.ts'

/** How values are learnt. */
export interface LearnerSpec {
  readonly network: QNetwork
  readonly seed: number
  /** Share by which the target weights follow at each step; default 0.005. */
  readonly tau?: number
  /** Whether one set of weights chooses the next action and the other values it; default true. */
  readonly double?: boolean
}
/** Transitions as tensors, as many as the network's batch or fewer. */
export interface TransitionBatch {
  readonly samples: number
  /** By input: `[samples × size]`. */
  readonly states: Tensors
  readonly nexts: Tensors
  /** `[samples × actions]`: what each action brought, and 1 where that is known. */
  readonly rewards: Float32Array
  readonly taken: Float32Array
  /** What the value of the next state counts: gamma^n, 0 at an end. */
  readonly discounts: Float32Array
  readonly weights: Float32Array
}
export interface LearnerStep {
  readonly step: number
  readonly loss: number
  readonly dropped: boolean
  /** Greatest |target − value| over the known actions of each sample. */
  readonly errors: Float32Array
  readonly weights: Float32Array
}

/**
 * Value of the next state: the second set's value of the action that the first likes best. With one set twice it is
 * max Q, whose mean is too high wherever values are uncertain.
 * @source van Hasselt, Guez, Silver (2016), Deep Reinforcement Learning with Double Q-learning, equation 4
 */
export function bootstrapValue(chooses: ArrayLike<number>, values: ArrayLike<number>): number {
  return values[bestOf(chooses)]!
}
/** The first of the greatest. */
export function bestOf(values: ArrayLike<number>): number {
  let best = 0
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i
  return best
}

/** Learns action values from transitions, whoever keeps them: double Q-learning with slowly following target weights. */
export class QLearner {
  readonly #spec: Required<LearnerSpec>
  readonly #trainer: Trainer
  readonly #online: InferenceRuntime
  readonly #target: InferenceRuntime
  #slow: Float32Array

  private constructor(spec: Required<LearnerSpec>, trainer: Trainer, online: InferenceRuntime, target: InferenceRuntime) {
    this.#spec = spec
    this.#trainer = trainer
    this.#online = online
    this.#target = target
    this.#slow = online.weights()
  }

  static async open(spec: LearnerSpec): Promise<QLearner> {
    const filled = { tau: 0.005, double: true, ...spec }
    const { one, many } = spec.network
    const [online, target, first] = [await many.open(spec), await many.open(spec), await one.open(spec)]
    const learner = new QLearner(filled, await one.train(spec), online, target)
    learner.#take(first.weights(), '0') // those of `one`: the two forms may be seeded by names of their own
    learner.#slow = first.weights()
    target.swap(learner.#slow, '0')
    await first.close()
    return learner
  }

  get #rows(): number { return this.#spec.network.one.batch }

  /** Values `[samples × actions]` of states, by the newest weights. */
  async values(states: Tensors, samples: number): Promise<Float32Array> {
    return (await this.#online.infer(this.#filled(states))).q!.subarray(0, samples * this.#spec.network.actions)
  }

  /** One step: targets from both sets of weights, gradients, and the target weights follow. */
  async learn(batch: TransitionBatch): Promise<LearnerStep> {
    const { samples, rewards, taken, discounts, states, nexts, weights } = batch
    const { actions } = this.#spec.network
    const [chooses, judges, now] = [
      await this.values(nexts, samples), (await this.#target.infer(this.#filled(nexts))).q!, await this.values(states, samples),
    ]
    const [values, errors] = [new Float32Array(samples * actions), new Float32Array(samples)]
    for (let i = 0; i < samples; i++) {
      const row = (all: Float32Array) => all.subarray(i * actions, (i + 1) * actions)
      const next = bootstrapValue(row(this.#spec.double ? chooses : judges), row(judges))
      for (let action = 0, at = i * actions; action < actions; action++, at++) {
        values[at] = rewards[at]! + (discounts[i]! > 0 ? discounts[i]! * next : 0)
        if (taken[at]! > 0) errors[i] = Math.max(errors[i]!, Math.abs(values[at]! - now[at]!))
      }
    }
    const result = await this.#trainer.step({ samples, inputs: states, targets: { values, taken }, weights })
    if (!result.dropped) {
      this.#take(result.weights, `${result.step}`)
      averageInto(this.#slow, result.weights, 1 - this.#spec.tau)
      this.#target.swap(this.#slow, `${result.step}`)
    }
    return { ...result, errors }
  }

  #take(weights: Float32Array, version: string): void {
    this.#online.swap(weights, version)
  }

  /** Rows beyond the samples are zeros. */
  #filled(states: Tensors): Tensors {
    const inputs = this.#spec.network.one.inputs as Readonly<Record<string, readonly [number]>>
    return Object.fromEntries(Object.entries(inputs).map(([name, [size]]) => {
      const all = new Float32Array(this.#rows * size)
      all.set(states[name]!)
      return [name, all]
    }))
  }

  async snapshot(): Promise<Plain> {
    return { trainer: await this.#trainer.snapshot(), online: this.#online.weights(), slow: this.#slow.slice(), version: this.#online.version }
  }
  async restore(state: Plain): Promise<void> {
    const { trainer, online, slow, version } = state as unknown as { trainer: Plain; online: Float32Array; slow: Float32Array; version: string }
    await this.#trainer.restore(trainer)
    this.#take(online, version)
    this.#slow = slow.slice()
    this.#target.swap(this.#slow, version)
  }
  async close(): Promise<void> {
    for (const part of [this.#trainer, this.#online, this.#target]) await part.close()
  }
}
