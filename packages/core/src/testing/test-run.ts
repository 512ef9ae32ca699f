import { use, type Module, type Usable } from '../module/define.ts'
import { columnsOf } from '../module/feature.ts'
import { Orchestrator } from '../orchestrator.ts'
import type { MarketInput } from '../ports/source.ts'
import type { EventName, EventStamp, ModuleFault } from '../vocabulary/events.ts'
import type { MarketSymbol } from '../vocabulary/symbol.ts'
import { providersOf, type NeedValues } from './need-fixture.ts'
import type { Tape } from './tapes.ts'
import { symbolsOf, testPort } from './test-feed.ts'
import { columnReader, unfitFinder, watchedModule, type WatchedContext } from './watched-module.ts'

/** What is under test: a module, its options, what it needs, and the tape. */
export interface Trial {
  readonly module: Module
  readonly options: Readonly<Record<string, unknown>>
  readonly needs: NeedValues
  /** In the order of their times of receipt. */
  readonly events: readonly MarketInput[]
}
/** One frozen row of the module under test. */
export interface Row {
  readonly symbol: MarketSymbol
  readonly time: number
  readonly values: readonly number[]
}
/** One event that the module emitted, or one prediction; `text` is what it said at once, `event` what it says now. */
export interface Emission {
  readonly topic: string
  readonly text: string
  readonly event: EventStamp
}
/** What a run shows of the module under test. */
export interface Recording {
  readonly columns: readonly string[]
  readonly rows: readonly Row[]
  readonly emissions: readonly Emission[]
  readonly faults: readonly ModuleFault[]
  /** The first value of each column that was not missing after a handler; NaN: it was always missing. */
  readonly firsts: readonly number[]
  /** What handlers left in their features that must not be there. */
  readonly complaints: readonly string[]
}

/** Settings of one run that are not the trial's. */
export interface RunSpec {
  /** Other modules, before the one under test. */
  readonly beside?: readonly Usable[]
  /** Whether rows are kept; default true. */
  readonly rows?: boolean
  /** Default: those of the trial's events. */
  readonly symbols?: readonly MarketSymbol[]
  /** What is fed in place of the trial's events. */
  readonly tape?: Tape
  /** Called after each of the module's handlers. */
  readonly handled?: (context: WatchedContext) => void
  /** Called before each of the module's handlers; what it throws, the handler throws. */
  readonly calling?: () => void
}

/** One orchestrator over one tape, with what the module under test does written down. */
export class TestRun {
  readonly orchestrator: Orchestrator
  readonly recording: Recording
  readonly #rows: Row[] = []
  readonly #emissions: Emission[] = []
  readonly #faults: ModuleFault[] = []
  readonly #complaints: string[] = []
  readonly #firsts: number[]
  #unknown = true
  readonly #heard = new Set<string>()

  constructor(trial: Trial, spec: RunSpec = {}) {
    const { module, options, needs, events } = trial
    const symbols = spec.symbols ?? symbolsOf(events)
    const columns = columnsOf(module.features).map(({ name }) => name)
    this.#firsts = columns.map(() => NaN)
    this.recording = {
      columns,
      rows: this.#rows,
      emissions: this.#emissions,
      faults: this.#faults,
      firsts: this.#firsts,
      complaints: this.#complaints,
    }
    const data = testPort(symbols, spec.tape ?? events, (index, time, values, all) => {
      if (spec.rows === false) return
      const at = all.indexOf(`${module.name}.${columns[0]}`)
      const own = at < 0 ? [] : Array.from(values.subarray(at, at + columns.length))
      this.#rows.push({ symbol: symbols[index] as MarketSymbol, time, values: own })
    })
    const [unfit, valuesOf] = [unfitFinder(module), columnReader(module)]
    const watched = watchedModule(module, {
      emitting: (topic) => this.#hear(topic),
      handled: (context) => {
        spec.handled?.(context)
        this.#inspect(unfit, valuesOf, context)
      },
      ...(spec.calling && { calling: spec.calling }),
    })
    const modules = [...providersOf(module, needs), ...(spec.beside ?? []), use(watched, options)]
    this.orchestrator = new Orchestrator({ data, modules, strict: true })
    this.orchestrator.on('module:fault', (fault) => fault.module === module.name && this.#faults.push(fault))
    this.#hear('prediction:made', ({ module: by }) => by === module.name)
  }

  #hear(topic: string, isOwn: (event: { readonly module?: string }) => boolean = () => true): void {
    if (this.#heard.has(topic)) return
    this.#heard.add(topic)
    this.orchestrator.on(topic as EventName, (event) => {
      if (isOwn(event as { readonly module?: string })) this.#emissions.push({ topic, text: textOf(event), event })
    })
  }

  #inspect(
    unfit: ReturnType<typeof unfitFinder>,
    valuesOf: ReturnType<typeof columnReader>,
    context: WatchedContext,
  ): void {
    const features = context.features ?? context.of?.(context.symbol).features ?? {}
    const found = this.#complaints.length < 5 ? unfit(features) : undefined
    if (found !== undefined) this.#complaints.push(found)
    if (!this.#unknown) return
    valuesOf(features).forEach((value, at) => {
      if (Number.isNaN(this.#firsts[at])) this.#firsts[at] = value
    })
    this.#unknown = this.#firsts.some(Number.isNaN)
  }
}

/** A whole run: opened, run to the end of the tape, closed. */
export async function record(trial: Trial, spec: RunSpec = {}): Promise<Recording> {
  const run = new TestRun(trial, spec)
  await run.orchestrator.run()
  await run.orchestrator.stop()
  return run.recording
}

const firsts = new WeakMap<Trial, Promise<Recording>>()
/** The first run of a trial: checks that need any one run share it. */
export function firstRun(trial: Trial): Promise<Recording> {
  const known = firsts.get(trial) ?? record(trial)
  firsts.set(trial, known)
  return known
}

/** What an event says, with NaN, infinities and −0 told apart. */
export const textOf = (event: unknown): string =>
  JSON.stringify(event, (_key, value: unknown) =>
    typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))
      ? `number ${Object.is(value, -0) ? '-0' : value}`
      : value,
  )
