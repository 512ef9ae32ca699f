import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Plain } from '../module/state.ts'
import type { Command, DeferredWork } from '../ports/participant.ts'
import type { Outcome } from './deferred-queue.ts'
import type { Session } from './session.ts'
import type { Overrun } from './time-budget.ts'

/** A module that came or went while running: journalled, but a journal can not bring its code back. */
export interface PlanChange {
  readonly kind: 'load' | 'unload'
  readonly module: string
}

/** Drives a session: inputs, results that are due, recorded results, commands and snapshots, one after another. */
export class RunLoop {
  readonly #session: Session
  readonly #snapshotEvery: number
  #running = false
  #filling: Promise<void> | undefined
  #catchingUp: Promise<void> | undefined
  /** Sequence after which the newest snapshot was cut. */
  #cutAt = 0
  /** What wants to happen between two inputs. */
  readonly #between: (() => Promise<void>)[] = []
  /** Ends a wait for data: something wants to happen between two inputs. */
  #wake: (() => void) | undefined
  /** Callers waiting for their command to take effect. */
  readonly #settled: (() => void)[] = []

  /** @param snapshotEvery inputs between two snapshots that are kept beside the journal */
  constructor(session: Session, snapshotEvery: number) {
    this.#session = session
    this.#snapshotEvery = snapshotEvery
    session.runCommand = (command) => this.command(command, true)
  }
  get running(): boolean { return this.#running }

  /** Runs until the sources end, `until` (µs) is reached, or it is told to stop. */
  async run(until: number, signal: AbortSignal): Promise<void> {
    this.#running = true
    try {
      await this.#catchingUp
      while (!signal.aborted && (await this.#step(until, signal))) await this.#turn()
    } finally {
      this.#running = false
      await this.#letIn()
      for (const settle of this.#settled.splice(0)) settle()
    }
    await this.#turn()
    await this.#session.feed.flush()
  }

  /** Between runs: runs what is left of a journal, for nothing new may take a place before it. */
  async #catchUp(): Promise<void> {
    const { signal } = new AbortController()
    while (this.#session.feed.recovering && (await this.#step(-Infinity, signal))) await this.#turn()
  }

  /** One stretch of inputs and what follows; false when the run is over. */
  async #step(until: number, signal: AbortSignal): Promise<boolean> {
    const { feed, deferred, mode } = this.#session
    deferred.lazy = feed.recovering || feed.repeating === true
    this.#session.watch?.start()
    const state = feed.advance(until)
    if (this.#session.watch?.times) this.#session.watch.measure()
    if (this.#session.pendingCommands.length === 0) for (const settle of this.#settled.splice(0)) settle()
    if (state === 'recorded') await (await import('./recorded-input.ts')).recordedInput(this.#session, feed.takeRecord(), (work, outcome) => this.#apply(work, outcome))
    else if (this.#session.due === -Infinity) return true // what is waited for goes first
    else if (state === 'starved') await this.#wait(signal)
    else if (state !== 'turn') {
      if (feed.repeating || !(deferred.due <= until) || deferred.size === 0) return false
      const next = await deferred.next()
      if (next) this.#insert(next)
    }
    const inserting = mode === 'live' && !feed.recovering && !feed.repeating
    for (let done = inserting ? await deferred.ready() : undefined; done; done = await deferred.ready()) this.#insert(done)
    return true
  }

  async #wait(signal: AbortSignal): Promise<void> {
    const { feed, deferred, mode } = this.#session
    this.#filling ??= feed.fill(signal).finally(() => (this.#filling = undefined))
    const woken = new Promise<void>((resolve) => (this.#wake = resolve))
    await Promise.race([this.#filling, woken, ...(mode === 'live' && deferred.size > 0 ? [deferred.any()] : [])])
  }

  /** Lets others have a turn: what waits between inputs, the store, a snapshot. */
  async #turn(): Promise<void> {
    await this.#letIn()
    await this.#session.feed.pressure()
    if (this.#session.feed.journalled && !this.#session.feed.recovering && this.#session.sequence() - this.#cutAt >= this.#snapshotEvery) await this.keep()
    await nextTurn()
  }

  async #letIn(): Promise<void> {
    const { feed, overruns, asked } = this.#session
    if (feed.recovering) return
    for (const overrun of overruns.splice(0)) this.#failed(overrun)
    for (const command of asked.splice(0)) this.#order(command, true)
    for (const act of this.#between.splice(0)) await act()
  }

  /** Keeps a snapshot beside the journal, behind everything it builds on. */
  async keep(): Promise<void> {
    this.#cutAt = this.#session.sequence()
    await this.#session.feed.flush()
    await this.#session.feed.keepSnapshot(await this.snapshot())
  }

  /** A fault by elapsed time takes its place in the order. */
  #failed(overrun: Overrun): void {
    this.#session.feed.append('fault', { ...overrun }, this.#session.clock.now())
    this.#session.fail(overrun)
    this.#session.end()
  }

  /** A result takes its place in the order. */
  #insert({ work, outcome }: { work: DeferredWork & { order: number }; outcome: Outcome }): void {
    const { feed, deferred, mode, clock } = this.#session
    const handler = deferred.handler(work)
    const record = 'ok' in outcome && handler.record ? { ok: handler.record(outcome.ok) } : outcome
    feed.append(handler.kind, { order: work.order, outcome: record }, mode === 'live' ? clock.now() : work.due)
    this.#apply(work, outcome)
  }

  #apply(work: DeferredWork, outcome: Outcome): void {
    const handler = this.#session.deferred.handler(work)
    this.#session.guarded('error' in outcome ? (handler.owner?.(work.payload) ?? work.handler) : work.handler, () => {
      if ('error' in outcome) throw new Error(outcome.error)
      handler.apply(work.payload, outcome.ok)
    })
    this.#session.end()
  }

  /** Journals a command; it takes effect at the next boundary, or at once between runs. */
  async command(command: Command, byHost = false): Promise<void> {
    const { feed, pendingCommands } = this.#session
    if (byHost && (this.#running || feed.recovering)) return void this.#session.asked.push(command)
    await this.between(async () => this.#order(command, byHost))
    if (this.#running && pendingCommands.length > 0) await new Promise<void>((resolve) => this.#settled.push(resolve))
  }

  #order(command: Command, byHost: boolean): void {
    const { feed, clock, pendingCommands } = this.#session
    const atOnce = !this.#running
    feed.append('command', { command, atOnce, ...(byHost && { byHost }) } as unknown as Plain, clock.now())
    pendingCommands.push(command)
    if (atOnce) this.#session.applyPending()
    this.#session.end()
  }

  /** Does something between two inputs; at once when nothing runs. What it throws is the caller's. */
  async between(act: () => Promise<void>): Promise<void> {
    if (!this.#running && this.#session.feed.recovering) await (this.#catchingUp ??= this.#catchUp().finally(() => (this.#catchingUp = undefined)))
    if (!this.#running) return act()
    await new Promise<void>((resolve, reject) => {
      this.#between.push(() => act().then(resolve, reject))
      this.#wake?.()
    })
  }

  /** All state, cut between two inputs: checksummed bytes. */
  async snapshot(): Promise<Uint8Array> { return (await import('./run-snapshot.ts')).snapshotOf(this.#session) }

  /** @throws TapeloomError `snapshot.checksum snapshot.version snapshot.layout` */
  async restore(bytes: Uint8Array): Promise<void> {
    await (await import('./run-snapshot.ts')).restoreInto(this.#session, bytes)
    this.#cutAt = this.#session.sequence()
  }
}
