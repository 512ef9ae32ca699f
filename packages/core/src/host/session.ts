import type { Combiner } from '../decision/combiner.ts'
import { DecisionMaker, type Rule, type Situation, type Veto } from '../decision/decision-maker.ts'
import type { Thresholds } from '../decision/position-rules.ts'
import { refusal } from '../decision/prediction-board.ts'
import { EventBus, type Channel } from '../event/event-bus.ts'
import type { DataFeed, DataHost, DataPort } from '../ports/data-port.ts'
import type { Command, DeferredWork, FedTensor, Host, InferenceFrame, Participant, WorkHandler } from '../ports/participant.ts'
import type { AnyDefinition, HeldPosition } from '../module/define.ts'
import type { Plain } from '../module/state.ts'
import type { Candle } from '../vocabulary/candle.ts'
import { durationUs, type Duration, type Timeframe } from '../vocabulary/duration.ts'
import type { EventMap, EventName, EventOf, EventStamp } from '../vocabulary/events.ts'
import type { Abstention, Prediction, PredictionDraft } from '../vocabulary/prediction.ts'
import type { MarketSymbol } from '../vocabulary/symbol.ts'
import type { BookView, TradeView } from '../vocabulary/views.ts'
import { DeferredQueue } from './deferred-queue.ts'
import type { HandlerWatch } from './handler-watch.ts'
import { ModelHost } from './model-host.ts'
import { ModuleHost } from './module-host.ts'
import { timeframesUsed, type PlannedModule } from './module-plan.ts'
import type { ModuleRuntime } from './module-runtime.ts'
import { OutputDigest } from './output-digest.ts'
import { RESULT_MS, withinBudget, type Overrun } from './time-budget.ts'

/** The part of the orchestrator's options that decides how a session behaves. */
export interface SessionOptions {
  readonly data: DataPort
  readonly seed: number
  readonly mode: 'lockstep' | 'live'
  readonly stream: string
  readonly boundary: Duration | undefined
  readonly combiner: Combiner
  readonly weights: Readonly<Record<string, number>>
  readonly thresholds: Thresholds
  readonly strict: boolean
  /** Whether a watchdog follows what runs. */
  readonly watched?: boolean
  /** Errors of listeners and observers, and what else has no place in the order. */
  warn(message: string): void
}
type InferenceListener = Parameters<Host['onInference']>[0]
type OutcomeListener = Parameters<Host['onOutcomes']>[0]

/** One orchestrator at work: it is the host of the data side and of the participants, and runs the boundary's phases. */
export class Session implements DataHost, Host {
  declare readonly data: DataPort
  readonly feed: DataFeed
  readonly bus: EventBus
  readonly deferred = new DeferredQueue()
  readonly digested = new OutputDigest()
  declare readonly seed: number
  declare readonly stream: string
  declare readonly mode: 'lockstep' | 'live'
  declare readonly timeframes: readonly Timeframe[]
  declare readonly boundaryUs: number | undefined
  readonly clock = { now: () => this.stamp[2] as number }
  declare readonly options: SessionOptions
  declare plan: readonly PlannedModule[]
  declare modules: ModuleHost
  declare networks: ModelHost
  declare decisions: DecisionMaker
  readonly participants = new Map<string, Participant>()
  /** Commands and swaps that take effect at the next boundary. */
  readonly pendingCommands: Command[] = []
  readonly pendingSwaps: { readonly model: string; readonly weights: Float32Array; readonly version: string }[] = []
  /** Faults by elapsed time that wait for their place in the order; no market input goes before them. */
  readonly overruns: Overrun[] = []
  /** Commands of participants, likewise: in their place they are the same whenever a run is cut. */
  readonly asked: Command[] = []
  /** `[sequence, tsEvent, tsInit]` of the input under way, and the mark of the module that runs. A watchdog reads it. */
  readonly stamp = new Float64Array(new SharedArrayBuffer(32))
  watch: HandlerWatch | undefined
  /** Last trade or close of each symbol on its price venue, and its time. */
  declare prices: Float64Array
  declare priceTimes: Float64Array
  /** Price venue of each symbol. */
  #venues: readonly string[] = []
  /** Sorted by priority. */
  vetoes: readonly Rule<Veto>[] = []
  readonly #trades: Channel
  readonly #books: Channel
  /** Why the predictors of a symbol gave nothing at its newest boundary; `''`: some did. */
  declare silences: string[]
  readonly #inferenceListeners = new Set<InferenceListener>()
  readonly #outcomeListeners = new Set<OutcomeListener>()
  runCommand: (command: Command) => Promise<void> = async () => {}

