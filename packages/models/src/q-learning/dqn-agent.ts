import { createRandom, type SeededRandom } from '@tapeloom/core'
import { NStep, type Transition } from './n-step.ts'
import { PrioritizedReplay } from './prioritized-replay.ts'
import { bestOf, QLearner, type LearnerSpec, type LearnerStep } from './q-learner.ts'

/** An agent over states that are vectors. The network has one input. */
export interface AgentSpec extends LearnerSpec {
  /** Steps of a return; default 3. */
  readonly steps?: number
  readonly gamma?: number
  /** Transitions kept, a power of two; default 16,384. */
  readonly capacity?: number
  /** Exponent of the priorities; default 0.6. */
  readonly alpha?: number
  /** Training steps over which beta goes from 0.4 to 1; default 10,000. */
  readonly betaSteps?: number
}

/** Exponent of the weights that undo uneven drawing, after `done` of `steps`. */
export const betaAfter = (done: number, steps: number): number => 0.4 + 0.6 * Math.min(1, done / steps)

/**
 * A deep Q-network: double, dueling, n-step, prioritised. Usable alone, on any task whose states are vectors.
 * @source Hessel et al. (2018), Rainbow: the combination
 */
export class DqnAgent {
  readonly learner: QLearner
  readonly replay: PrioritizedReplay<Transition<Float32Array>>
  readonly #spec: Required<AgentSpec>
  readonly #random: SeededRandom
  readonly #returns: NStep<Float32Array>
  readonly #input: string
  #done = 0

  private constructor(spec: Required<AgentSpec>, learner: QLearner) {
    this.#spec = spec
    this.learner = learner
    this.replay = new PrioritizedReplay(spec.capacity, spec.alpha)
    this.#returns = new NStep(spec.steps, spec.gamma)
    this.#random = createRandom(spec.seed, 'dqn')
    this.#input = Object.keys(spec.network.one.inputs)[0]!
  }

  static async open(spec: AgentSpec): Promise<DqnAgent> {
    const filled = { tau: 0.005, double: true, steps: 3, gamma: 0.99, capacity: 16_384, alpha: 0.6, betaSteps: 10_000, ...spec }
    return new DqnAgent(filled, await QLearner.open(filled))
  }

  /** Values of the actions in a state. */
  values(state: Float32Array): Promise<Float32Array> {
    return this.learner.values({ [this.#input]: state }, 1)
  }

  /** The best action, or with probability `epsilon` any. */
  async act(state: Float32Array, epsilon = 0): Promise<{ readonly action: number; readonly explored: boolean }> {
    const best = bestOf(await this.values(state))
    if (this.#random.next() >= epsilon) return { action: best, explored: false }
    const action = this.#random.integer(this.#spec.network.actions)
    return { action, explored: action !== best }
  }

  /** Remembers a step. */
  observe(step: Parameters<NStep<Float32Array>['push']>[0], next: Float32Array, done: boolean): void {
    for (const transition of this.#returns.push(step, next, done)) this.replay.add(transition)
  }

  /** Takes one training step from what is remembered; undefined while that is less than a batch. */
  async learn(): Promise<LearnerStep | undefined> {
    const { one, actions } = this.#spec.network
    if (this.replay.size < one.batch) return undefined
    const { places, items, weights } = this.replay.sample(one.batch, betaAfter(this.#done++, this.#spec.betaSteps), this.#random)
    const size = items[0]!.state.length
    const [states, nexts] = [new Float32Array(items.length * size), new Float32Array(items.length * size)]
    const [rewards, taken] = [new Float32Array(items.length * actions), new Float32Array(items.length * actions)]
    items.forEach(({ state, next, action, reward }, i) => {
      states.set(state, i * size)
      nexts.set(next, i * size)
      rewards[i * actions + action] = reward
      taken[i * actions + action] = 1
    })
    const result = await this.learner.learn({
      samples: items.length, states: { [this.#input]: states }, nexts: { [this.#input]: nexts }, rewards, taken, weights,
      discounts: Float32Array.from(items, ({ discount }) => discount),
    })
    places.forEach((place, i) => this.replay.update(place, result.errors[i]!))
    return result
  }

  close(): Promise<void> {
    return this.learner.close()
  }
}
