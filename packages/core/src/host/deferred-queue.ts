import type { Plain } from '../module/state.ts'
import type { DeferredWork, WorkHandler } from '../ports/participant.ts'

/** Work under way: `order` numbers it, `result` is there once it is done. */
interface Pending extends DeferredWork {
  readonly order: number
  result?: Promise<Outcome>
  settled: boolean
}
interface Done {
  readonly work: Pending
  readonly outcome: Outcome
}
/** A computed result, or why there is none. Plain, because it is journalled. */
export type Outcome = { readonly ok: Plain } | { readonly error: string }

/**
 * Asynchronous work whose results take a place in the order: by due time, then by order of request. While a journal is
 * run again work starts only when its result is asked for.
 */
export class DeferredQueue {
  readonly #handlers = new Map<string, WorkHandler>()
  readonly #pending: Pending[] = []
  #order = 0
  #lazy = false

  handle(name: string, handler: WorkHandler): void { this.#handlers.set(name, handler) }

  /** Whether work waits to be asked for (a journal is run again). Turning it off starts what waits. */
  set lazy(lazy: boolean) {
    this.#lazy = lazy
    if (!lazy) for (const work of this.#pending) void this.#start(work)
  }

  add(work: DeferredWork): void {
    const pending: Pending = { ...work, order: this.#order++, settled: false }
    let at = this.#pending.length
    while (at > 0 && (this.#pending[at - 1] as Pending).due > work.due) at--
    this.#pending.splice(at, 0, pending)
    if (!this.#lazy) void this.#start(pending)
  }

  /** Due time of the next result, µs; Infinity when nothing is pending. */
  get due(): number { return this.#pending[0]?.due ?? Infinity }
  get size(): number { return this.#pending.length }

  /** Takes the work that is due next, when its result is there. */
  next(): Promise<Done | undefined> { return this.#take(this.#pending[0]) }

  /** Takes work whose result is there already, if any: for live runs. */
  ready(): Promise<Done | undefined> { return this.#take(this.#pending.find(({ settled }) => settled)) }

  /** Takes work by its number, for a recorded result: computes it only where the handler says so. */
  recorded(order: number, record: Outcome): Promise<Done | undefined> {
    const work = this.#pending.find((pending) => pending.order === order)
    return this.#take(work, work && this.handler(work).fromRecord ? record : undefined)
  }

  async #take(work: Pending | undefined, known?: Outcome): Promise<Done | undefined> {
    if (!work) return undefined
    const outcome = known ?? (await this.#start(work))
    this.#pending.splice(this.#pending.indexOf(work), 1)
    return { work, outcome }
  }

  handler(work: DeferredWork): WorkHandler {
    const handler = this.#handlers.get(work.handler)
    if (!handler) throw new Error(`no handler '${work.handler}' for deferred work`)
    return handler
  }

  /** Settles when any pending result is there; at once when nothing is pending. */
  async any(): Promise<void> {
    await Promise.race(this.#pending.map((work) => this.#start(work)))
  }

  /** All pending work with its results, which are waited for. */
  async snapshot(): Promise<Plain> {
    const started = this.#pending.map((work) => [work, this.#start(work)] as const)
    const pending = await Promise.all(started.map(async ([{ handler, due, payload, order }, outcome]) => ({ handler, due, payload, order, outcome: await outcome })))
    return { order: this.#order, pending }
  }

  restore(state: Plain): void {
    const { order, pending } = state as unknown as { order: number; pending: (Pending & { outcome: Outcome })[] }
    this.#order = order
    this.#pending.splice(0, Infinity, ...pending.map(({ outcome, ...work }) => ({ ...work, settled: true, result: Promise.resolve(outcome) })))
  }

  #start(work: Pending): Promise<Outcome> {
    work.result ??= this.handler(work).compute(work.payload).then(
      (ok) => ({ ok }),
      (error: unknown) => ({ error: error instanceof Error ? error.message : String(error) }),
    ).finally(() => void (work.settled = true))
    return work.result
  }
}
