import { linearPool, type Combiner } from './decision/combiner.ts'
import type { RegisteredModel } from './decision/model-registry.ts'
import type { ModelPerformance } from './decision/performance.ts'
import type { Veto } from './decision/decision-maker.ts'
import { observe, type Observer } from './event/observers.ts'
import { suggestion, TapeloomError } from './error.ts'
import { fingerprint } from './host/fingerprint.ts'
import { planModules, type PlannedModule } from './host/module-plan.ts'
import { RunLoop, type PlanChange } from './host/run-loop.ts'
import { Session } from './host/session.ts'
import { definitionOf, type Module, type Usable, type Use } from './module/define.ts'
import type { FeatureColumns } from './module/feature.ts'
import type { Plain } from './module/state.ts'
import { readinessOf, type Status } from './status.ts'
import type { DataPort, RunManifest } from './ports/data-port.ts'
import type { Command, Participant } from './ports/participant.ts'
import type { Decision, Explanation } from './vocabulary/decision.ts'
import { durationUs, type Duration } from './vocabulary/duration.ts'
import type { Copied, EventName, EventOf } from './vocabulary/events.ts'
import type { Prediction } from './vocabulary/prediction.ts'
import type { MarketSymbol } from './vocabulary/symbol.ts'

// oxlint-disable no-explicit-any -- inference over modules of any types
type ColumnOf<U> = U extends Use<infer M, infer Id>
  ? M extends Module<string, infer F, any, any, any> ? `${Id}.${FeatureColumns<F>}` : never
  : U extends Module<infer Name, infer F, any, any, any> ? `${Name}.${FeatureColumns<F>}` : never
type NameOf<U> = U extends Use<any, infer Id> ? Id : U extends Module<infer Name, any, any, any, any> ? Name : never
// oxlint-enable no-explicit-any

/** A symbol's frozen features: `values['<id>.<feature>']`, null where missing. */
export interface FeatureRow<C extends string = string> {
  readonly symbol: MarketSymbol
  /** Time of the boundary, µs; null before the first. */
  readonly asOf: number | null
  readonly layoutId: string
  readonly values: { readonly [K in C]: number | null }
}
export interface Logger {
  debug(message: string): void
  info(message: string): void
  warn(message: string): void
  error(message: string): void
}
export interface OrchestratorOptions<M extends readonly Usable[]> {
  readonly data: DataPort
  readonly modules: M
  /** Seeds modules, networks and training; default 1. */
  readonly seed?: number
  /** `lockstep` waits for results and so is deterministic; default unless a source is live. */
  readonly mode?: 'lockstep' | 'live'
  readonly boundary?: Duration
  readonly combiner?: Combiner
  readonly weights?: Readonly<Record<string, number>>
  readonly thresholds?: { readonly open: number; readonly close: number }
  readonly logger?: Logger
  /** Inputs between two snapshots beside the journal: fewer make a restart shorter and the run slower; default 50,000. */
  readonly snapshotEvery?: number
  /**
   * A module whose code runs for so long ends the process, and is disabled at the next start; `false`: none watches.
   * Default 10 s in `live`, none in `lockstep`. Give `false` when you stop it in a debugger.
   */
  readonly watchdog?: Duration | false
  /** Test mode: a view that is kept beyond its handler throws. */
  readonly strict?: boolean
}
/** What came of a run so far; participants (`training`) add their parts. */
export interface RunReport {
  readonly events: { readonly trade: number; readonly book: number; readonly candle: number }
  readonly decisions: number
  readonly journalHash: string
  readonly references: { readonly registered: number; readonly matched: number; readonly trained: number; readonly expired: number; readonly failed: number; readonly open: number }
  readonly participants: Readonly<Record<string, Readonly<Record<string, Plain>>>>
}

const NO_REFERENCES = { registered: 0, matched: 0, trained: 0, expired: 0, failed: 0, open: 0 }

/** Runs modules over a market: features, predictions and decisions in one deterministic order. */
export class Orchestrator<const M extends readonly Usable[] = readonly Usable[]> {
  readonly #options: OrchestratorOptions<M>
  readonly #session: Session
  readonly #loop: RunLoop
  #usables: readonly Usable[]
  #initialized: Promise<void> | undefined
  #ready = false
  #stop = new AbortController()
  /** Settles when the run in progress has ended, however it did. */
  #ending: Promise<void> | undefined

