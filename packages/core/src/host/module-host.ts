import type { EventBus, Subscription } from '../event/event-bus.ts'
import { TapeloomError } from '../error.ts'
import type { DataFeed } from '../ports/data-port.ts'
import type { Candle } from '../vocabulary/candle.ts'
import { durationUs, timeframeUs } from '../vocabulary/duration.ts'
import type { EventStamp, ModuleStatus } from '../vocabulary/events.ts'
import type { Plain } from '../module/state.ts'
import { FeatureRows } from './feature-rows.ts'
import type { HandlerWatch } from './handler-watch.ts'
import { layoutOf } from './column-layout.ts'
import { ModuleRuntime, type HostContext, type RuntimeSnapshot } from './module-runtime.ts'
import type { PlannedModule } from './module-plan.ts'
import { SymbolContext } from './symbol-context.ts'
import { TookTooLong, withinBudget, type Overrun } from './time-budget.ts'

const HOUR_US = 3600e6
const RESTARTS_PER_HOUR = 3
const INIT_MS = 10_000

/** What modules run in: the feed, the bus, the clock, and where their news go. */
export interface ModuleSurroundings {
  readonly feed: DataFeed
  readonly bus: EventBus
  readonly seed: number
  readonly clock: { now(): number }
  /** Emits an event with the host's stamp. */
  emit(topic: string, symbol: number, origin: string, payload: object): void
  /** Told of a hook that took too long: its fault takes a place in the order. */
  overran(overrun: Overrun): void
  readonly watch: HandlerWatch | undefined
}

/** Runs the modules of a plan: contexts, subscriptions, statuses, faults and restarts. */
export class ModuleHost {
  #runtimes: readonly ModuleRuntime[] = []
  rows: FeatureRows
  readonly #around: ModuleSurroundings
  readonly #symbols: readonly string[]
  /** The symbol of the event under way, for modules of global scope. */
  #current = 0
  /** History is replayed, or something only explained: what modules emit then is not sent. */
  silent = false

