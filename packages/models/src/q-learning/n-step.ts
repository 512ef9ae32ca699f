/** One step of an agent. */
export interface Step<S> {
  readonly state: S
  readonly action: number
  readonly reward: number
  /** Whether the action was not the one that was thought best. */
  readonly explored?: boolean
}
/** Several steps as one: `reward` is their discounted sum, `discount` what the value of `next` counts. */
export interface Transition<S> {
  readonly state: S
  readonly action: number
  readonly reward: number
  readonly discount: number
  readonly next: S
}

/**
 * Joins up to n steps into one transition: R = Σ gamma^i r_i. A return ends before an explored action: what that brought
 * says nothing of the best one.
 * @source Sutton & Barto (2018), equation 7.1; the cut: Watkins (1989), section 12.10 of the former
 */
export class NStep<S> {
  readonly #steps: number
  readonly #gamma: number
  #open: Step<S>[] = []

  constructor(steps = 3, gamma = 0.99) {
    this.#steps = steps
    this.#gamma = gamma
  }

  /** Adds a step that led to `next`, which is the end where `done`; returns what is complete. */
  push(step: Step<S>, next: S, done: boolean): Transition<S>[] {
    const complete = step.explored ? this.cut(step.state) : []
    this.#open.push(step)
    if (done) return [...complete, ...this.cut(next, true)]
    if (this.#open.length < this.#steps) return complete
    const first = this.#joined(next, false)
    this.#open.shift()
    return [...complete, first]
  }

  /** Completes all that is open, with `next` as the state it came to. */
  cut(next: S, done = false): Transition<S>[] {
    const complete: Transition<S>[] = []
    for (; this.#open.length > 0; this.#open.shift()) complete.push(this.#joined(next, done))
    return complete
  }

  /** What is open, as plain data where states are. */
  snapshot(): readonly Step<S>[] { return this.#open.slice() }
  restore(open: readonly Step<S>[]): void { this.#open = [...open] }

  #joined(next: S, done: boolean): Transition<S> {
    const { state, action } = this.#open[0]!
    let [reward, discount] = [0, 1]
    for (const step of this.#open) {
      reward += discount * step.reward
      discount *= this.#gamma
    }
    return { state, action, reward, discount: done ? 0 : discount, next }
  }
}