  constructor(plan: readonly PlannedModule[], options: SessionOptions) {
    const { data, seed, stream, mode, boundary } = options
    const boundaryUs = boundary === undefined ? undefined : durationUs(boundary)
    Object.assign(this, { options, plan, data, seed, stream, mode, boundaryUs, timeframes: timeframesUsed(plan) })
    this.bus = new EventBus({ onFault: (owner, error, symbol) => this.#thrown(owner, error, symbol), strict: options.strict, watch: () => this.watch })
    this.#trades = this.bus.channel('trade')
    this.#books = this.bus.channel('book')
    this.feed = options.data.attach(this)
    this.deferred.handle('infer', this.#inference())
  }

  get models() { return this.networks.served }
  sequence(): number { return this.stamp[0] as number }
  /** No input at or after this time (µs) may begin before the result that is due then; live runs do not wait. */
  get due(): number { return this.overruns.length + this.asked.length > 0 ? -Infinity : (this.mode === 'lockstep' ? this.deferred.due : Infinity) }

  /** Has handlers measured, and marked for a watchdog; other runs do not load it. Before `build`. */
  async watchHandlers(): Promise<void> {
    const { HandlerWatch } = await import('./handler-watch.ts')
    const overran = (overrun: Overrun) => void (this.feed.recovering || this.feed.repeating || this.modules.silent || this.overruns.push(overrun))
    this.watch = new HandlerWatch(this.stamp, this.mode === 'live', overran, () => (this.bus.reconnect = () => this.modules.connect()))
  }

  /** Builds modules and decisions, once the feed knows its symbols. */
  build(): void {
    const { feed, bus, seed, clock } = this
    const count = feed.symbols.length
    this.prices = new Float64Array(count).fill(NaN)
    this.priceTimes = new Float64Array(count).fill(NaN)
    this.silences = feed.symbols.map(() => '')
    this.#venues = feed.symbols.map(({ instrument }) => instrument.venue)
    const trains = (id: string) => this.decisions.registry.has(id) && this.decisions.registry.get(id).training
    this.networks = new ModelHost({ feed, stream: this.stream, trains, block: (symbol) => this.#held(symbol)?.block, warn: (message) => this.options.warn(message) })
    this.modules = new ModuleHost(this.plan, { feed, bus, seed, clock, emit: (topic, symbol, origin, payload) => this.post(topic, symbol, origin, payload), overran: (overrun) => void this.overruns.push(overrun), watch: this.watch })
    this.decisions = new DecisionMaker(count, {
      combine: (predictions, situation, weights) => this.#combine(predictions, situation, weights),
      thresholds: ({ index }) => this.#thresholds(index),
      vetoes: () => this.vetoes,
      onFault: (owner, error) => this.#thrown(owner, error),
    })
    for (const entry of this.plan) this.enrol(entry)
  }

  /** Registers a module that predicts. */
  enrol({ id, definition }: PlannedModule): void {
    if (definition.predict || definition.model) this.decisions.registry.register(id, this.options.weights[id] ?? 1)
  }

  // ---- what the data side calls
  begin(sequence: number, tsEvent: number, tsInit: number): void {
    this.stamp[0] = sequence
    this.stamp[1] = tsEvent
    this.stamp[2] = tsInit
    this.bus.begin()
  }
  trade(symbol: number, view: TradeView): void {
    if (view.venue === this.#venues[symbol]) {
      this.prices[symbol] = view.price
      this.priceTimes[symbol] = view.tsEvent
    }
    this.bus.deliver(this.#trades, symbol, view)
  }
  book(symbol: number, view: BookView): void { this.bus.deliver(this.#books, symbol, view) }
  candle(symbol: number, candle: Candle & EventStamp): void {
    if (!(candle.closeTime < (this.priceTimes[symbol] as number))) {
      this.prices[symbol] = candle.close
      this.priceTimes[symbol] = candle.closeTime
    }
    const { timeframe, openTime, open, high, low, close, volume } = candle
    this.digested.add('candle', candle.sequence, candle.symbol, timeframe, openTime, open, high, low, close, volume)
    this.bus.dispatch('candle:close', symbol, candle)
    this.bus.drain()
  }
  reject(source: string, code: string, message: string, symbol = 0): void {
    this.post('data:reject', symbol, source, { source, code, message })
  }
  end(): void {
    this.bus.end()
    this.watch?.ended()
  }

  /** The phases of a boundary, each drained before the next. */
  boundary(symbol: number, time: number): void {
    this.bus.drain()
    this.applyPending()
    this.modules.recover(symbol)
    this.#freeze(symbol, time)
    this.#predict(symbol, time)
    this.bus.drain()
    this.#decide(symbol, time)
    for (const resolved of this.decisions.resolve(symbol, time, this.#price(symbol))) this.post('prediction:resolved', symbol, 'core', resolved)
    for (const listener of this.#outcomeListeners) this.guarded('participant', () => listener(this.feed.symbols[symbol]?.symbol as MarketSymbol, time))
    this.bus.drain()
  }

  /** Commands and new weights take effect. */
  applyPending(): void {
    for (const command of this.pendingCommands.splice(0)) this.guarded('command', () => this.apply(command))
    for (const { model, weights, version } of this.pendingSwaps.splice(0)) {
      this.digested.add('swap', this.sequence(), model, version)
      this.networks.swap(model, weights, version)
    }
  }

  /** A fault by elapsed time takes effect. */
  fail({ module, code, message, off }: Overrun): void {
    this.modules.fault(module, code, message)
    if (off) Object.assign(this.modules.runtime(module) ?? {}, { enabled: false, faulted: false, reason: message })
  }

  apply(command: Command): void {
    const { registry } = this.decisions
    if (command.kind === 'enable' || command.kind === 'disable') this.modules.enable(command.module, command.kind === 'enable')
    else if (command.kind === 'weight') registry.set(command.model, { weight: command.weight })
    else if (command.kind === 'inference' || command.kind === 'training') registry.set(command.model, { [command.kind]: command.enabled })
  }

  #freeze(symbol: number, time: number): void {
    const { modules } = this
    modules.check(symbol)
    const { rows, layout, frozen, frozenAt, taints } = modules.rows
    if (layout.width === 0) return
    const row = rows[symbol] as Float64Array
    frozen[symbol]?.set(row)
    frozenAt[symbol] = time
    this.digested.add('row', this.sequence(), symbol, time)
    this.digested.addNumbers(row)
    this.feed.freeze(symbol, time, layout.layoutId, row, (taints[symbol] = this.networks.taintOf(symbol)))
  }

  #predict(symbol: number, time: number): void {
    this.silences[symbol] = ''
    for (const runtime of this.modules.runtimes) {
      const { definition, id } = runtime.entry
      if (!runtime.active || !this.decisions.registry.has(id) || !this.decisions.registry.get(id).inference) continue
      if (runtime.lacks(symbol, this.clock.now())) this.silences[symbol] = 'cold'
      else if (definition.model) this.#request(runtime, symbol, time)
      else this.guarded(id, () => {
        const answer = this.#timed(id, () => definition.predict?.(this.modules.context(runtime, symbol) as never))
        for (const draft of answer === undefined ? [] : Array.isArray(answer) ? answer : [answer]) this.#answer(id, symbol, time, draft as Draft)
      })
    }
  }

  #request({ entry: { id } }: ModuleRuntime, symbol: number, time: number): void {
    const gathered = this.networks.gather(id, symbol, this.modules.rows, this.sequence(), time)
    if (typeof gathered === 'string') return void (this.silences[symbol] = gathered)
    const payload = { ...gathered, id, symbol, price: this.#price(symbol) }
    this.defer({ handler: 'infer', due: this.clock.now() + this.networks.latencyUs(id), payload: payload as unknown as Plain })
  }

  /** The work of a network: its answer is decoded in the order, decided on, and only then handed on to be referred to. */
  #inference(): WorkHandler {
    type Payload = { id: string; symbol: number; price: number; frame: InferenceFrame; tensors: readonly FedTensor[] }
    return {
      kind: 'inference',
      fromRecord: true,
      compute: async (payload) => {
        const { id, tensors } = payload as unknown as Payload
        const answer = this.networks.infer(id, tensors)
        return (await (this.mode === 'live' ? withinBudget(answer, RESULT_MS, 'an answer') : answer)) as unknown as Plain
      },
      owner: (payload) => (payload as unknown as Payload).id,
      apply: (payload, output) => {
        const { id, symbol, price, frame, tensors } = payload as unknown as Payload
        const runtime = this.modules.runtime(id)
        if (!runtime?.active) return
        this.guarded(id, () => {
          const draft = this.#timed(id, () => runtime.entry.definition.model?.decode(output as never, this.modules.context(runtime, symbol) as never))
          if (!draft) return
          const horizon = frame.target.horizon
          const prediction = this.#answer(id, symbol, frame.asOf, 'abstain' in draft ? draft : { ...draft, horizon }, frame, price)
          if (!prediction) return
          this.bus.drain()
          this.#decide(symbol, frame.asOf)
          for (const listener of this.#inferenceListeners) this.guarded('participant', () => listener(frame, prediction, tensors))
        })
      },
    }
  }

  /** Checks an answer and puts it on the board; a refused one is a fault. */
  #answer(module: string, index: number, asOf: number, draft: Draft, frame?: InferenceFrame, price = this.#price(index)): Prediction | undefined {
    const { registry, boards } = this.decisions
    registry.count(module, 'calls')
    if ('abstain' in draft) return void (this.silences[index] = draft.abstain)
    const refused = refusal(draft)
    if (refused !== undefined) {
      registry.count(module, 'errors')
      this.modules.fault(module, 'module.prediction', `${refused}. Answer with probabilities that sum to 1.`)
      return undefined
    }
    const { buy, hold, sell } = draft.probabilities
    const { horizon, expectedBps, confidence = Math.max(buy, hold, sell) } = draft
    const symbol = this.feed.symbols[index]?.symbol as MarketSymbol
    const sequence = frame?.sequence ?? this.sequence()
    const prediction: Prediction = Object.freeze({
      id: `${module}|${symbol}|${sequence}|${horizon}`, symbol, module, horizon, probabilities: Object.freeze({ buy, hold, sell }), confidence, asOf,
      ...(expectedBps !== undefined && { expectedBps }), ...(frame && { version: frame.modelVersion, reference: frame.id }),
    })
    boards[index]?.add(prediction, frame?.target.closeTime ?? asOf + durationUs(horizon), price)
    this.digested.add('prediction', this.sequence(), prediction.id, buy, hold, sell, confidence)
    this.post('prediction:made', index, module, prediction)
    return prediction
  }

  #decide(index: number, asOf: number): void {
    const { symbol = '' as MarketSymbol, boundaryUs = 1 } = this.feed.symbols[index] ?? {}
    const book = this.feed.books[index]
    const held = this.#held(index)
    if (held) this.decisions.hold(index, held.side)
    const gates = [...(book && book.status !== 'empty' ? [Object.freeze({ name: 'book', passed: book.status === 'live' })] : []), ...(held?.gates ?? [])]
    const predictors = this.modules.runtimes.filter(({ entry: { definition } }) => definition.predict || definition.model)
    const decision = this.decisions.decide({
      symbol, index, asOf, boundaryUs, sequence: this.sequence(), price: this.#price(index), gates,
      priceAt: book?.status === 'live' ? asOf : (this.priceTimes[index] as number), silence: this.silences[index] || undefined,
      degraded: predictors.some(({ status }) => status !== 'running'),
    })
    const { id, action, reason, margin, price } = decision
    this.digested.add('decision', decision.sequence, id, action, reason, margin, price)
    this.post('decision', index, 'core', decision)
    this.bus.drain()
  }

  #price(index: number): number {
    const book = this.feed.books[index]
    return book?.status === 'live' && book.midPrice > 0 ? book.midPrice : (this.prices[index] as number)
  }

  #combine(predictions: readonly Prediction[], { symbol, asOf, index }: Situation, weights: Readonly<Record<string, number>>) {
    return this.#ask('combine', index, ({ combine }, ctx) => combine?.(predictions, ctx)) ?? this.options.combiner(predictions, { symbol, asOf, weights })
  }
  #thresholds(index: number): Thresholds {
    return this.#ask('thresholds', index, ({ thresholds }, ctx) => thresholds?.(ctx)) ?? this.options.thresholds
  }
  #held(index: number): HeldPosition | undefined { return this.#ask('position', index, ({ position }, ctx) => position?.(ctx)) }
  /** Asks the active module that provides a role; undefined where none does, or where it throws. */
  #ask<T>(role: 'combine' | 'thresholds' | 'position', index: number, call: (definition: AnyDefinition, ctx: never) => T): T | undefined {
    const provider = this.modules.runtimes.find(({ active, entry }) => active && entry.definition[role])
    let answer: T | undefined
    const { id, definition } = provider?.entry ?? {}
    if (id && definition) this.guarded(id, () => void (answer = this.#timed(id, () => call(definition, this.modules.context(provider as ModuleRuntime, index) as never))))
    return answer
  }
  #timed<T>(id: string, run: () => T): T { return this.watch ? this.watch.timed(id, run) : run() }

  // ---- what participants call
  on<K extends EventName>(topic: K, listener: (event: EventOf<K>) => void, owner = 'participant'): () => void {
    return this.bus.on(topic, listener, owner)
  }
  onInference(listener: InferenceListener): () => void { return register(this.#inferenceListeners, listener) }
  onOutcomes(listener: OutcomeListener): () => void { return register(this.#outcomeListeners, listener) }
  emit<K extends EventName>(topic: K, payload: EventMap[K], symbol: MarketSymbol): void {
    this.post(topic, Math.max(0, this.feed.symbols.findIndex((known) => known.symbol === symbol)), 'core', payload as object)
  }
  digest(kind: string, ...values: readonly (string | number)[]): void { this.digested.add(kind, this.sequence(), ...values) }
  work(name: string, handler: WorkHandler): void { this.deferred.handle(name, handler) }
  defer(work: DeferredWork): void { this.deferred.add(work) }
  swap(model: string, weights: Float32Array, version: string): void { this.pendingSwaps.push({ model, weights, version }) }
  command(command: Command): Promise<void> { return this.runCommand(command) }

  /** Queues an event with the host's stamp. Only what modules emit counts against the limit. */
  post(topic: string, index: number, origin: string, payload: object): void {
    const symbol = this.feed.symbols[index]?.symbol
    const [sequence, tsEvent, tsInit] = this.stamp
    if (topic === 'module:status') {
      const { module, status, reason } = payload as EventMap['module:status']
      this.digested.add('status', this.sequence(), module, status, reason)
    }
    this.bus.emit(topic, index, Object.freeze({ ...payload, symbol, origin, sequence, tsEvent, tsInit }), this.modules?.runtime(origin) && origin)
  }

  /** Runs something that must not throw across a border: a throw is the owner's fault. */
  guarded(owner: string, run: () => void): void {
    try {
      run()
    } catch (error) {
      this.#thrown(owner, error)
    }
  }

  #thrown(owner: string, error: unknown, symbol?: number): void {
    if (this.modules?.runtime(owner) && !this.modules.silent) return this.modules.fault(owner, 'module.threw', error, symbol)
    this.options.warn(`[${owner}] threw: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  }
}

type Draft = (PredictionDraft & { readonly horizon: Duration }) | Abstention

const register = <T>(listeners: Set<T>, listener: T) => (listeners.add(listener), () => void listeners.delete(listener))