  constructor(plan: readonly PlannedModule[], around: ModuleSurroundings) {
    this.#around = around
    this.#symbols = around.feed.symbols.map(({ symbol }) => symbol)
    this.rows = new FeatureRows(layoutOf(plan), this.#symbols.length)
    this.adopt(plan)
  }

  get runtimes(): readonly ModuleRuntime[] { return this.#runtimes }
  runtime(id: string): ModuleRuntime | undefined { return this.#runtimes.find(({ entry }) => entry.id === id) }

  /** The context in which a module answers for a symbol. */
  context(runtime: ModuleRuntime, symbol: number): HostContext {
    this.#current = symbol
    return runtime.context(symbol)
  }

  /** Takes over a plan: modules that stay keep their state; a new set of columns is a new layout. */
  adopt(plan: readonly PlannedModule[]): readonly ModuleRuntime[] {
    const earlier = this.#runtimes
    const layout = layoutOf(plan)
    if (layout.layoutId !== this.rows.layout.layoutId) this.rows = new FeatureRows(layout, this.#symbols.length, this.rows)
    this.#runtimes = plan.map((entry) => {
      const known = earlier.find((runtime) => runtime.entry.id === entry.id)
      const runtime = known?.entry.definition === entry.definition ? known : new ModuleRuntime(entry, this.#symbols, this.#around.seed)
      return Object.assign(runtime, { entry })
    })
    this.#lay()
    return this.#runtimes.filter((runtime) => !earlier.includes(runtime))
  }

  /** Makes the contexts. What one event touches is laid together in memory: symbol by symbol, and like by like. */
  #lay(): void {
    const each = <T>(of: (runtime: ModuleRuntime, index: number) => T) =>
      this.#symbols.map((_, index) => this.#runtimes.map((runtime) => (runtime.global && index > 0 ? undefined : of(runtime, index))))
    const states = each((runtime, index) => runtime.contexts[index]?.state ?? this.#freshState(runtime.entry, runtime.global ? this.#current : index))
    const slices = each(({ entry, global }, index) => (global ? this.#symbols.map((_, i) => this.#slice(entry, i)) : [this.#slice(entry, index)]))
    each((runtime, index) => {
      const at = this.#runtimes.indexOf(runtime)
      runtime.contexts[index] = this.#context(runtime, index, states[index]?.[at] as object, slices[index]?.[at] as readonly Slice[])
    })
  }

  #slice(entry: PlannedModule, symbol: number) {
    const { books, symbols } = this.#around.feed
    return { features: this.rows.slots(entry, symbol), need: this.rows.readers(entry, symbol), book: books[symbol], instrument: symbols[symbol]?.instrument }
  }

  #context(runtime: ModuleRuntime, index: number, state: object, slices: readonly Slice[]): HostContext {
    const { entry: { options }, global } = runtime
    const [{ clock, feed }, random, symbols] = [this.#around, runtime.random(index), this.#symbols]
    const emit = (topic: string, payload: object) => this.#emit(runtime, global ? this.#current : index, topic, payload)
    const { instrument } = feed.symbols[index] ?? {}
    if (!global) return new SymbolContext(state, slices[0] as Slice, { symbol: symbols[index], instrument, options, clock, random, emit })
    const [of, current] = [(symbol: string) => slices[symbols.indexOf(symbol)], () => symbols[this.#current]]
    return { state, symbols, of, options, clock, random, emit, get symbol() { return current() } }
  }

  #freshState(entry: PlannedModule, symbol: number, previous?: object): object {
    const instrument = this.#around.feed.symbols[symbol]?.instrument
    return entry.definition.state?.(entry.options as never, instrument as never, previous) ?? {}
  }

  #emit(runtime: ModuleRuntime, symbol: number, topic: string, payload: object): void {
    const { id, definition: { name } } = runtime.entry
    if (!topic.startsWith(`${name}:`)) throw new TapeloomError('module.topic', `[module ${id}] emits '${topic}'. A module emits only topics of its own name: '${name}:…'.`)
    if (!this.silent) this.#around.emit(topic, symbol, id, payload)
  }

  /** Subscribes the active modules; called again after each change of who is active. */
  connect(): void {
    const topics = new Set(['candle:close', ...this.#runtimes.flatMap(({ entry }) => Object.keys(entry.definition.on ?? {}))])
    this.#around.bus.connect(topics, this.#symbols.length, (topic, symbol) =>
      this.#runtimes.filter(({ active }) => active).flatMap((runtime) => this.#subscription(runtime, topic, symbol)))
  }

  #subscription(runtime: ModuleRuntime, topic: string, symbol: number): readonly Subscription[] {
    const { definition, id, timeframes } = runtime.entry
    const call = (definition.on?.[topic as 'trade'] ?? (topic === 'candle:close' && runtime.counted.length > 0 && (() => {}))) as ((event: never, ctx: never) => void) | false
    if (!call) return []
    const ctx = runtime.context(symbol)
    const at = runtime.global ? (event: never, own: never) => { this.#current = symbol; call(event, own) } : call
    const wants = topic === 'candle:close'
      ? ({ timeframe }: Candle) => (runtime.hear(symbol, timeframe), timeframes.includes(timeframe))
      : this.#sampler(runtime, topic, symbol)
    return [{ module: id, call: at, ctx, ...(wants && { wants: wants as (event: never) => boolean }) }]
  }

  /** Spans lie on their multiples, so that what is heard does not depend on when a run began. */
  #sampler({ entry, sampleAt }: ModuleRuntime, topic: string, symbol: number) {
    const every = topic === 'trade' || topic === 'book' ? entry.definition.every?.[topic] : undefined
    if (every === undefined) return undefined
    const [spanUs, slot] = [durationUs(every), 2 * symbol + (topic === 'book' ? 1 : 0)]
    return ({ tsInit }: EventStamp) => tsInit >= (sampleAt[slot] ?? 0) && ((sampleAt[slot] = (Math.floor(tsInit / spanUs) + 1) * spanUs), true)
  }

  /** Runs a lifecycle hook of the given modules, in plan order; one that throws or takes too long is a fault. */
  async each(hook: 'init' | 'start' | 'stop' | 'dispose', runtimes: readonly ModuleRuntime[] = this.#runtimes): Promise<void> {
    for (const runtime of runtimes) {
      const run = runtime.entry.definition[hook]
      for (const context of run ? runtime.contexts : []) {
        try {
          await withinBudget(run?.(context as never), INIT_MS, hook)
        } catch (error) {
          const { id } = runtime.entry
          if (error instanceof TookTooLong && hook !== 'stop' && hook !== 'dispose') this.#around.overran({ module: id, code: `module.${hook}`, message: error.message, off: false })
          else this.fault(id, `module.${hook}`, error)
        }
      }
    }
  }

  /** Sets the statuses anew, in plan order: enabled, not faulted, and all required providers active. */
  refresh(): void {
    for (const runtime of this.#runtimes) {
      const blocker = this.#blocker(runtime)
      if (!runtime.enabled) this.#become(runtime, 'disabled', runtime.reason || 'disabled by command')
      else if (runtime.faulted) this.#become(runtime, 'faulted', runtime.lastFault)
      else if (blocker) this.#become(runtime, 'blocked', `needs ${blocker}`)
      else if (!runtime.active) this.#become(runtime, this.#lacking(runtime) ? 'warming' : 'running', '')
    }
    this.connect()
  }

  #blocker({ entry: { definition, providers } }: ModuleRuntime): string | undefined {
    const required = Object.entries(definition.requires ?? {}).flatMap(([key, { optional }]) => (optional ? [] : [providers.get(key) ?? '']))
    return required.find((id) => !this.runtime(id)?.active)
  }

  #lacking(runtime: ModuleRuntime): boolean {
    return this.#symbols.some((_, symbol) => runtime.lacks(symbol, this.#around.clock.now()) !== undefined)
  }

  #become(runtime: ModuleRuntime, status: ModuleStatus, reason: string): void {
    if (runtime.status === status && runtime.reason === reason) return
    Object.assign(runtime, { status, reason })
    if (!runtime.active) this.#symbols.forEach((_, symbol) => this.rows.clear(runtime.entry, symbol))
    this.#around.emit('module:status', this.#current, 'core', { module: runtime.entry.id, status, reason })
  }

  /** Sets the status of all modules: for the ends of their life. */
  all(status: 'ready' | 'stopped' | 'disposed'): void {
    for (const runtime of this.#runtimes) if (runtime.status !== 'disabled') this.#become(runtime, status, '')
  }

  /** A module did what it must not: its slice is missing until the restart at the next boundary. */
  fault(id: string, code: string, error: unknown, symbol = this.#current): void {
    const runtime = this.runtime(id)
    const message = error instanceof Error ? error.message : String(error)
    this.#around.emit('module:fault', symbol, 'core', { module: id, code, message })
    if (!runtime) return
    Object.assign(runtime, { faults: runtime.faults + 1, faulted: true, lastFault: message })
    this.#around.bus.reconnect = () => this.refresh()
  }

  /** At a boundary: restarts faulted modules, or turns them off after too many restarts; tells who is warm. */
  recover(symbol: number): void {
    let changed = false
    for (const runtime of this.#runtimes) {
      if (Number.isNaN(runtime.since[symbol])) runtime.since[symbol] = this.#around.clock.now()
      if (runtime.faulted && runtime.enabled) {
        const now = this.#around.clock.now()
        runtime.restarts = runtime.restarts.filter((time) => now - time < HOUR_US)
        changed = true
        if (runtime.restarts.length >= RESTARTS_PER_HOUR) Object.assign(runtime, { enabled: false, faulted: false, reason: 'faulted' })
        else {
          runtime.restarts.push(now)
          this.restart(runtime)
        }
      } else if (runtime.status === 'warming' && !this.#lacking(runtime)) this.#become(runtime, 'running', '')
    }
    if (changed) this.refresh()
  }

  /** Gives a module fresh state, and replays to it the closed candles that memory holds of its warm-up. */
  restart(runtime: ModuleRuntime): void {
    runtime.faulted = false
    runtime.heard.fill(0)
    runtime.since.fill(this.#around.clock.now())
    runtime.contexts.forEach((context, symbol) => (context.state = this.#freshState(runtime.entry, symbol, context.state)))
    const call = runtime.entry.definition.on?.['candle:close'] as ((candle: never, ctx: never) => void) | undefined
    this.silent = true
    try {
      for (const [symbol, candle] of this.#history(runtime)) {
        this.#current = symbol
        runtime.hear(symbol, candle.timeframe)
        this.#around.watch?.beat(runtime.entry.id)
        if (runtime.entry.timeframes.includes(candle.timeframe)) call?.(candle as never, runtime.context(symbol) as never)
      }
    } catch (error) {
      this.fault(runtime.entry.id, 'module.warmup', error)
    }
    this.silent = false
  }

  /** Candles of a module's warm-up, all symbols, in the order of their closes, finest first. */
  #history(runtime: ModuleRuntime): readonly (readonly [number, Candle])[] {
    const { lanes } = this.#around.feed
    const all = this.#symbols.flatMap((name, symbol) => runtime.counted.flatMap((timeframe) => {
      const last = lanes.last(symbol, timeframe)
      if (!last) return []
      const from = last.openTime - (runtime.depth(timeframe) - 1) * timeframeUs(timeframe)
      const candles = lanes.candles(name as `${string}/${string}`, timeframe, from, last.closeTime) ?? []
      const stamp = { symbol: name, origin: 'warm-up', sequence: 0 }
      return candles.map((candle) => [symbol, Object.freeze({ ...candle, ...stamp, tsEvent: candle.closeTime, tsInit: candle.closeTime })] as const)
    }))
    return all.sort(([a, x], [b, y]) => x.closeTime - y.closeTime || a - b || timeframeUs(x.timeframe) - timeframeUs(y.timeframe))
  }

  /** Runs something that may ask modules and puts their state back: it changes nothing, and faults nobody. */
  aside<T>(run: () => T): T {
    const asked = this.#runtimes.filter(({ entry: { definition } }) => definition.combine ?? definition.thresholds)
    const kept = asked.map((runtime) => structuredClone(runtime.snapshot()) as unknown as RuntimeSnapshot)
    this.silent = true
    try {
      return run()
    } finally {
      this.silent = false
      asked.forEach((runtime, i) => runtime.restore(kept[i] as RuntimeSnapshot))
    }
  }

  /** Enables or disables; an enabled module starts anew, from its warm-up. */
  enable(id: string, enabled: boolean): void {
    const runtime = this.runtime(id)
    if (!runtime || runtime.enabled === enabled) return
    Object.assign(runtime, { enabled, reason: '', faulted: false, restarts: [] })
    if (enabled) this.restart(runtime)
    this.refresh()
  }

  /** Checks the slices of a symbol before they are frozen. */
  check(symbol: number): void {
    for (const runtime of this.#runtimes) {
      const violation = runtime.active ? this.rows.violation(runtime.entry, symbol) : undefined
      if (violation === undefined) continue
      this.rows.clear(runtime.entry, symbol)
      this.fault(runtime.entry.id, 'module.range', `${violation}. Write values in range, or NaN.`, symbol)
      this.#around.bus.settle()
    }
  }

  snapshot(): Plain {
    return {
      runtimes: this.#runtimes.map((runtime) => runtime.snapshot()),
      rows: this.rows.rows.map((row) => row.slice()), frozen: this.rows.frozen.map((row) => row.slice()),
      frozenAt: this.rows.frozenAt.slice(),
    }
  }

  restore(state: Plain): void {
    const saved = state as unknown as { runtimes: RuntimeSnapshot[]; rows: Float64Array[]; frozen: Float64Array[]; frozenAt: Float64Array }
    for (const snapshot of saved.runtimes) {
      const runtime = this.runtime(snapshot.id)
      if (runtime && !runtime.restore(snapshot)) this.restart(runtime)
    }
    saved.rows.forEach((row, i) => this.rows.rows[i]?.set(row))
    saved.frozen.forEach((row, i) => this.rows.frozen[i]?.set(row))
    this.rows.frozenAt.set(saved.frozenAt)
    this.connect()
  }
}

interface Slice {
  readonly features: object
  readonly need: object
  readonly book: unknown
  readonly instrument: unknown
}
