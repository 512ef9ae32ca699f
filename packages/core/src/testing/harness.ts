import { linearPool } from '../decision/combiner.ts'
import { TapeloomError } from '../error.ts'
import { planModules } from '../host/module-plan.ts'
import { Session } from '../host/session.ts'
import { use, type Module } from '../module/define.ts'
import { columnsOf, type FeatureColumns } from '../module/feature.ts'
import type { OptionInput } from '../module/option.ts'
import type { MarketInput } from '../ports/source.ts'
import type { EventName, EventOf, ModuleFault } from '../vocabulary/events.ts'
import type { MarketSymbol } from '../vocabulary/symbol.ts'
import { providersOf, type NeedFixture, type NeedValues } from './need-fixture.ts'
import { inOrder, testPort } from './test-feed.ts'

/** One module, fed by hand. */
export interface Harness<M extends Module> {
  /**
   * Feeds events at once, in the order of their times; may be called again with later ones.
   * @throws TapeloomError `testing.fault` when the module throws, floods or writes out of range, `testing.symbol`
   */
  feed(events: Iterable<MarketInput>): void
  /** The features as they are after the last event, null where missing; a list has a column an element. */
  readonly features: { readonly [K in FeatureColumns<M['features']>]: number | null }
  /** Those of another symbol, for a module of global scope. @throws TapeloomError `testing.symbol` */
  featuresOf(symbol: MarketSymbol): Harness<M>['features']
  /** All that the module has emitted on a topic, oldest first. */
  emitted<K extends EventName>(topic: K): readonly EventOf<K>[]
}

/** A session that keeps what is emitted. */
class HarnessSession extends Session {
  fault: ModuleFault | undefined
  readonly posted: { readonly topic: string; readonly event: unknown }[] = []
  override post(topic: string, index: number, origin: string, payload: object): void {
    if (topic === 'module:fault') this.fault ??= payload as ModuleFault
    const symbol = this.feed.symbols[index]?.symbol
    const [sequence, tsEvent, tsInit] = this.stamp
    this.posted.push({ topic, event: Object.freeze({ ...payload, symbol, origin, sequence, tsEvent, tsInit }) })
    super.post(topic, index, origin, payload)
  }
}

/**
 * Puts a module into a host of its own, to feed it and look at it; `needs` are fixed values of the columns it requires.
 * @throws TapeloomError as `Orchestrator` does; `testing.async` when `init` or `start` is asynchronous
 */
export function harness<M extends Module>(
  module: M,
  setup: {
    readonly symbol?: MarketSymbol
    /** Further symbols that may be fed. */
    readonly others?: readonly MarketSymbol[]
    readonly options?: OptionInput<M['options']>
    readonly needs?: NeedFixture<M['requires']>
  } = {},
): Harness<M> {
  const { symbol = 'BTC/USDT', others = [], options = {}, needs } = setup
  const symbols = [symbol, ...others]
  const port = testPort(symbols, [])
  const plan = planModules([...providersOf(module, needs as NeedValues | undefined), use(module, options)])
  const session = new HarnessSession(plan, {
    data: port,
    seed: 1,
    mode: 'lockstep',
    stream: 'local',
    boundary: undefined,
    combiner: linearPool,
    weights: {},
    thresholds: { open: 0.2, close: 0.1 },
    strict: true,
    warn: () => {},
  })
  session.build()
  begin(session)
  const columns = columnsOf(module.features)
  const featuresOf = (of: MarketSymbol) => {
    const row = session.modules.rows
    const values = row.rows[symbols.indexOf(of)]
    if (!values) throw new TapeloomError('testing.symbol', `[testing] the harness does not run '${of}'. Name it in \`others\`.`)
    const offset = row.layout.offsets.get(module.name) ?? 0
    const value = (i: number) => values[offset + i] ?? NaN
    return Object.fromEntries(columns.map(({ name }, i) => [name, Number.isNaN(value(i)) ? null : value(i)])) as never
  }
  return {
    feed(events) {
      for (const input of inOrder(events)) {
        port.feed.dispatch(input)
        complain(session)
      }
    },
    get features() {
      return featuresOf(symbol)
    },
    featuresOf,
    emitted: (topic) =>
      session.posted.filter((posted) => posted.topic === topic).map(({ event }) => event as EventOf<typeof topic>),
  }
}

function begin(session: Session): void {
  const { modules } = session
  for (const hook of ['init', 'start'] as const) {
    for (const { entry, contexts } of modules.runtimes) {
      for (const context of contexts) {
        const answer: unknown = entry.definition[hook]?.(context as never)
        if (answer instanceof Promise) throw asynchronous(entry.id, hook)
      }
    }
    if (hook === 'init') modules.all('ready')
  }
  modules.refresh()
  session.end()
}

function complain({ fault }: HarnessSession): void {
  if (fault) throw new TapeloomError('testing.fault', `[module ${fault.module}] ${fault.code}: ${fault.message}`)
}

const asynchronous = (id: string, hook: string) =>
  new TapeloomError(
    'testing.async',
    `[module ${id}] has an asynchronous ${hook}. Test it with testModule, or in an Orchestrator.`,
  )