  /** @throws TapeloomError with every error of the plan at once (`module.*`, `option.*`, `data.attached`) */
  constructor(options: OrchestratorOptions<M>) {
    this.#options = options
    this.#usables = options.modules
    const live = options.data.sources.some((source) => source.live)
    this.#session = new Session(planModules(options.modules), {
      data: options.data, seed: options.seed ?? 1, mode: options.mode ?? (live ? 'live' : 'lockstep'), stream: 'local', boundary: options.boundary,
      combiner: options.combiner ?? linearPool, weights: options.weights ?? {}, thresholds: checked(options.thresholds ?? { open: 0.2, close: 0.1 }),
      strict: options.strict ?? false, watched: Boolean(options.watchdog), warn: (message) => options.logger?.warn(message),
    })
    this.#loop = new RunLoop(this.#session, options.snapshotEvery ?? 50_000)
    for (const entry of this.#session.plan) this.#engage(entry)
  }

  #engage({ id, definition, options }: PlannedModule): void {
    const participant = definition.participant?.(options as never) as Participant | undefined
    if (participant) this.#session.participants.set(id, participant)
  }

  /** Opens data, models and modules, and resumes an earlier run of the same store. Harmless the second time. */
  initialize(): Promise<void> {
    return (this.#initialized ??= this.#open().catch((error: unknown) => this.#close().then(() => { throw error }, () => { throw error })))
  }

  async #open(): Promise<void> {
    const session = this.#session
    await session.feed.prepare()
    if (session.mode === 'live' || session.options.watched) await session.watchHandlers()
    session.build()
    const { modules, networks, feed, plan, seed } = session
    for (const entry of plan) await networks.open(entry, modules.rows.layout, seed)
    const { snapshot, hung } = await feed.open(this.#manifest())
    feed.layout(modules.rows.layout.layoutId, modules.rows.layout.names)
    for (const participant of session.participants.values()) await participant.attach(session)
    await modules.each('init')
    modules.all('ready')
    await modules.each('start')
    modules.refresh()
    session.end()
    if (snapshot) await this.#loop.restore(snapshot)
    if (hung) session.overruns.push({ module: hung.module, code: 'module.hung', message: `never returned from input ${hung.sequence} and ended the process`, off: true })
    await this.#watch()
    this.#ready = true
  }

  /** Has the watchdog follow the modules that are loaded now. */
  async #watch(): Promise<void> {
    const { watch, plan, feed } = this.#session
    for (const { id } of plan) watch?.mark(id)
    const { watchdog = '10s' } = this.#options
    if (watch && watchdog !== false) await feed.watch?.(watch.stamp, watch.modules, durationUs(watchdog))
  }

  /** What must be equal for a journal to be continued. */
  #manifest(): RunManifest {
    const { plan, seed, modules, networks, options } = this.#session
    const described = plan.map(({ id, definition, options: values, enabled }) => ({
      id, version: definition.version, options: values as unknown as Plain, enabled, schema: networks.served.get(id)?.schemaHash ?? null,
    }))
    const decision = { boundary: options.boundary ?? null, weights: options.weights, thresholds: { ...options.thresholds } }
    return { seed, plan: { layoutId: modules.rows.layout.layoutId, modules: described, decision }, fingerprint }
  }

  /** Runs to the end of the sources, or to `until` (µs of receive time), or until the signal; may be called again. */
  async run({ until = Infinity, signal }: { readonly until?: number; readonly signal?: AbortSignal } = {}): Promise<RunReport> {
    await this.initialize()
    if (this.#loop.running) throw new TapeloomError('orchestrator.running', '[orchestrator] runs already. Await the first run.')
    const signals = signal ? AbortSignal.any([signal, this.#stop.signal]) : this.#stop.signal
    const ending = this.#loop.run(until, signals)
    this.#ending = ending.catch(() => {})
    await ending
    return this.report()
  }

  /** What came of it so far. */
  report(): RunReport {
    const { feed, decisions, digested, participants } = this.#opened()
    const reports = Object.fromEntries([...participants].map(([id, participant]) => [id, participant.report?.() ?? {}]))
    const references = Object.values(reports).find((report) => report['references'])?.['references']
    return {
      events: { ...feed.counts }, decisions: decisions.count, journalHash: digested.value(),
      references: { ...NO_REFERENCES, ...(references as Partial<RunReport['references']> | undefined) }, participants: reports,
    }
  }

  /** Ends a run between two inputs with everything written, then closes modules, models, data and store. */
  stop(): Promise<void> { return (this.#stopping ??= this.#ready ? this.#end() : undefined) ?? Promise.resolve() }
  #stopping: Promise<void> | undefined

  async #end(): Promise<void> {
    const { modules, feed } = this.#session
    this.#stop.abort()
    await this.#ending
    try {
      if (feed.journalled && !feed.recovering) await this.#loop.keep()
    } finally {
      await modules.each('stop')
      modules.all('stopped')
      await modules.each('dispose')
      modules.all('disposed')
      await this.#close()
      this.#ready = false
    }
  }

  /** Closes all that is open, whichever of it fails. @throws the first failure */
  async #close(): Promise<void> {
    const { participants, networks, feed } = this.#session
    const failures: unknown[] = []
    for (const one of [...participants.values(), networks as typeof networks | undefined, feed]) {
      await (async () => one?.close?.())().catch((error: unknown) => failures.push(error))
    }
    if (failures.length > 0) throw failures[0]
  }

  /** The features of a symbol as last frozen. @throws TapeloomError `orchestrator.not-initialised symbol.unknown` */
  getFeatures(symbol: MarketSymbol): FeatureRow<ColumnOf<M[number]>> {
    const { layout, frozen, frozenAt } = this.#opened().modules.rows
    const index = this.#indexOf(symbol)
    const row = frozen[index] as Float64Array
    const values = Object.fromEntries(layout.names.map((name, i) => [name, Number.isNaN(row[i]) ? null : (row[i] as number)]))
    const asOf = frozenAt[index] as number
    return Object.freeze({ symbol, asOf: Number.isNaN(asOf) ? null : asOf, layoutId: layout.layoutId, values: Object.freeze(values) }) as FeatureRow<ColumnOf<M[number]>>
  }

  /** The latest prediction a (module, horizon) that still counts. */
  getPredictions(symbol: MarketSymbol): readonly Prediction[] {
    const { decisions, feed, modules } = this.#opened()
    const index = this.#indexOf(symbol)
    const { boundaryUs = 1 } = feed.symbols[index] ?? {}
    return decisions.predictions(index, modules.rows.frozenAt[index] || this.#session.clock.now(), boundaryUs)
  }

  #indexOf(symbol: MarketSymbol): number {
    const symbols = this.#opened().feed.symbols.map((known) => known.symbol)
    const index = symbols.indexOf(symbol)
    if (index >= 0) return index
    throw new TapeloomError('symbol.unknown', `[symbol ${symbol}] has no data.${suggestion(symbol, symbols) || ` Known: ${symbols.join(', ')}.`}`)
  }

  #opened(): Session {
    if (this.#ready) return this.#session
    throw new TapeloomError('orchestrator.not-initialised', '[orchestrator] is not open. Await initialize() or run() first.')
  }

  /** Listens to a topic, in the order; views are valid inside the call only. Returns the unsubscriber. */
  on<K extends EventName>(topic: K, listener: (event: EventOf<K>) => void): () => void {
    return this.#session.bus.on(topic, listener, 'listener')
  }

  /** Listens to decisions, or vetoes them: a returned reason makes one a hold. Lower priority comes first. */
  onDecision(listener: (decision: Decision) => void, options?: { readonly stage?: 'notify'; readonly priority?: number }): () => void
  onDecision(rule: (decision: Decision) => string | undefined, options: { readonly stage: 'veto'; readonly priority?: number }): () => void
  onDecision(call: (decision: Decision) => unknown, { stage = 'notify', priority = 0 }: { readonly stage?: 'notify' | 'veto'; readonly priority?: number } = {}): () => void {
    const rule = { call: call as Veto, priority }
    const session = this.#session
    if (stage === 'veto') {
      session.vetoes = [...session.vetoes, rule].sort((a, b) => a.priority - b.priority)
      return () => void (session.vetoes = session.vetoes.filter((other) => other !== rule))
    }
    if (this.#notified.length === 0) this.on('decision', (decision) => this.#notify(decision))
    this.#notified = [...this.#notified, rule].sort((a, b) => a.priority - b.priority)
    return () => void (this.#notified = this.#notified.filter((other) => other !== rule))
  }
  #notified: readonly { readonly call: (decision: Decision) => unknown; readonly priority: number }[] = []
  #notify(decision: Decision): void {
    for (const { call } of this.#notified) this.#session.guarded('listener', () => void call(decision))
  }

  /** Watches from outside the order, by copies: may be slow, asynchronous or throw. */
  observe<K extends EventName>(topic: K, delivery: 'lossless' | 'latest', observer: (event: Copied<K>) => unknown): Observer {
    const listen = (listener: (event: EventOf<K>) => void) => this.#session.bus.on(topic, listener, 'observer')
    return observe(listen, topic, delivery, observer, (error) => this.#options.logger?.warn(`[observer ${topic}] threw: ${String(error)}`))
  }

  /** Why a decision came out as it did. */
  explain(decision: Decision): Explanation {
    const { modules, decisions } = this.#opened()
    return modules.aside(() => decisions.explain(decision))
  }

  status(): Status {
    const { modules, digested } = this.#opened()
    const states = modules.runtimes.map(({ entry: { id, definition }, status, reason, faults }) => ({ name: id, version: definition.version, status, reason, faults }))
    return { modules: states, readiness: readinessOf(this.#session), sequence: this.#session.sequence(), journalHash: digested.value() }
  }

  /** How far the inputs are, where sources know their length. */
  progress(): { readonly done: number; readonly total: number | undefined } { return this.#opened().feed.progress }
  /** What each model's resolved predictions were worth. */
  performance(): readonly ModelPerformance[] { return this.#opened().decisions.performance.list() }
  /** The registered predictors, with weights and switches. */
  models(): readonly RegisteredModel[] { return this.#opened().decisions.registry.list() }

  enable(module: NameOf<M[number]>): Promise<void> { return this.command({ kind: 'enable', module }) }
  disable(module: NameOf<M[number]>): Promise<void> { return this.command({ kind: 'disable', module }) }

  /** Journals a command; settles when it took effect: at the next boundary, or at once between runs. */
  async command(command: Command): Promise<void> {
    const { modules, decisions } = this.#opened()
    if ('module' in command) this.#known(command.module, modules.runtimes.map(({ entry }) => entry.id))
    else decisions.registry.get(command.model)
    await this.#loop.command(command)
  }

  #known(id: string, ids: readonly string[]): void {
    if (!ids.includes(id)) throw new TapeloomError('module.unknown', `[module ${id}] is not loaded.${suggestion(id, ids) || ` Loaded: ${ids.join(', ')}.`}`)
  }

  /** Adds a module while running: a new layout from the next input on. @throws TapeloomError `module.*` */
  async load(module: Usable): Promise<void> {
    const usables = [...this.#usables, module]
    const plan = planModules(usables)
    await this.#adopt(plan, usables, { kind: 'load', module: 'use' in module ? module.id : module.name })
  }

  /** Takes a module out; refused while others require it, unless they go too (`cascade`). */
  async unload(id: NameOf<M[number]>, { cascade = false }: { readonly cascade?: boolean } = {}): Promise<void> {
    const { plan } = this.#opened()
    this.#known(id, plan.map((entry) => entry.id))
    const gone = (await import('./host/replan.ts')).leavingWith(plan, id, cascade)
    const usables = this.#usables.filter((usable) => !gone.has('use' in usable ? usable.id : usable.name))
    await this.#adopt(planModules(usables), usables, { kind: 'unload', module: id })
  }

  /** Changes the plan between two inputs. */
  #adopt(plan: readonly PlannedModule[], usables: readonly Usable[], change: PlanChange): Promise<void> {
    return this.#loop.between(async () => {
      const { feed, clock } = this.#opened()
      feed.append('command', { command: { ...change }, atOnce: true }, clock.now())
      await this.#replan(plan, usables)
    })
  }

  async #replan(plan: readonly PlannedModule[], usables: readonly Usable[]): Promise<void> {
    const { replan } = await import('./host/replan.ts') // not needed to start
    this.#usables = usables
    await replan(this.#opened(), plan, (entry) => this.#engage(entry))
    await this.#watch()
  }

  /** The participant that a module of this orchestrator brought, as `training`'s coordinator. */
  participant<P>(module: Module<string, any, any, any, P>): P { // oxlint-disable-line no-explicit-any
    const entry = this.#session.plan.find(({ definition }) => definition === definitionOf(module))
    const participant = entry && this.#session.participants.get(entry.id)
    if (participant) return participant as P
    throw new TapeloomError('module.participant', `[module ${module.name}] is not loaded here, or has no participant. Add it to the modules.`)
  }

  /** All state between two inputs, as bytes for `restore`. */
  async snapshot(): Promise<Uint8Array> {
    this.#opened()
    let bytes = new Uint8Array()
    await this.#loop.between(async () => void (bytes = new Uint8Array(await this.#loop.snapshot())))
    return bytes
  }

  /** Takes over the state of an orchestrator of the same modules. @throws TapeloomError `snapshot.*` */
  async restore(snapshot: Uint8Array): Promise<void> {
    await this.initialize()
    await this.#loop.restore(snapshot)
    if (this.#session.feed.journalled && !this.#session.feed.recovering) await this.#loop.keep() // what the journal goes on from
  }
}

function checked(thresholds: { readonly open: number; readonly close: number }) {
  const { open, close } = thresholds
  if (open > 0 && open <= 1 && close > 0 && close < open) return thresholds
  throw new TapeloomError('orchestrator.thresholds', `[orchestrator] thresholds are open ${open}, close ${close}. Give 0 < close < open <= 1.`)
}
