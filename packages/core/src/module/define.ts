import type { Participant } from '../ports/participant.ts'
import type { Gate } from '../vocabulary/decision.ts'
import type { Duration, Timeframe } from '../vocabulary/duration.ts'
import type { EventName, EventOf } from '../vocabulary/events.ts'
import type { Instrument } from '../vocabulary/instrument.ts'
import type { Abstention, Prediction, PredictionDraft, Probabilities } from '../vocabulary/prediction.ts'
import type { ModuleContext } from './context.ts'
import type { FeatureColumns, FeatureSet } from './feature.ts'
import type { NeedColumns, NeedSet } from './need.ts'
import type { ModelSpec, Network } from './network.ts'
import type { OptionInput, OptionSet, OptionValues } from './option.ts'
import type { IsPlain, NotPlain } from './state.ts'

/** How much history a module needs before its values are those of the full history, within `tolerance`. */
export interface Warmup {
  readonly [candles: Timeframe]: number
  readonly trades?: Duration
  readonly live?: Duration
  readonly tolerance?: number
}
type Awaitable<T> = T | Promise<T>
type PredictionWithHorizon = PredictionDraft & { readonly horizon: Duration }

/** What a module that trades says of a symbol. */
export interface HeldPosition {
  readonly side: -1 | 0 | 1
  readonly gates: readonly Gate[]
  readonly block: readonly number[]
}

/** A module as its author writes it; `programs.md` of the documentation shows whole ones. */
export interface ModuleDefinition<
  Name extends string,
  F extends FeatureSet,
  O extends OptionSet,
  R extends NeedSet,
  S extends object,
  Sc extends 'symbol' | 'global',
  N extends Network,
  P,
> {
  readonly name: Name
  readonly version: string
  /** The range of `@tapeloom/core` it works with. */
  readonly core: string
  readonly description?: string
  readonly scope?: Sc
  readonly options?: O
  readonly features?: F
  readonly requires?: R
  /** The closes it hears. */
  readonly candles?: readonly Timeframe[] | ((options: OptionValues<NoInfer<O>>) => readonly Timeframe[])
  /** Hears a hot topic once in each such span of event time (they lie on multiples of it): the first event, with all before it applied. */
  readonly every?: { readonly trade?: Duration; readonly book?: Duration }
  readonly warmup?: Warmup | ((options: OptionValues<NoInfer<O>>) => Warmup)
  /** Fresh state; after a restart of the module `previous` is what it had before, so that nothing need be said twice. */
  readonly state?: (
    options: OptionValues<NoInfer<O>>,
    instrument: Instrument,
    previous?: unknown,
  ) => S & (false extends IsPlain<S> ? NotPlain : unknown)
  readonly stateVersion?: number
  migrate?(state: unknown, fromVersion: number): NoInfer<S>
  readonly on?: {
    readonly [K in EventName]?: (event: EventOf<K>, ctx: ModuleContext<Name, F, O, R, NoInfer<S>, Sc>) => void
  }
  predict?(
    ctx: ModuleContext<Name, F, O, R, NoInfer<S>, Sc>,
  ): PredictionWithHorizon | readonly PredictionWithHorizon[] | Abstention
  readonly model?: ModelSpec<
    N,
    NoInfer<`${Name}.${FeatureColumns<F>}` | NeedColumns<R>>,
    ModuleContext<Name, F, O, R, NoInfer<S>, Sc>
  >
  combine?(
    predictions: readonly Prediction[],
    ctx: ModuleContext<Name, F, O, R, NoInfer<S>, Sc>,
  ): Probabilities | Abstention
  thresholds?(ctx: ModuleContext<Name, F, O, R, NoInfer<S>, Sc>): { readonly open: number; readonly close: number }
  /**
   * Asked before each decision and where an input is `positionBlock`: the side that is held once waiting orders are done,
   * the gates of the decision, and the ten numbers of the block (NaN: missing).
   */
  position?(ctx: ModuleContext<Name, F, O, R, NoInfer<S>, Sc>): HeldPosition
  participant?(options: OptionValues<NoInfer<O>>): P
  init?(ctx: ModuleContext<Name, F, O, R, NoInfer<S>, Sc>): Awaitable<void>
  start?(ctx: ModuleContext<Name, F, O, R, NoInfer<S>, Sc>): Awaitable<void>
  stop?(ctx: ModuleContext<Name, F, O, R, NoInfer<S>, Sc>): Awaitable<void>
  dispose?(ctx: ModuleContext<Name, F, O, R, NoInfer<S>, Sc>): Awaitable<void>
}

// oxlint-disable no-explicit-any -- bounds that every module fits, and what the host sees of one
/** A definition as the host sees it, without its types. */
export type AnyDefinition = ModuleDefinition<string, FeatureSet, OptionSet, NeedSet, any, any, Network, any>

declare const types: unique symbol
/** A module. Its code is opaque here; the host reads it with `definitionOf`. */
export interface Module<
  Name extends string = string,
  F extends FeatureSet = any,
  O extends OptionSet = any,
  R extends NeedSet = any,
  P = any,
  N extends Network = any,
> {
  readonly name: Name
  readonly version: string
  readonly core: string
  readonly options: O
  readonly features: F
  readonly requires: R
  readonly [types]: { readonly participant: P; readonly network: N }
}
/** The targets that a model module is trained on. */
export type TargetsOf<M> =
  M extends Module<string, any, any, any, any, Network<any, any, infer T>>
    ? import('./network.ts').Targets<T>
    : never
// oxlint-enable no-explicit-any

/**
 * Declares a module: a plain object that the host can read without running it.
 * Keep the order options, features, requires, state, on: state's type is lost to handlers written before it.
 */
export function defineModule<
  const Name extends string,
  const F extends FeatureSet = {},
  const O extends OptionSet = {},
  const R extends NeedSet = {},
  S extends object = {},
  const Sc extends 'symbol' | 'global' = 'symbol',
  N extends Network = Network,
  P extends Participant | undefined = undefined,
>(module: ModuleDefinition<Name, F, O, R, S, Sc, N, P>): Module<Name, F, O, R, P, N> {
  const filled = { options: {}, features: {}, requires: {}, ...module }
  return Object.freeze(filled) as unknown as Module<Name, F, O, R, P, N>
}

/** The definition behind a module. */
export const definitionOf = (module: Module): AnyDefinition => module as unknown as AnyDefinition

/** Version and core range from the package's own manifest, so that each has one truth. */
export function fromPackage(pkg: {
  readonly name: string
  readonly version: string
  readonly peerDependencies: { readonly '@tapeloom/core': string }
}): { readonly version: string; readonly core: string } {
  return { version: pkg.version, core: pkg.peerDependencies['@tapeloom/core'] }
}

/** A module with options, under an id of its own. */
export interface Use<M extends Module = Module, Id extends string = string> {
  readonly use: M
  readonly id: Id
  readonly options: Readonly<Record<string, unknown>>
  readonly enabled: boolean
}
export type Usable = Module | Use

/** Takes a module with options; a second instance of the same module needs an `id`. */
export function use<M extends Module, const Id extends string = M['name']>(
  module: M, options: OptionInput<M['options']> = {}, entry: { readonly id?: Id; readonly enabled?: boolean } = {},
): Use<M, Id> {
  return { use: module, id: entry.id ?? (module.name as Id), options, enabled: entry.enabled ?? true }
}
