import {
  CLASS, createRandom, type FedTensor, type Host, type InferenceFrame, type MarketSymbol, type Participant, type Plain,
  type Prediction, type SeededRandom,
} from '@tapeloom/core'
import { bestOf, betaAfter, NStep, PrioritizedReplay, QLearner, type QNetwork, type Step } from '@tapeloom/models'
import { rebuildStates, stateReference, type StateReference } from './state-reference.ts'
import { settle, stepRewards, type Account } from './step-rewards.ts'

/** How a served Q-network learns. */
export interface DqnTrainingSpec {
  readonly network: QNetwork
  /** Length of a step, µs. */
  readonly stepUs: number
  /** Cost of a change of the position by one, in bps. */
  readonly costBps: number
  /** Bps that one unit of the values stands for. */
  readonly unitBps: number
  readonly steps: number
  readonly gamma: number
  readonly tau: number
  readonly capacity: number
  readonly alpha: number
  readonly betaSteps: number
  /** Transitions before the first training step, and between two. */
  readonly warm: number
  readonly every: number
  readonly latencyUs: number
}
/** A state on its way to a transition: rewards of all actions, and which of them count. */
interface Visit {
  readonly state: StateReference
  readonly rewards: readonly number[]
  readonly taken: readonly number[]
}
/** A transition in the memory: references, not tensors. */
interface Kept extends Visit {
  readonly next: StateReference
  readonly discount: number
}
/** One symbol's way so far. */
interface Track {
  readonly account: Account
  readonly returns: NStep<Visit>
  last?: { readonly state: StateReference; readonly price: number; readonly chosen: number; readonly best: number } | undefined
}
interface Request {
  readonly model: string
  readonly places: readonly number[]
  readonly items: readonly Kept[]
  readonly weights: Float32Array
}
interface Result {
  readonly step: number
  readonly loss: number
  readonly dropped: boolean
  readonly errors: Float32Array
  readonly weights?: Float32Array
}

/** Trains the network that the module `dqn` serves, from what it saw, by reference, and what the price did next. */
export class DqnTraining implements Participant {
  readonly name = 'dqn'
  readonly #spec: DqnTrainingSpec
  readonly #replay: PrioritizedReplay<Kept>
  readonly #tracks = new Map<MarketSymbol, Track>()
  readonly #decided = new Map<MarketSymbol, number>()
  #columns: Record<string, readonly string[]> = {}
  #host!: Host
  #random!: SeededRandom
  #learner: Promise<QLearner> | undefined
  #learnerState: Plain = null
  #tail: Promise<unknown> = Promise.resolve()
  #added = 0
  #asked = 0
  #loss = NaN

  constructor(spec: DqnTrainingSpec) {
    this.#spec = spec
    this.#replay = new PrioritizedReplay(spec.capacity, spec.alpha)
  }

