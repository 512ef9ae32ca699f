import type { Overrun } from './time-budget.ts'

/** A handler may take so long. */
const HANDLER_MS = 50
/** Inputs between two readings of the clock, at most; and how many such stretches are timed closely after a slow one. */
const STRETCH = 64
const CLOSE_STRETCHES = 128

/**
 * Measures the handlers of a live run: the clock is read after each stretch of 64 inputs, or when none is left, and around
 * handlers of rare events and predictors. Only after a slow stretch are the handlers of trades and books timed one by one. Whose code is running stands in
 * the stamp, for a watchdog on another thread.
 */
export class HandlerWatch {
  /** Modules by the mark (from 1) that stands in the stamp while their code runs. */
  readonly modules: string[] = []
  /** Stretches for which handlers of trades and books are still timed. */
  closely = 0
  #since = Infinity
  #inputs = 0
  declare readonly stamp: Float64Array
  /** Whether time is measured; a run that only has a watchdog measures none. */
  declare readonly times: boolean
  declare private readonly overran: (overrun: Overrun) => void
  declare private readonly changed: () => void

  /** @param changed told when handlers are to be connected anew */
  constructor(stamp: Float64Array, times: boolean, overran: (overrun: Overrun) => void, changed: () => void) {
    Object.assign(this, { stamp, times, overran, changed })
  }

  /** Inputs follow each other from now on. */
  start(): void { this.#since = performance.now() }

  /** An input is done. */
  ended(): void {
    this.stamp[3] = 0
    if (this.times && ++this.#inputs === STRETCH) this.measure()
  }

  /** A stretch of inputs is over. */
  measure(): void {
    const [now, before] = [performance.now(), this.closely]
    const slow = now - this.#since > HANDLER_MS
    this.#since = now
    this.#inputs = 0
    this.closely = slow ? CLOSE_STRETCHES : Math.max(0, before - 1)
    if (this.closely > 0 !== before > 0) this.changed()
  }

  /** The mark of a module: a new one is added. */
  mark(module: string): number { return this.modules.indexOf(module) + 1 || this.modules.push(module) }

  /** Code of a module runs on, however long: what stands in the stamp moves. */
  beat(module: string): void {
    const mark = this.mark(module)
    this.stamp[3] = this.stamp[3] === mark ? mark + 0.5 : mark
  }

  /** Runs a module's code and measures it. */
  timed<T>(module: string, run: () => T): T {
    const from = this.times ? performance.now() : NaN
    this.stamp[3] = this.mark(module)
    try {
      return run()
    } finally {
      this.stamp[3] = 0
      const ms = this.times ? performance.now() - from : NaN
      if (ms > HANDLER_MS) this.overran({ module, code: 'module.budget', message: `a handler took ${Math.round(ms)} ms, its budget is ${HANDLER_MS} ms`, off: false })
    }
  }
}