  attach(host: Host): void {
    this.#host = host
    this.#random = createRandom(host.seed, 'dqn')
    host.on('decision', ({ symbol, action }) => void this.#decided.set(symbol, CLASS[action]))
    host.onInference((frame, prediction, tensors) => {
      if (host.models.get(frame.model)?.definition.model?.network === this.#spec.network.one) this.#step(frame, prediction, tensors)
    })
    host.work('dqn', {
      kind: 'swap',
      fromRecord: false,
      compute: async (payload) => (await this.#compute(payload as unknown as Request)) as unknown as Plain,
      apply: (payload, result) => this.#apply(payload as unknown as Request, result as unknown as Result),
      record: (result) => {
        const { weights: _, ...rest } = result as unknown as Result
        return rest as unknown as Plain
      },
    })
  }

  /** One more state of a symbol: with it the step from the one before is known. */
  #step(frame: InferenceFrame, { probabilities: p }: Prediction, tensors: readonly FedTensor[]): void {
    const track = this.#track(frame.symbol)
    const { stepUs, costBps, unitBps } = this.#spec
    const price = frame.entry?.close ?? NaN
    const sound = price > 0 && frame.taint.length === 0 && !(frame.asOf > (track.last?.state.asOf ?? NaN) + 2 * stepUs)
    if (track.last && sound && frame.asOf < track.last.state.asOf + stepUs) return
    const { reference: state, columns } = stateReference(frame, tensors)
    this.#columns[state.series] ??= columns
    if (!sound) Object.assign(track, { last: undefined, returns: this.#returns() })
    if (track.last) {
      const { state: from, price: entry, chosen, best } = track.last
      const [move, side] = [1e4 * Math.log(price / entry), from.position[0] ?? NaN]
      const rewards = stepRewards(track.account, move, costBps, side).map((bps) => bps / unitBps)
      settle(track.account, chosen, move, costBps, side)
      // without a position the next state does not depend on the action: what each would have brought is known
      const taken = rewards.map((_, action) => (Number.isNaN(side) || action === chosen ? 1 : 0))
      const visit: Visit = { state: from, rewards, taken }
      const step: Step<Visit> = { state: visit, action: chosen, reward: rewards[chosen]!, explored: chosen !== best }
      for (const { state: of, action, reward, discount, next } of track.returns.push(step, { state, rewards: [], taken: [] }, false)) {
        const later = reward - of.rewards[action]!
        this.#keep({ ...of, rewards: of.rewards.map((first) => first + later), next: next.state, discount }, frame.model)
      }
    }
    if (!(price > 0) || frame.taint.length > 0) return // a step does not begin in a tainted state either
    const best = bestOf([p.buy, p.hold, p.sell])
    const chosen = state.position.length > 0 ? (this.#decided.get(frame.symbol) ?? CLASS.hold) : best
    track.last = { state, price, chosen, best }
  }

  #keep(item: Kept, model: string): void {
    this.#replay.add(item)
    const { warm, every, network, betaSteps, latencyUs } = this.#spec
    if (++this.#added % every !== 0 || this.#replay.size < warm || !this.#host.models.get(model)?.training) return
    const { places, items, weights } = this.#replay.sample(network.one.batch, betaAfter(this.#asked++, betaSteps), this.#random)
    const payload: Request = { model, places, items, weights }
    this.#host.defer({ handler: 'dqn', due: this.#host.clock.now() + latencyUs, payload: payload as unknown as Plain })
  }

  /** One step after another: each starts from the weights of the one before. */
  #compute(request: Request): Promise<Result> {
    const step = this.#tail.then(() => this.#learn(request))
    this.#tail = step.catch(() => undefined)
    return step
  }

  async #learn({ model, items, weights }: Request): Promise<Result> {
    const both = await rebuildStates(this.#host.feed.lanes, [...items, ...items.map(({ next }) => ({ state: next }))].map(({ state }) => state), this.#columns)
    const half = (from: number) => Object.fromEntries(Object.entries(both.tensors).map(([name, all]) =>
      [name, all.slice((from * all.length) / 2, ((from + 1) * all.length) / 2)]))
    const isGone = (i: number) => both.missing.has(i) || both.missing.has(i + items.length)
    const kept = weights.map((weight, i) => (isGone(i) ? 0 : weight))
    if (!kept.some((weight) => weight > 0)) return { step: 0, loss: NaN, dropped: true, errors: new Float32Array(items.length) }
    const flat = (of: (item: Kept) => readonly number[]) => Float32Array.from(items.flatMap((item) => [...of(item)]))
    const result = await (await this.#open(model)).learn({
      samples: items.length, states: half(0), nexts: half(1), rewards: flat(({ rewards }) => rewards), taken: flat(({ taken }) => taken),
      discounts: flat(({ discount }) => [discount]), weights: kept,
    })
    return { ...result, errors: result.errors.map((error, i) => (isGone(i) ? 0 : error)) }
  }

  #open(model: string): Promise<QLearner> {
    return (this.#learner ??= (async () => {
      const { network, tau } = this.#spec
      const learner = await QLearner.open({ network, tau, seed: this.#host.models.get(model)!.seed })
      if (this.#learnerState !== null) await learner.restore(this.#learnerState)
      return learner
    })())
  }

  #apply({ model, places, items }: Request, { step, loss, dropped, errors, weights }: Result): void {
    places.forEach((place, i) => this.#replay.update(place, errors[i]!))
    if (step === 0) return
    this.#host.digest('training', model, step, loss)
    this.#host.emit('training:step', { model, step, loss: dropped ? NaN : loss, samples: items.length }, items[0]!.state.symbol)
    if (dropped || !weights) return
    this.#loss = loss
    this.#host.swap(model, weights, String(step))
  }

  #returns(): NStep<Visit> { return new NStep(this.#spec.steps, this.#spec.gamma) }
  #track(symbol: MarketSymbol): Track {
    const known = this.#tracks.get(symbol) ?? { account: { equity: 0, peak: 0 }, returns: this.#returns() }
    this.#tracks.set(symbol, known)
    return known
  }

  report(): Readonly<Record<string, Plain>> {
    return { dqn: { transitions: this.#added, kept: this.#replay.size, steps: this.#asked, loss: Number.isNaN(this.#loss) ? null : this.#loss } }
  }

  async snapshot(): Promise<Plain> {
    await this.#tail
    const tracks = [...this.#tracks].map(([symbol, { account, returns, last }]) =>
      ({ symbol, account: { ...account }, open: returns.snapshot(), last: last ?? null }))
    const learner = this.#learner ? await (await this.#learner).snapshot() : this.#learnerState
    const { state } = this.#random
    return {
      tracks, learner, replay: this.#replay.snapshot(), random: state.slice(), columns: this.#columns, added: this.#added, asked: this.#asked, loss: this.#loss,
    } as unknown as Plain
  }
  restore(state: Plain): void {
    const saved = state as unknown as {
      tracks: readonly { symbol: MarketSymbol; account: Account; open: readonly Step<Visit>[]; last: Track['last'] | null }[]
      learner: Plain; replay: Plain; random: SeededRandom['state']; columns: Record<string, readonly string[]>; added: number; asked: number; loss: number
    }
    for (const { symbol, account, open, last } of saved.tracks) {
      const returns = this.#returns()
      returns.restore(open)
      this.#tracks.set(symbol, { account, returns, last: last ?? undefined })
    }
    this.#learnerState = saved.learner
    this.#replay.restore(saved.replay)
    this.#random.state.set(saved.random)
    this.#columns = { ...saved.columns };
    [this.#added, this.#asked, this.#loss] = [saved.added, saved.asked, saved.loss]
  }

  async close(): Promise<void> {
    await this.#tail
    await (await this.#learner)?.close()
  }
}
